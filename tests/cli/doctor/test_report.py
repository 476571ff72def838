import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.report import Report, lines_of

WARNED = Finding("microphone level", Verdict.WARN, "it is silent", "unmute it " * 20)


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_a_line_each_in_a_pipe():
    assert lines_of(Finding("python", Verdict.OK, "3.11.2")) == ["ok    python                      3.11.2"]
    first, second = lines_of(WARNED)
    assert first.startswith("warn  microphone level            it is silent")
    assert second == f"      {WARNED.todo}"


@given(
    what=st.text(st.characters(codec="ascii", categories=["L"]), min_size=1).map(lambda s: s[:20])
    | st.lists(st.text("abcdef-", min_size=1, max_size=20), min_size=1).map(" ".join),
    width=st.integers(60, 200),
)
def test_a_terminal_wraps_between_words(what: str, width: int):
    lines = lines_of(Finding("thing", Verdict.FAIL, what, what), width)
    assert all(len(line) <= width for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(f"fail thing {what} {what}".split())


def test_json_lines():
    output = io.StringIO()
    report = Report(output, as_json=True)
    report.take(Finding("a\x1b[2J", Verdict.FAIL, "b\nc", "d"))
    assert json.loads(output.getvalue()) == {
        "type": "finding",
        "name": "a",
        "verdict": "fail",
        "what": "b c",
        "todo": "d",
    }
    assert report.has_failed


def test_no_colour_in_a_pipe():
    output = io.StringIO()
    Report(output, as_json=False).take(WARNED)
    assert "\x1b" not in output.getvalue()


def test_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    output = Screen()
    Report(output, as_json=False).take(WARNED)
    assert output.getvalue().startswith("\x1b[33mwarn\x1b[0m  microphone level")
    assert output.getvalue().count("\n") > 2
    monkeypatch.setenv("NO_COLOR", "1")
    bare = Screen()
    Report(bare, as_json=False).take(WARNED)
    assert "\x1b" not in bare.getvalue()
    assert bare.getvalue().count("\n") > 2


def test_keys_are_hidden(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-1234")
    report = Report(io.StringIO(), as_json=False)
    report.take(Finding("a", Verdict.FAIL, "planted-key-1234 was refused", "not planted-key-1234"))
    assert report.findings == [Finding("a", Verdict.FAIL, "[key] was refused", "not [key]")]


def test_a_summary():
    report = Report(io.StringIO(), as_json=False)
    for verdict in (Verdict.OK, Verdict.OK, Verdict.WARN, Verdict.SKIP):
        report.take(Finding("a", verdict, "b", "c"))
    assert report.summary() == "2 ok, 1 to look at, 1 skipped"
    assert not report.has_failed
