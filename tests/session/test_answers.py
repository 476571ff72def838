"""What the flows in test_machine do not reach."""

from __future__ import annotations

from realtime_chat.protocol.client_events import ItemDelete
from realtime_chat.protocol.response_events import AudioDelta, AudioTranscriptDelta
from realtime_chat.protocol.responses import Response
from realtime_chat.session.answers import Answers
from realtime_chat.session.effects import Send
from realtime_chat.session.transcript import TranscriptStore


def words(response_id: str, item_id: str) -> AudioTranscriptDelta:
    return AudioTranscriptDelta(response_id=response_id, item_id=item_id, output_index=0, content_index=0, delta="So")


def test_parts_of_a_response_that_never_began_are_dropped() -> None:
    answers = Answers(TranscriptStore(), is_voiced=True)
    assert answers.take(words("r1", "a1"), 0.0) == []
    assert answers.finish(Response(id="r1", status="completed"), 0.0) == []


def test_only_so_many_that_are_over_are_kept_in_mind() -> None:
    answers = Answers(TranscriptStore(), is_voiced=True)
    for number in range(200):
        answers.begin(f"r{number}", None)
        answers.take(words(f"r{number}", f"a{number}"), 0.0)
        answers.interrupt()
        answers.finish(Response(id=f"r{number}", status="cancelled"), 0.0)
    assert not answers.knows("r0")
    assert answers.take(words("r0", "late"), 0.0) == []
    assert answers.knows("r199")
    assert Send(ItemDelete(item_id="late")) in answers.take(words("r199", "late"), 0.0)
    assert answers.turns == 0


def test_without_sound_nothing_is_deleted() -> None:
    answers = Answers(TranscriptStore(), is_voiced=False)
    answers.begin("r1", None)
    answers.take(words("r1", "a1"), 0.0)
    effects = [*answers.interrupt(), *answers.take(words("r1", "a2"), 0.0)]
    assert not any(isinstance(effect, Send) for effect in effects)


def test_an_item_is_that_of_the_response_that_named_it_first() -> None:
    answers = Answers(TranscriptStore(), is_voiced=True)
    answers.begin("r1", None)
    answers.take(words("r1", "a1"), 0.0)
    answers.interrupt()
    answers.begin("r2", None)
    repeated = AudioDelta(response_id="r2", item_id="a1", output_index=0, content_index=0, delta=bytes(960))
    assert answers.take(repeated, 0.0) == []
    assert not answers.is_sounding
