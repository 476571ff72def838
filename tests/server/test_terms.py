from __future__ import annotations

import pytest

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import (
    AudioConfig,
    FunctionChoice,
    InputConfig,
    OutputConfig,
    PcmFormat,
    PcmuFormat,
    RealtimeSession,
    ServerVad,
    Transcription,
    TranscriptionSession,
)
from realtime_chat.server.defaults import default_session, default_transcription_session
from realtime_chat.server.terms import Terms

TALK = Terms(default_session("s1", "model", "joe", 0))
DICTATION = Terms(default_transcription_session("s1", "model", 0))


def voiced(voice: str) -> RealtimeSession:
    return RealtimeSession(audio=AudioConfig(output=OutputConfig(voice=voice)))


def test_a_session_is_read_as_it_is() -> None:
    assert TALK.talk is TALK.session
    assert TALK.detection is not None
    assert TALK.will_answer
    assert not TALK.wants_words
    assert DICTATION.talk is None
    assert DICTATION.wants_words


def test_only_a_talk_has_responses() -> None:
    assert TALK.demand_talk() is TALK.session
    with pytest.raises(MalformedEvent, match="has no responses"):
        DICTATION.demand_talk()


def test_what_a_session_says_nothing_of_is_as_usual() -> None:
    terms = Terms(RealtimeSession())
    assert (terms.detection, terms.will_answer, terms.wants_words) == (None, True, False)
    assert terms.formats.inward == terms.formats.outward == PcmFormat()


def test_an_update_makes_others() -> None:
    silent = ServerVad(create_response=False)
    heard = InputConfig(format=PcmuFormat(), transcription=Transcription(), turn_detection=silent)
    terms = TALK.amended(RealtimeSession(audio=AudioConfig(input=heard)), has_spoken=False)
    assert (terms.formats.inward, terms.formats.outward) == (PcmuFormat(), PcmFormat())
    assert terms.wants_words
    assert not terms.will_answer
    assert TALK.will_answer
    by_client = RealtimeSession(audio=AudioConfig(input=InputConfig(turn_detection=None)))
    assert terms.amended(by_client, has_spoken=False).will_answer


def test_a_voice_that_was_heard_stays() -> None:
    assert TALK.amended(voiced("ann"), has_spoken=False).options().voice == "ann"
    assert TALK.amended(voiced("joe"), has_spoken=True).options().voice == "joe"
    with pytest.raises(MalformedEvent, match="voice"):
        TALK.amended(voiced("ann"), has_spoken=True)


def test_what_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(MalformedEvent) as caught:
        TALK.amended(RealtimeSession(tool_choice=FunctionChoice(name="nothing")), has_spoken=False)
    assert str(caught.value.param).startswith("session.tool_choice")


def test_a_session_stays_what_it_is() -> None:
    with pytest.raises(MalformedEvent, match="not allowed"):
        TALK.amended(TranscriptionSession(), has_spoken=False)
