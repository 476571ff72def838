from realtime_chat.audio.clock import now
from realtime_chat.audio.pace import Metronome, Pace


async def test_real_time_waits_for_what_is_due_and_not_again_for_what_is_late() -> None:
    start = now()
    metronome = Metronome(Pace.REAL_TIME)
    await metronome.until(1200)
    assert now() - start >= 0.05
    await metronome.until(600)  # long gone
    await metronome.until(2400)
    assert now() - start >= 0.1


async def test_eagerly_nothing_is_waited_for() -> None:
    metronome = Metronome(Pace.EAGER)
    await metronome.until(24_000 * 3600)  # an hour, within which this test would be ended
