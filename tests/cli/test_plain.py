import pytest

from realtime_chat.cli.plain import PlainLines, latencies_of
from realtime_chat.session.notices import Fault, Interrupted, Ready, Transcript, Turn

CONVERSATION = [
    Ready("m", "v"),
    Transcript("user", "", False, "u"),
    Transcript("assistant", "Paris.", True, "a"),
    Transcript("user", "Capital?", True, "u"),
    Turn(900, 400, 100, None),
    Transcript("assistant", "Long", True, "b"),
    Interrupted("b", 100),
    Fault("c", "It \x1b[1mbroke."),
]


@pytest.mark.parametrize("quiet", [False, True])
def test_words_go_to_stdout_and_the_rest_to_stderr(capsys, quiet):
    lines = PlainLines(quiet=quiet)
    for notice in CONVERSATION:
        lines(notice)
    out, err = capsys.readouterr()
    assert out == "you: Capital?\nmodel: Paris.\nmodel: Long (interrupted)\n"
    told = "" if quiet else "Connected.\nvoice to voice 900 ms, turn end to first sound 400 ms\n"
    assert err == f"{told}It broke.\n"


def test_what_was_not_measured_is_not_said():
    assert latencies_of(Turn(None, None, 5, None)) == ""
