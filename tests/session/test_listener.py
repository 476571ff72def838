from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from realtime_chat.audio.gate import GateEvent, VoiceGate
from realtime_chat.protocol.client_events import InputAudioBufferAppend
from realtime_chat.session.effects import Effect, Send
from realtime_chat.session.listener import Listener
from realtime_chat.session.settings import Settings, TurnMode

LOUD = b"\x00\x40" * FRAME_SAMPLES


async def test_silence_takes_the_place_of_a_muted_voice(new_driver: Any) -> None:
    settings = Settings(turns=TurnMode.SERVER)
    machine = new_driver(settings).open().machine
    sent: list[bytes] = []

    def do(effects: Sequence[Effect]) -> None:
        events = [effect.event for effect in effects if isinstance(effect, Send)]
        sent.extend(event.audio for event in events if isinstance(event, InputAudioBufferAppend))

    listener = Listener(machine, settings, do, gate=None)
    listener._hear(Frame(0, LOUD))
    assert listener.level > 0
    assert listener.toggle_mute()
    assert listener.level == 0
    listener._hear(Frame(FRAME_SAMPLES, LOUD))
    assert (listener.level, listener.muted) == (0, True)
    assert not listener.toggle_mute()
    assert sent == [LOUD, bytes(FRAME_BYTES)]


class CountingGate:
    """Says how often it was asked, and is open all the time."""

    def __init__(self) -> None:
        self.asked = 0
        self.flushed = 0

    def push(self, frame: Frame) -> list[GateEvent]:
        self.asked += 1
        return []

    def flush(self) -> list[GateEvent]:
        self.flushed += 1
        return []


async def test_the_gate_is_asked_where_it_has_a_say(new_driver: Any) -> None:
    driver = new_driver(Settings()).open()
    gate = CountingGate()
    listener = Listener(driver.machine, Settings(), driver.do, gate=cast("VoiceGate", gate))
    for mode in TurnMode:
        driver.change_turns(mode)
        listener._hear(Frame(0, LOUD))
        assert gate.asked == 1
    listener.hush()
    assert gate.flushed == 1
