from __future__ import annotations

import pytest

from realtime_chat.audio.playback import Heard
from realtime_chat.protocol.client_events import ItemDelete, ItemTruncate
from realtime_chat.session.answer import Answer, Output, Stage
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.notices import Interrupted, Transcript
from realtime_chat.session.retraction import Retraction
from realtime_chat.session.transcript import TranscriptStore
from realtime_chat.session.wording import Wording

WORDS = "Good day to you."
SECOND = 24_000
FORGOTTEN: list[Effect] = [
    Send(ItemDelete(item_id="a1")),
    Tell(Transcript("assistant", "", True, "a1")),
    Tell(Interrupted("a1", 0)),
]


@pytest.fixture
def retraction() -> Retraction:
    wording = Wording(TranscriptStore())
    wording.line("a1").extend(0, WORDS)
    return Retraction(wording)


def item(stage: Stage) -> Output:
    return Output("a1", Answer("r1", None), content_index=2, stage=stage)


@pytest.mark.parametrize("stage", [Stage.SILENT, Stage.MUTE])
def test_what_did_not_begin_is_deleted_where_answers_are_spoken(retraction: Retraction, stage: Stage) -> None:
    assert retraction.drop(item(stage), is_voiced=False) == []
    dropped = item(stage)
    assert retraction.drop(dropped, is_voiced=True) == FORGOTTEN
    assert dropped.stage is Stage.DELETED


@pytest.mark.parametrize("is_voiced", [False, True])
@pytest.mark.parametrize("stage", [Stage.WRITTEN, Stage.READ])
def test_what_is_read_ends_as_it_is_and_is_told(retraction: Retraction, stage: Stage, is_voiced: bool) -> None:
    dropped = item(stage)
    whole = Tell(Transcript("assistant", WORDS, True, "a1"))
    assert retraction.drop(dropped, is_voiced=is_voiced) == [whole, Tell(Interrupted("a1", None))]
    assert dropped.stage is Stage.TAKEN_IN


def test_of_what_is_read_and_has_no_words_nothing_is_told() -> None:
    dropped = item(Stage.READ)
    assert Retraction(Wording(TranscriptStore())).drop(dropped, is_voiced=False) == []
    assert dropped.stage is Stage.TAKEN_IN


def test_what_sounds_waits_for_what_was_heard_of_it(retraction: Retraction) -> None:
    dropped = item(Stage.SOUNDING)
    assert retraction.drop(dropped, is_voiced=True) == []
    cut = ItemTruncate(item_id="a1", content_index=2, audio_end_ms=500)
    effects = retraction.stop(dropped, Heard("a1", SECOND // 2, SECOND))
    assert effects[1:] == [Send(cut), Tell(Interrupted("a1", 500))]
    assert dropped.stage is Stage.TAKEN_IN


def test_what_never_sounded_is_deleted(retraction: Retraction) -> None:
    assert retraction.stop(item(Stage.ARRIVING), Heard("a1", 0, SECOND)) == FORGOTTEN


def test_what_was_heard_to_its_end_stays(retraction: Retraction) -> None:
    assert retraction.stop(item(Stage.ENDING), Heard("a1", SECOND, SECOND)) == []


def test_what_comes_late_is_deleted_once(retraction: Retraction) -> None:
    late = item(Stage.SILENT)
    assert retraction.refuse(late) == FORGOTTEN
    assert retraction.refuse(late) == []
