"""Both halves of the program over a real socket: a `Conversation` and the embedded server with scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from serving_thread import run_server
from synthetic_voice import silence, voice

from realtime_chat.audio.frame import ms_to_samples
from realtime_chat.audio.gate import VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.memory import MemoryMicrophone, MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.server.process import ServeOptions
from realtime_chat.session.connection import connect
from realtime_chat.session.notices import (
    DeviceChanged,
    Fault,
    Interrupted,
    Notice,
    Phase,
    PhaseChanged,
    Ready,
    Transcript,
    Turn,
    TurnsChanged,
)
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Settings, TurnMode

LETTER_MS = 60
"""How long the scripted voice takes for a letter."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from run_server(ServeOptions(port=0, engines="scripted"))


class Talk:
    """A conversation under way."""

    def __init__(
        self,
        conversation: Conversation,
        told: list[Notice],
        speaker: MemorySpeaker,
        microphone: MemoryMicrophone | None,
    ) -> None:
        self.conversation = conversation
        self.told = told
        self.speaker = speaker
        self._microphone = microphone

    def of(self, kind: type[Any]) -> list[Any]:
        return [notice for notice in self.told if isinstance(notice, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.001)

    async def sound(self, milliseconds: int) -> None:
        """Let the speaker sound so much of the answer, as fast as it comes."""
        end = len(self.speaker.sounded) + 48 * milliseconds
        async with asyncio.timeout(20):
            while missing := end - len(self.speaker.sounded):
                self.speaker.advance(min(480, missing // 2))
                await asyncio.sleep(0.001)

    async def turns(self, count: int) -> None:
        await self.until(lambda: len(self.of(Turn)) >= count)

    def answer(self) -> str:
        """The last answer's words."""
        return str([notice.text for notice in self.of(Transcript) if notice.role == "assistant"][-1])

    def speak(self) -> None:
        assert self._microphone is not None
        self._microphone.feed(voice(1_000))

    def pause(self) -> None:
        assert self._microphone is not None
        self._microphone.feed(silence(1_500))

    async def talk(self) -> None:
        """Say something in the way of the mode there is, and hear the answer."""
        before = len(self.of(Turn))
        if self.conversation.turns_mode.is_by_key:
            self.conversation.begin_turn()
            self.speak()
            await self.until(lambda: self.conversation.microphone_level > 0)
            self.pause()
            await self.until(lambda: self.conversation.microphone_level == 0)
            self.conversation.end_turn()
        else:
            self.pause()  # a detector that has just begun settles first
            self.speak()
            self.pause()
        await self.turns(before + 1)


@asynccontextmanager
async def talking(
    url: str, settings: Settings, *, has_microphone: bool = False, pace: Pace = Pace.EAGER
) -> AsyncIterator[Talk]:
    microphone = MemoryMicrophone() if has_microphone else None
    async with connect(url) as connection, MemorySpeaker(pace=pace) as speaker:
        told: list[Notice] = []
        conversation = Conversation(
            connection,
            settings,
            microphone=microphone,
            hearing=Hearing(VoiceGate()) if has_microphone else None,
            speaker=speaker,
            watch=told.append,
        )
        talk = Talk(conversation, told, speaker, microphone)
        run = asyncio.create_task(conversation.run())
        try:
            await talk.until(lambda: bool(talk.of(Ready)))
            yield talk
        finally:
            conversation.quit()
            await run


async def test_a_typed_message_is_answered_aloud_without_a_microphone(url: str) -> None:
    async with talking(url, Settings(speed=1.5)) as talk:
        talk.conversation.say("Say hello")
        await talk.turns(1)
        assert talk.answer() == "You said: Say hello"
        samples = len(talk.speaker.sounded) // 2
        assert samples == pytest.approx(ms_to_samples(LETTER_MS) * len(talk.answer()) / 1.5, rel=0.02)
        assert talk.of(Fault) == []


@pytest.mark.parametrize("mode", TurnMode)
async def test_a_spoken_turn_in_every_mode(url: str, mode: TurnMode) -> None:
    async with talking(url, Settings(turns=mode, transcribe="scripted"), has_microphone=True) as talk:
        await talk.talk()
        assert talk.answer().startswith("You said: I heard")
        assert [phase.phase for phase in talk.of(PhaseChanged)][1:4] == [Phase.HEARING, Phase.THINKING, Phase.SPEAKING]
        assert talk.of(Fault) == []


async def test_turns_change_in_mid_session(url: str) -> None:
    modes = [TurnMode.SEMANTIC, TurnMode.TAP, TurnMode.SERVER, TurnMode.HOLD, TurnMode.LOCAL]
    async with talking(url, Settings(), has_microphone=True) as talk:
        await talk.talk()
        for mode in modes:
            talk.conversation.change_turns(mode)
            await talk.talk()
            assert talk.answer().startswith("You said: I heard")
        assert talk.of(TurnsChanged) == [TurnsChanged(mode) for mode in modes]
        assert talk.of(Fault) == []


async def test_the_words_end_where_the_sound_did(url: str) -> None:
    async with talking(url, Settings(), pace=Pace.STEPPED) as talk:
        talk.conversation.say("Tell me a long story about the sea")
        await talk.sound(5_000)
        await talk.until(lambda: talk.answer().endswith("number 6 of a long answer."))
        talk.conversation.interrupt()
        cut = talk.of(Interrupted)[0]
        assert cut.heard_ms == 5_000
        last = talk.told[talk.told.index(cut) - 1]
        assert last == Transcript("assistant", talk.answer(), True, cut.item_id)
        whole = max((notice.text for notice in talk.of(Transcript)), key=len)
        assert whole.startswith(talk.answer())
        true = whole[: cut.heard_ms // LETTER_MS].rpartition(" ")[0]
        assert abs(len(true.split()) - len(talk.answer().split())) <= 2
        assert talk.conversation.phase is Phase.LISTENING


async def test_the_voice_goes_off_in_mid_answer_and_on_again(url: str) -> None:
    async with talking(url, Settings(), pace=Pace.STEPPED) as talk:
        talk.conversation.say("Tell me a long story")
        await talk.sound(200)
        talk.conversation.set_voice(False)
        await talk.turns(1)
        assert talk.answer().endswith("number 6 of a long answer.")
        talk.conversation.say("And now?")
        await talk.turns(2)
        assert talk.answer() == "You said: And now?"
        talk.speaker.advance(ms_to_samples(10_000))
        assert len(talk.speaker.sounded) // 2 <= ms_to_samples(250)  # and a fade
        assert talk.of(Interrupted) == []
        talk.conversation.device_changed(DeviceChanged("output", None))
        talk.conversation.set_voice(True)
        assert not talk.conversation.voice
        talk.conversation.device_changed(DeviceChanged("output", "Headset"))
        talk.conversation.say("Aloud")
        await talk.sound(300)
        assert talk.answer() == "You said: Aloud"
        assert [fault.code for fault in talk.of(Fault)] == ["no_speaker"]
