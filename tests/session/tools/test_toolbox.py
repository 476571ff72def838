from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import mcp_notes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_tool import MemoryTool

from realtime_chat.session.errors import ToolsUnusable
from realtime_chat.session.tools.mcp_server import McpSource
from realtime_chat.session.tools.toolbox import MOST_TOOLS, named_apart, toolbox

NAMES = st.text(alphabet="ab.-_é ", max_size=70)


@given(groups=st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=6)), max_size=6))
def test_all_names_can_be_called_and_no_two_are_the_same(groups: list[tuple[str, list[str]]]) -> None:
    tools = named_apart([(source, [MemoryTool(name) for name in names]) for source, names in groups])
    assert len(tools) == sum(len(names) for _, names in groups)
    names = [tool.name for tool in tools]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)


def test_a_tool_keeps_its_name_where_it_can() -> None:
    tools = named_apart([("one", [MemoryTool("look")]), ("two", [MemoryTool("look"), MemoryTool("see")])])
    assert [tool.name for tool in tools] == ["look", "two_look", "see"]


async def test_a_tool_by_another_name_is_the_same_tool() -> None:
    tool = MemoryTool("a.b", is_read_only=False, required=("x",), description="It.")
    (named,) = named_apart([("one", [tool])])
    assert (named.name, named.description, named.is_read_only) == ("a_b", "It.", False)
    assert named.parameters is tool.parameters
    await named.check({"x": 1})
    assert await named.call({"x": 1}) == ""


async def test_no_tools() -> None:
    async with toolbox([], []) as tools:
        assert tools == ()


RENDEZVOUS = """
import runpy, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv.pop()))) as meeting:
    meeting.recv(1)  # ends when all have come
runpy.run_path({path!r}, run_name="__main__")
"""


async def test_all_are_started_at_once(tmp_path: Path) -> None:
    program = RENDEZVOUS.format(path=mcp_notes.__file__)
    both = asyncio.Barrier(2)

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await both.wait()
        writer.close()

    meeting = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = str(meeting.sockets[0].getsockname()[1])
    servers = [McpSource(name, command=(sys.executable, "-c", program, port)) for name in ("one", "two")]
    (tmp_path / "mine.py").write_text("def f() -> None: ...\n")
    started: list[str] = []
    async with meeting, toolbox([tmp_path / "mine.py"], servers, started=started.append) as tools:
        assert sorted(started) == ["mine", "one", "two"]
        assert [tool.name for tool in tools][:2] == ["f", "add"]
        assert "two_add" in [tool.name for tool in tools]


async def test_one_that_cannot_start_ends_the_waiting_for_the_others() -> None:
    slow = McpSource("slow", command=(sys.executable, "-c", "import time; time.sleep(600)"))
    with pytest.raises(ToolsUnusable, match="no such command"):
        async with toolbox([], [slow, McpSource("x", command=("no-such-command-anywhere",))]):
            pass


async def test_functions_of_the_same_name(tmp_path: Path) -> None:
    files = [tmp_path / "one.py", tmp_path / "two.py"]
    for file in files:
        file.write_text("def f() -> None: ...\n")
    with pytest.raises(ToolsUnusable, match=r"one\.py and .*two\.py .* both have a function f: rename one"):
        async with toolbox(files, []):
            pass


async def test_too_many(tmp_path: Path) -> None:
    functions = "".join(f"def f{number}() -> None: ...\n" for number in range(MOST_TOOLS + 1))
    (tmp_path / "many.py").write_text(functions)
    with pytest.raises(ToolsUnusable, match=f"{MOST_TOOLS + 1}"):
        async with toolbox([tmp_path / "many.py"], []):
            pass
