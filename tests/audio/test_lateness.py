import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES
from realtime_chat.audio.lateness import LATE_SAMPLES, Lateness

LATE_BYTES = LATE_SAMPLES * SAMPLE_BYTES
SECOND = 50


def sound(frames: int, *, peak: int = 8000) -> bytes:
    """A tone without a jump anywhere."""
    return (peak * np.sin(np.arange(frames * FRAME_SAMPLES) / 40)).astype("<i2").tobytes()


def through(pcm: bytes, are_cancelled: list[bool], lateness: Lateness | None = None) -> bytes:
    """What comes out where the canceller changes nothing but is late."""
    lateness = lateness or Lateness()
    late = bytes(LATE_BYTES) + pcm
    return b"".join(
        lateness.push(pcm[at : at + FRAME_BYTES], late[at : at + FRAME_BYTES] if is_cancelled else None)
        for at, is_cancelled in zip(range(0, len(pcm), FRAME_BYTES), are_cancelled, strict=True)
    )


def test_it_comes_at_once_while_nothing_is_cancelled() -> None:
    assert through(sound(100), [False] * 100) == sound(100)


def test_it_is_as_late_as_what_was_cancelled_until_it_is_quiet() -> None:
    pcm = sound(100) + bytes(FRAME_BYTES) + sound(20)
    heard = through(pcm, [False] * 10 + [True] * 20 + [False] * 91)
    begin, quiet, end = 11 * FRAME_BYTES, 100 * FRAME_BYTES, 101 * FRAME_BYTES
    assert heard[begin:quiet] == pcm[begin - LATE_BYTES : quiet - LATE_BYTES]
    assert heard[end:] == pcm[end:]


def test_an_echo_that_pauses_changes_nothing() -> None:
    pcm = sound(10) + bytes(FRAME_BYTES * 4) + sound(30)
    heard = through(pcm, [True] * 10 + [False] * 4 + [True] * 30)
    assert heard[FRAME_BYTES:] == pcm[FRAME_BYTES - LATE_BYTES : -LATE_BYTES]


def test_in_a_loud_room_it_does_not_stay_late_for_ever() -> None:
    pcm = sound(20 * SECOND)
    heard = through(pcm, [True] * 10 + [False] * (20 * SECOND - 10))
    assert heard[-SECOND * FRAME_BYTES :] == pcm[-SECOND * FRAME_BYTES :]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 2 * SECOND)), max_size=8))
def test_it_never_jumps_and_is_as_long_as_what_was_heard(spans: list[tuple[bool, int]]) -> None:
    are_cancelled = [is_cancelled for is_cancelled, frames in spans for _ in range(frames)]
    quiet = 100
    pcm = sound(len(are_cancelled), peak=quiet)
    heard = np.frombuffer(through(pcm, are_cancelled), "<i2").astype(int)
    assert len(heard) == len(pcm) // SAMPLE_BYTES
    assert (
        len(heard) == 0
        or np.abs(np.diff(heard, prepend=0)).max()
        <= np.abs(np.diff(quiet * np.sin(np.arange(3) / 40))).max() + 2 * quiet / 120 + 2
    )


def test_what_rested_in_the_canceller_is_not_heard() -> None:
    stale = np.full(FRAME_SAMPLES, 5000, "<i2").tobytes()
    lateness = Lateness()
    lateness.push(bytes(FRAME_BYTES), None)
    heard = lateness.push(bytes(FRAME_BYTES), stale[:LATE_BYTES] + bytes(FRAME_BYTES - LATE_BYTES))
    assert not any(heard)
