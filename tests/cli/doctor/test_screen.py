from dataclasses import replace

import pytest

from realtime_chat.cli.doctor.finding import Verdict
from realtime_chat.cli.doctor.screen import Terminal, judge_terminal, this_terminal

GOOD = Terminal(
    is_there=True,
    is_drawn=True,
    columns=100,
    rows=30,
    encoding="utf-8",
    is_utf_8=True,
    kind="xterm-256color",
    is_bare=False,
    is_remote=False,
)


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, Verdict.OK, "xterm-256color, 100x30: colours and a live screen"),
        ({"is_there": False}, Verdict.SKIP, "no terminal"),
        ({"is_drawn": False, "is_bare": True}, Verdict.OK, "plain lines, since NO_COLOR is set"),
        ({"is_drawn": False, "kind": "dumb"}, Verdict.OK, "plain lines, since TERM is dumb"),
        ({"columns": 30}, Verdict.WARN, "30x30: too small"),
        ({"rows": 5}, Verdict.WARN, "100x5: too small"),
        ({"kind": ""}, Verdict.OK, "unknown kind"),
    ],
)
def test_what_may_be_drawn(change, verdict: Verdict, words: str):
    first, encoding = judge_terminal(replace(GOOD, **change), has_sound=True)
    assert first.verdict is verdict
    assert words in first.what
    assert bool(first.todo) is (verdict is Verdict.WARN)
    assert encoding.verdict is Verdict.OK


def test_letters_that_cannot_be_shown():
    _, encoding = judge_terminal(replace(GOOD, encoding="ascii", is_utf_8=False), has_sound=True)
    assert encoding.verdict is Verdict.WARN
    assert "LANG=" in encoding.todo


def test_a_session_from_afar():
    *_, ssh = judge_terminal(replace(GOOD, is_remote=True), has_sound=True)
    assert (ssh.name, ssh.verdict) == ("ssh", Verdict.WARN)
    assert "ssh -L" in ssh.todo
    assert len(list(judge_terminal(replace(GOOD, is_remote=True), has_sound=False))) == 2


def test_this_terminal(capsys):
    found = this_terminal({"TERM": "dumb", "NO_COLOR": "1", "SSH_TTY": "/dev/pts/1"})
    assert (found.is_there, found.is_drawn, found.kind, found.is_bare, found.is_remote) == (
        False,
        False,
        "dumb",
        True,
        True,
    )
    assert not this_terminal({}).is_remote
