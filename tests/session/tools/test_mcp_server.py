"""A real MCP server, started and over HTTP."""

from __future__ import annotations

import asyncio
import builtins
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import mcp_notes
import pytest
from mcp.types import CallToolResult
from virtual_sound import wait_for

from realtime_chat.session.errors import InvalidArguments, ToolFailed, ToolsMissing, ToolsUnusable
from realtime_chat.session.tools.mcp_server import McpSource, mcp_tools, text_of
from realtime_chat.session.tools.toolbox import toolbox

COMMAND = (sys.executable, str(Path(mcp_notes.__file__)))
STDIO = McpSource("notes", command=COMMAND)


@pytest.fixture
def address() -> Iterator[str]:
    process = subprocess.Popen([*COMMAND, "http"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
async def started() -> AsyncIterator[dict[str, Any]]:
    async with mcp_tools(STDIO) as tools:
        yield {tool.name: tool for tool in tools}


@pytest.fixture
async def reached(address: str) -> AsyncIterator[dict[str, Any]]:
    async with mcp_tools(McpSource("notes", url=address, key="k")) as tools:
        yield {tool.name: tool for tool in tools}


@pytest.fixture(params=["started", "reached"])
def tools(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.getfixturevalue(request.param)


async def test_its_tools_are_tools(tools: dict[str, Any]) -> None:
    assert sorted(tools) == ["add", "crash", "environment", "keep.note", "picture", "spell"]
    assert {name for name, tool in tools.items() if tool.is_read_only} == {"add"}
    assert tools["add"].description == "Add two numbers."
    assert tools["add"].parameters["required"] == ["a", "b"]
    assert await tools["add"].call({"a": 1, "b": 2}) == "3"
    assert await tools["picture"].call({}) == "Look:\n[image, image/png]"


async def test_arguments_are_checked_here(tools: dict[str, Any]) -> None:
    await tools["add"].check({"a": 1, "b": 2})
    with pytest.raises(InvalidArguments, match='"b" is a required property'):
        await tools["add"].check({"a": 1})
    with pytest.raises(InvalidArguments, match=r"\$\.a"):
        await tools["add"].call({"a": "one", "b": 2})


async def test_a_pattern_keeps_nobody_waiting(tools: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments, match="does not match"):
        await tools["spell"].check({"words": "a" * 60 + "!"})


async def test_a_result_is_not_held_against_a_schema_on_the_event_loop(started: dict[str, Any]) -> None:
    add = started["add"]
    assert add.listed.output_schema is not None
    shared = add.client.session._tool_output_schemas  # what the SDK would hold it against
    shared["add"] = {"type": "string"}
    assert await add.call({"a": 1, "b": 2}) == "3"


async def test_a_server_that_goes_away_breaks_its_tools_and_nothing_else(tools: dict[str, Any]) -> None:
    for name in ("crash", "add", "add"):
        with pytest.raises(ToolFailed, match="MCP server"):
            await tools[name].call({"a": 1, "b": 2} if name == "add" else {})


async def test_a_call_can_be_given_up(tools: dict[str, Any]) -> None:
    task = asyncio.create_task(tools["add"].call({"a": 1, "b": 2}))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert await tools["add"].call({"a": 2, "b": 2}) == "4"


async def test_nothing_secret_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "REALTIME_CHAT_KEY", "MINE"):
        monkeypatch.setenv(name, "secret")
    async with mcp_tools(McpSource("notes", command=COMMAND, environment={"MINE": "given"})) as tools:
        (environment,) = [tool for tool in tools if tool.name == "environment"]
        found = await environment.call({})
    assert "MINE" in found
    assert "PATH" in found
    assert "KEY" not in found


async def test_what_it_writes_goes_to_the_log(started: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "realtime_chat")
    await started["add"].call({"a": 1, "b": 2})
    await asyncio.to_thread(wait_for, lambda: "notes writes: 'adding'" in caplog.text, "a line in the log")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (McpSource("x", command=("no-such-command-anywhere",)), "no such command"),
        (McpSource("x", command=(sys.executable, "-c", "")), "does not answer as an MCP server does"),
        (McpSource("x", command=(sys.executable, "-c", "print('Hello.')")), "does not answer as an MCP server does"),
        (McpSource("x", url="http://127.0.0.1:1/mcp"), "does not answer as an MCP server does"),
        (McpSource("x", url="ftp://127.0.0.1/mcp"), "its address is none"),
        (McpSource("x", url="http://[/mcp"), "its address is none"),
        (McpSource("x", url="http://example.org/mcp", key="k"), "unencrypted"),
    ],
)
async def test_a_server_that_cannot_be_used(source: McpSource, why: str) -> None:
    with pytest.raises(ToolsUnusable, match=why) as caught:
        async with mcp_tools(source):
            pass
    assert str(caught.value).startswith("The tools of x ")


@pytest.mark.parametrize(
    ("program", "clue"),
    [
        (
            "import no_such_module_anywhere",
            "; it wrote: \"ModuleNotFoundError: No module named 'no_such_module_anywhere'",
        ),
        ("import sys; sys.exit('\\x1b[2Jno\\ntoken.')", '; it wrote: "token"'),
        ("", "; it wrote nothing to standard error: try its command in a terminal"),
    ],
)
async def test_why_a_command_failed_is_told(program: str, clue: str) -> None:
    with pytest.raises(ToolsUnusable) as caught:
        async with mcp_tools(McpSource("x", command=(sys.executable, "-c", program))):
            pass
    assert clue in str(caught.value)
    assert "\x1b" not in str(caught.value)


async def test_without_the_sdk_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "mcp":
            raise ModuleNotFoundError("No module named 'mcp'", name="mcp")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ToolsMissing, match=r"pip install 'realtime-chat\[tools\]'"):
        async with mcp_tools(STDIO):
            pass


@pytest.mark.parametrize(
    ("content", "structured", "text"),
    [
        ([], None, "done"),
        ([], {"a": [1]}, '{"a":[1]}'),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], {"a": 1}, "one\ntwo"),
        ([{"type": "resource", "resource": {"uri": "file:x", "text": "in it"}}], None, "in it"),
        ([{"type": "resource", "resource": {"uri": "file:x", "blob": "AA=="}}], None, "[a file: file:x]"),
        ([{"type": "resource_link", "uri": "file:x", "name": "x"}], None, "[a link: file:x]"),
        ([{"type": "audio", "data": "AA==", "mimeType": "audio/wav"}], None, "[audio, audio/wav]"),
    ],
)
def test_a_result_is_text(content: list[Any], structured: Any, text: str) -> None:
    result = CallToolResult.model_validate({"content": content, "structuredContent": structured})
    assert text_of(result) == text


def test_no_secret_is_shown() -> None:
    assert "s3cret" not in repr(McpSource("x", url="http://x", environment={"A": "s3cret"}, key="s3cret"))


async def test_several_at_once(address: str, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("def add(a: int) -> int:\n    return a + 1\n")
    async with toolbox([tmp_path / "tools.py"], [STDIO, McpSource("web", url=address)]) as tools:
        named = {tool.name: tool for tool in tools}
        assert {"add", "notes_add", "web_add", "keep_note", "web_keep_note"} <= set(named)
        assert await named["add"].call({"a": 1}) == "2"
        assert await named["web_add"].call({"a": 1, "b": 4}) == "5"
        assert await named["keep_note"].call({"text": "x"}) == "1 kept"
        assert await named["web_keep_note"].call({"text": "x"}) == "1 kept"
