"""The edges are real ones in memory; how they do together is tried in test_runner."""

from __future__ import annotations

import pytest

from realtime_chat.audio.memory import MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.seam import Speaker
from realtime_chat.session.effect_runner import EffectRunner
from realtime_chat.session.effects import EndItem, Finish, Flush, Hold, Play, Reject, Release, Tell
from realtime_chat.session.errors import SessionRejected
from realtime_chat.session.machine import Machine
from realtime_chat.session.memory import memory_pair
from realtime_chat.session.notices import Cause, Closed, Notice, SpeechStarted
from realtime_chat.session.outcome import Outcome
from realtime_chat.session.sender import Sender
from realtime_chat.session.settings import Settings
from realtime_chat.session.tool_runner import ToolRunner

PCM = b"\x01\x00" * 480


class Edges:
    def __init__(self, speaker: Speaker | None) -> None:
        self.told: list[Notice] = []
        self.outcome = Outcome()
        connection, _ = memory_pair()
        self.runner = EffectRunner(
            Machine(Settings()),
            sender=Sender(connection, warn=self.told.append, fail=self.outcome.settle),
            tools=ToolRunner((), lambda _: None),
            speaker=speaker,
            outcome=self.outcome,
            tell=self.told.append,
        )


async def test_sound_is_the_speakers() -> None:
    async with MemorySpeaker(pace=Pace.STEPPED) as speaker:
        runner = Edges(speaker).runner
        runner.do([Play("a1", PCM), Hold()])
        speaker.advance(240)
        assert speaker.sounded == b""
        runner.do([Release()])
        speaker.advance(240)
        assert speaker.sounded == PCM[:480]
        assert speaker.sounding is not None
        runner.do([EndItem("a1"), Flush()])
        assert speaker.sounding is None


async def test_where_there_is_no_speaker_the_rest_is_done() -> None:
    edges = Edges(None)
    edges.runner.do([Play("a1", PCM), Hold(), Flush(), Tell(SpeechStarted())])
    assert edges.told == [SpeechStarted()]


async def test_the_end_is_told_and_settled() -> None:
    edges = Edges(None)
    edges.runner.do([Finish(Cause.LOST, "gone"), Finish(Cause.QUIT)])
    assert edges.told == [Closed(Cause.LOST, "gone"), Closed(Cause.QUIT)]
    assert await edges.outcome.wait() == Closed(Cause.LOST, "gone")


async def test_a_refusal_is_one_sentence_that_a_terminal_can_show() -> None:
    edges = Edges(None)
    edges.runner.do([Reject("bad\x1b[1m", "No such\nmodel.")])
    with pytest.raises(SessionRejected, match=r"\(bad\): No such model"):
        await edges.outcome.wait()
