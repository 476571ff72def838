"""A real file of tools, in a real process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from virtual_sound import wait_for

from realtime_chat.session.errors import InvalidArguments, ToolFailed, ToolsUnusable
from realtime_chat.session.tools.python_file import python_tools

SOURCE = '''
import asyncio, os, subprocess, sys, time
READ_ONLY = {"double"}

def double(n: int) -> int:
    """Double it."""
    return 2 * n

def chatty() -> str:
    print("printed")
    os.write(1, b"written\\n")
    subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
    return repr(sys.stdin.read())

def crash() -> None:
    os._exit(3)

async def never() -> None:
    await asyncio.Event().wait()

def parent() -> int:
    return os.getppid()
'''


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(source: str) -> Path:
        path = tmp_path / "tools.py"
        path.write_text(source)
        return path

    return write


async def test_its_functions_are_tools(file: Callable[[str], Path]) -> None:
    async with python_tools(file(SOURCE)) as tools:
        by_name: dict[str, Any] = {tool.name: tool for tool in tools}
        double = by_name["double"]
        assert (double.description, double.is_read_only, by_name["crash"].is_read_only) == ("Double it.", True, False)
        assert double.parameters["required"] == ["n"]
        assert await double.call({"n": 3}) == "6"
        await double.check({"n": 3})
        with pytest.raises(InvalidArguments, match="`n`"):
            await double.check({})
        with pytest.raises(InvalidArguments):
            await double.call({"n": "3"})


async def test_what_it_writes_goes_to_the_log(
    file: Callable[[str], Path], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO, "realtime_chat")
    async with python_tools(file(SOURCE)) as tools:
        (chatty,) = [tool for tool in tools if tool.name == "chatty"]
        assert await chatty.call({}) == "''"  # nor does it read what we are given
        await asyncio.to_thread(wait_for, lambda: "printed" in caplog.text, "what was printed to be logged")
    assert all(words in caplog.text for words in ("written", "by a child"))
    assert capfd.readouterr().out == ""


async def test_a_crash_ends_the_tools_and_nothing_else(file: Callable[[str], Path]) -> None:
    async with python_tools(file(SOURCE)) as tools:
        by_name = {tool.name: tool for tool in tools}
        for name in ("crash", "crash", "double"):
            with pytest.raises(ToolFailed, match="has ended"):
                await by_name[name].call({"n": 1} if name == "double" else {})


async def test_a_call_can_be_given_up(file: Callable[[str], Path]) -> None:
    async with python_tools(file(SOURCE)) as tools:
        by_name = {tool.name: tool for tool in tools}
        task = asyncio.create_task(by_name["never"].call({}))
        await by_name["double"].call({"n": 1})
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await by_name["double"].call({"n": 2}) == "4"


async def test_the_process_ends_with_the_context_whatever_it_does(file: Callable[[str], Path]) -> None:
    source = "import threading\ndef stuck() -> None:\n    threading.Event().wait()\n"
    async with python_tools(file(source)) as (stuck,):
        process = stuck.host.process
        task = asyncio.create_task(stuck.call({}))
        await asyncio.sleep(0)
        assert process.returncode is None
    assert process.returncode is not None
    with pytest.raises(ToolFailed):
        await task


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f(:", "line 1"),
        ("import os\nos._exit(1)", "ended the process"),
        ("X = 1", "no public function"),
        ("raise ValueError('one\\ntwo')", "ValueError: one two"),
    ],
)
async def test_a_file_that_cannot_be_used(file: Callable[[str], Path], source: str, why: str) -> None:
    with pytest.raises(ToolsUnusable, match=why) as caught:
        async with python_tools(file(source)):
            pass
    assert "\n" not in str(caught.value)


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolsUnusable, match="no such file"):
        async with python_tools(tmp_path / "nothing.py"):
            pass
