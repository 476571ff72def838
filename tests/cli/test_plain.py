import re
import sys
from contextlib import contextmanager

import pytest

from realtime_chat.cli.plain import PlainLines, latencies_of
from realtime_chat.session.notices import (
    DeviceChanged,
    Fault,
    Interrupted,
    Placed,
    Ready,
    ToolCall,
    ToolOutcome,
    ToolQuestion,
    ToolResult,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.settings import TurnMode

CONVERSATION = [
    Ready("m", "v"),
    Placed("u", "user", None),
    Transcript("assistant", "Paris.", True, "a"),
    Transcript("user", "Capital?", True, "u"),
    Turn(900, 400, 100, None),
    Transcript("assistant", "Long answer", True, "b"),
    Transcript("assistant", "Long", True, "b"),
    Interrupted("b", 100),
    Fault("c", "It \x1b[1mbroke."),
    Placed("n", "user", "b"),
    TurnsChanged(TurnMode.TAP),
    VoiceChanged(False),
    DeviceChanged("input", "Head\x07set"),
    Transcript("user", "Now?", True, "n"),
]


@pytest.mark.parametrize("quiet", [False, True])
def test_words_go_to_stdout_and_the_rest_to_stderr(capsys, quiet):
    lines = PlainLines(quiet=quiet, talk_key="F5")
    for notice in CONVERSATION:
        lines(notice)
    out, err = capsys.readouterr()
    assert out == "you: Capital?\nmodel: Paris.\nmodel: Long (interrupted)\nyou: Now?\n"
    told = "" if quiet else "Connected.\nvoice to voice 900 ms, turn end to first sound 400 ms\n"
    news = "Press F5 to begin your turn, and again to end it.\nAnswers are shown in writing only.\n"
    news = "" if quiet else f"{news}The microphone is now Headset.\n"
    assert err == f"{told}It broke.\n{news}"


def test_every_line_makes_room_for_itself(capsys):
    @contextmanager
    def aside():
        for stream in (sys.stdout, sys.stderr):
            stream.write("[")
        yield
        for stream in (sys.stdout, sys.stderr):
            stream.write("]")

    lines = PlainLines(aside=aside)
    for notice in CONVERSATION:
        lines(notice)
    for text in capsys.readouterr():
        assert all(line.lstrip("[]") == "" or line.lstrip("]").startswith("[") for line in text.splitlines())
        assert not re.search(r"[^\[\]\n]\]", text)


@pytest.mark.parametrize(("can_type", "said"), [(True, "type until"), (False, "connect one")])
def test_a_microphone_that_is_gone(capsys, can_type, said):
    PlainLines(can_type=can_type)(DeviceChanged("input", None))
    assert said in capsys.readouterr().err


def test_what_was_not_measured_is_not_said():
    assert latencies_of(Turn(None, None, 5, None)) == ""


@pytest.mark.parametrize("quiet", [False, True])
def test_calls_of_tools_go_to_stderr_and_a_question_in_any_case(capsys, quiet):
    lines = PlainLines(quiet=quiet)
    for notice in (ToolCall("c", "pay", "{}"), ToolQuestion("c", "pay", "{}")):
        lines(notice)
    lines(ToolResult("c", "pay", ToolOutcome.REFUSED, "", 1))
    out, err = capsys.readouterr()
    assert out == ""
    said = ["calls pay()", "May it call pay()? y/n", "pay was not allowed"]
    assert err.splitlines() == (said[1:2] if quiet else said)


def test_an_answer_that_is_read_is_marked_where_it_was_stopped(capsys):
    plain = PlainLines(quiet=True)
    for notice in (
        VoiceChanged(False),
        Transcript("assistant", "Half an", False, "a"),
        Transcript("assistant", "Half an", True, "a"),
        Interrupted("a", None),
    ):
        plain(notice)
    assert capsys.readouterr().out == "model: Half an (interrupted)\n"


def test_an_answer_behind_a_spoken_preamble_is_marked_too(capsys):
    plain = PlainLines(quiet=True)
    for notice in (
        Transcript("assistant", "Let me look.", False, "a"),
        Transcript("assistant", "It is cold.", False, "b"),
        Transcript("assistant", "Let me look.", True, "a"),
        Turn(900, 400, 100, None),
        Transcript("assistant", "It is", True, "b"),
        Interrupted("b", 600),
    ):
        plain(notice)
    assert capsys.readouterr().out == "model: Let me look.\nmodel: It is (interrupted)\n"


def test_what_was_cut_in_its_first_word_is_a_line(capsys):
    plain = PlainLines()
    for notice in (Placed("a", "assistant", None), Transcript("assistant", "", True, "a"), Interrupted("a", 300)):
        plain(notice)
    assert capsys.readouterr().out == "model: (interrupted)\n"
