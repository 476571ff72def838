from realtime_chat.cli.tool_lines import ToolLines
from realtime_chat.session.notices import Fault, ToolCall, ToolOutcome, ToolResult


def test_each_call_and_what_became_of_it_is_said():
    said = []
    lines = ToolLines(said.append)
    for notice in (ToolCall("c", "f", "{}"), Fault("x", "y"), ToolResult("c", "f", ToolOutcome.DONE, "1", 1)):
        lines(notice)
    assert said == ["calls f()", "f: 1 (0.0 s)"]
