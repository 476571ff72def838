from pathlib import Path

import pytest

from realtime_chat.cli import outcome
from realtime_chat.cli.edges import Mouth, SilentSpeaker, Source
from realtime_chat.cli.errors import AnswerFailed, NothingHeard
from realtime_chat.cli.follower import Follower
from realtime_chat.cli.outcome import Said, report
from realtime_chat.session.notices import Fault, SpeechStarted, Transcript, Turn

QUESTION = Path("question.wav")
EMPTY = Turn(None, None, None, None)


@pytest.mark.parametrize(
    ("notices", "error"),
    [
        ([], NothingHeard),
        ([SpeechStarted()], AnswerFailed),
        ([Fault("server_error", "It broke.")], AnswerFailed),
        ([SpeechStarted(), EMPTY], NothingHeard),
        ([SpeechStarted(), Transcript("user", " ", True, "i"), EMPTY], NothingHeard),
        ([SpeechStarted(), Transcript("user", "Hello?", True, "i"), EMPTY], AnswerFailed),
        ([SpeechStarted(), Fault("server_error", "It broke."), EMPTY], AnswerFailed),
        ([SpeechStarted(), Turn(900, 400, 100, None)], None),
        ([SpeechStarted(), Turn(None, None, 100, None)], None),
        ([SpeechStarted(), Turn(None, 400, None, None)], None),
        ([SpeechStarted(), Transcript("assistant", "Hello.", True, "i"), EMPTY], None),
        ([SpeechStarted(), EMPTY, Turn(900, 400, 100, None)], None),
    ],
)
def test_how_a_conversation_with_a_file_went(notices, error):
    said = Said()
    follower = Follower(said)
    for notice in notices:
        follower(notice)
    mouth = Mouth(SilentSpeaker(), Source.NOTHING)
    if error is None:
        report(QUESTION, mouth, follower, said, is_brief=True)
        return
    with pytest.raises(error):
        report(QUESTION, mouth, follower, said, is_brief=True)


def test_a_terminal_gets_the_latencies_there_are_and_no_empty_line(monkeypatch, capsys):
    monkeypatch.setattr(outcome, "can_draw", lambda _stream: True)
    said = Said()
    follower = Follower(said)
    for notice in (SpeechStarted(), EMPTY, Turn(900, 400, 100, None), Turn(None, None, 100, None)):
        follower(notice)
    report(QUESTION, Mouth(SilentSpeaker(), Source.NOTHING), follower, said, is_brief=False)
    assert capsys.readouterr().err == "voice to voice 900 ms, turn end to first sound 400 ms\n"
