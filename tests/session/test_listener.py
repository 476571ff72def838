from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechStopped, SpeechSuspected, Voiced, VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.memory import MemoryMicrophone
from realtime_chat.protocol.client_events import InputAudioBufferAppend
from realtime_chat.session import notices
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

    listener = Listener(machine, settings, do, hearing=None)
    microphone = MemoryMicrophone()
    listening = asyncio.create_task(listener.listen(microphone))

    async def heard(count: int) -> None:
        microphone.feed(LOUD)
        async with asyncio.timeout(20):
            while len(sent) < count:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0)

    await heard(1)
    assert listener.level > 0
    assert listener.toggle_mute()
    assert listener.level == 0
    await heard(2)
    assert (listener.level, listener.muted) == (0, True)
    assert not listener.toggle_mute()
    assert sent == [LOUD, bytes(FRAME_BYTES)]
    microphone.unplug()
    await listening


class OpenGate:
    """Takes everything for a voice."""

    def push(self, frame: Frame, judged: bytes | None = None) -> list[GateEvent]:
        return [SpeechSuspected(), SpeechStarted(frame.position), Voiced(frame)]

    def flush(self) -> list[GateEvent]:
        return [SpeechStopped(0)]


@pytest.mark.parametrize("mode", TurnMode)
async def test_the_gate_begins_a_turn_where_it_has_a_say(new_driver: Any, mode: TurnMode) -> None:
    driver = new_driver(Settings()).open()
    driver.change_turns(mode)
    listener = Listener(driver.machine, Settings(), driver.do, hearing=Hearing(cast("VoiceGate", OpenGate())))
    frames: list[Frame] = []
    listener.tap(lambda frame, _: frames.append(frame))
    await listener.listen(MemoryMicrophone(LOUD))
    assert frames == [Frame(0, LOUD)]
    assert (notices.SpeechStarted() in driver.told) is (mode is TurnMode.LOCAL)
