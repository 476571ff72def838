from __future__ import annotations

import pytest

from realtime_chat.audio.playback import Heard
from realtime_chat.session.answer import Answer, Output
from realtime_chat.session.effects import Tell
from realtime_chat.session.notices import Transcript
from realtime_chat.session.transcript import TranscriptStore
from realtime_chat.session.wording import Wording


@pytest.fixture
def wording() -> Wording:
    wording = Wording(TranscriptStore())
    wording.line("a1").extend(0, "Good day to you.")
    return wording


def output(samples: int = 24_000) -> Output:
    item = Output("a1", Answer("r1", None))
    item.alignment.words(len("Good day to you."))
    item.sound(0)
    item.alignment.sound(bytes(2 * samples))
    item.end()
    return item


def test_words_end_once(wording: Wording) -> None:
    whole = Tell(Transcript("assistant", "Good day to you.", True, "a1"))
    assert wording.close("a1") == [whole]
    assert wording.close("a1") == []
    assert wording.cut(output(), Heard("a1", 100, 24_000)) == []
    assert wording.close("a2") == []


def test_words_are_cut_where_they_were_heard(wording: Wording) -> None:
    item = output()
    heard = Heard("a1", 12_000, 24_000)
    kept = wording.spoken(item, heard)
    assert "Good day to you.".startswith(kept)
    assert len(kept) < len("Good day to you.")
    assert wording.cut(item, heard) == [Tell(Transcript("assistant", kept, True, "a1"))]


def test_what_nobody_heard_is_taken_back(wording: Wording) -> None:
    assert wording.has_words("a1")
    assert wording.withdraw("a1") == [Tell(Transcript("assistant", "", True, "a1"))]
    assert not wording.has_words("a1")
    assert wording.withdraw("a1") == []
    assert wording.spoken(output(), Heard("a1", 100, 24_000)) == ""
