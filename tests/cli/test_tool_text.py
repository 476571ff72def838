import pytest
from hypothesis import given
from tricky_texts import TEXTS

from realtime_chat.cli.tool_text import LONGEST_CALL, call_text, question_text, result_text
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import ToolCall, ToolOutcome, ToolQuestion, ToolResult


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("{}", "calls f()"),
        ('{"city": "Zürich", "n": [1, null]}', 'calls f(city="Zürich", n=[1, null])'),
        ("", "calls f()"),
        ("[1]", "calls f([1])"),
        ("{broken", "calls f({broken)"),
        ('{"a": "\\u001b[2Jx"}', 'calls f(a="\\u001b[2Jx")'),
        ('{"a": "one\ntwo"', 'calls f({"a": "one two")'),
    ],
)
def test_a_call(arguments, text):
    assert call_text(ToolCall("c", "f", arguments)) == text


def test_a_question_names_what_is_asked_for():
    assert question_text(ToolQuestion("c", "pay", '{"to": "Ann", "sum": 3}')) == 'May it call pay(to="Ann", sum=3)?'


def test_a_long_question_is_cut():
    text = question_text(ToolQuestion("c", "f" * 100, '{"a": "' + "x" * 10_000 + '"}'))
    assert len(text) < LONGEST_CALL + 100
    assert text.endswith("…)?")


def test_a_long_call_is_cut():
    text = call_text(ToolCall("c", "f" * 100, '{"a": "' + "x" * 10_000 + '"}'))
    assert len(text) < LONGEST_CALL + 100
    assert text.endswith("…)")


@pytest.mark.parametrize(
    ("outcome", "output", "text"),
    [
        (ToolOutcome.DONE, "12\ndegrees", "f: 12 degrees (0.3 s)"),
        (ToolOutcome.FAILED, '{"error": "failed", "message": "full"}', "f failed: full"),
        (ToolOutcome.FAILED, "no json", "f failed: no json"),
        (ToolOutcome.INVALID, '{"message": "n is missing"}', "f was called with wrong arguments: n is missing"),
        (ToolOutcome.TIMED_OUT, "{}", "f took too long"),
        (ToolOutcome.UNKNOWN, "{}", "f is no tool"),
        (ToolOutcome.REFUSED, "{}", "f was not allowed"),
        (ToolOutcome.INTERRUPTED, "{}", "f was interrupted"),
        (ToolOutcome.TOO_MANY, "{}", "f was called too often"),
    ],
)
def test_a_result(outcome, output, text):
    assert result_text(ToolResult("c", "f", outcome, output, 300)) == text


@given(text=TEXTS)
def test_whatever_a_model_or_a_tool_says_is_one_line_without_anything_to_obey(text):
    lines = [
        call_text(ToolCall("c", text, text)),
        question_text(ToolQuestion("c", text, text)),
        result_text(ToolResult("c", text, ToolOutcome.DONE, text, 1)),
        result_text(ToolResult("c", text, ToolOutcome.FAILED, text, 1)),
    ]
    assert [one_line(line) for line in lines] == lines
