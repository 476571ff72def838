"""The process that holds a file of tools, without the process: its lines in memory."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime_chat.session.tools.functions import Unfit
from realtime_chat.session.tools.host import LONGEST_TEXT, MOST_THREADS, load, serve, text_of
from realtime_chat.session.tools.wire import (
    AnyReply,
    AnyRequest,
    Broken,
    CallRequest,
    CheckRequest,
    Done,
    DropRequest,
    Loaded,
    Misfit,
    Unloadable,
)

SOURCE = """
import asyncio, dataclasses, sys, threading
may_end = threading.Event()

def double(n: int) -> int:
    return 2 * n

async def later(n: int) -> int:
    await asyncio.sleep(0)
    return n

async def never() -> None:
    await asyncio.Event().wait()

def stuck() -> str:
    may_end.wait()
    return "unstuck"

def leave() -> None:
    sys.exit(3)

async def leave_too() -> None:
    raise SystemExit

def name() -> str:
    return "caf\\udce9"

async def name_later() -> list[str]:
    return ["caf\\udce9"]

def blame() -> None:
    raise ValueError("caf\\udce9")

def numbers():
    yield 1

@dataclasses.dataclass
class Picky:
    word: str

    def __post_init__(self):
        raise KeyError(self.word)

def pick(one: Picky) -> None: ...
"""


class Served:
    """A file that is served."""

    def __init__(self, path: Path) -> None:
        reading, writing = os.pipe()
        self._requests = os.fdopen(writing, "wb")
        self._reading = os.fdopen(reading, "rb")
        self._replies: asyncio.Queue[AnyReply] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self.task = asyncio.create_task(serve(path, self._reading, self._take))

    def _take(self, reply: AnyReply) -> None:
        self._loop.call_soon_threadsafe(self._replies.put_nowait, reply)

    async def reply(self) -> AnyReply:
        async with asyncio.timeout(10):
            return await self._replies.get()

    def send(self, request: AnyRequest) -> None:
        self._requests.write(msgspec.json.encode(request) + b"\n")
        self._requests.flush()

    async def close(self) -> None:
        self._requests.close()
        await self.task
        self._reading.close()


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(source: str) -> Path:
        path = tmp_path / "my tools.py"
        path.write_text(source)
        return path

    return write


@pytest.fixture
async def served(file: Callable[[str], Path]) -> Any:
    one = Served(file(SOURCE))
    assert isinstance(await one.reply(), Loaded)
    yield one
    await one.close()


def call(name: str, key: int = 1, **arguments: Any) -> CallRequest:
    return CallRequest(key=key, name=name, arguments=arguments)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (call("double", n=2), Done(key=1, text="4")),
        (call("later", n=2), Done(key=1, text="2")),
        (CheckRequest(key=1, name="double", arguments={"n": 2}), Done(key=1)),
        (CheckRequest(key=1, name="double", arguments={}), Misfit(key=1, text="Object missing required field `n`")),
        (call("later"), Misfit(key=1, text="Object missing required field `n`")),
        (call("leave"), Broken(key=1, text="SystemExit: 3")),
        (call("leave_too"), Broken(key=1, text="SystemExit: ")),
        (call("name"), Done(key=1, text="caf?")),
        (call("name_later"), Done(key=1, text='["caf?"]')),
        (call("blame"), Broken(key=1, text="ValueError: caf?")),
        (call("numbers"), Broken(key=1, text="TypeError: it returns a generator, which is no text and no JSON")),
        (call("pick", one={"word": "x"}), Misfit(key=1, text="KeyError: 'x'")),
        (CheckRequest(key=1, name="pick", arguments={"one": {"word": "x"}}), Misfit(key=1, text="KeyError: 'x'")),
    ],
)
async def test_a_request_is_answered(served: Served, request_: AnyRequest, reply: AnyReply) -> None:
    served.send(request_)
    assert await served.reply() == reply


async def test_others_go_on_while_one_runs(served: Served) -> None:
    served.send(call("never", 1))
    served.send(call("stuck", 2))
    served.send(call("double", 3, n=1))
    assert await served.reply() == Done(key=3, text="2")
    served.send(DropRequest(key=1))
    served.send(DropRequest(key=99))
    served.send(call("later", 4, n=1))
    assert await served.reply() == Done(key=4, text="1")


async def test_functions_that_never_end_do_not_fill_the_machine(served: Served) -> None:
    others = threading.active_count()
    for key in range(MOST_THREADS + 1):
        served.send(call("stuck", key))
    reply = await served.reply()
    assert isinstance(reply, Broken)
    assert reply.key == MOST_THREADS
    assert threading.active_count() <= others + MOST_THREADS


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f(:", "line 1"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("def f(x): ...", "no type"),
    ],
)
async def test_a_file_that_cannot_be_loaded(file: Callable[[str], Path], source: str, why: str) -> None:
    served = Served(file(source))
    reply = await served.reply()
    assert isinstance(reply, Unloadable)
    assert why in reply.reason
    await served.close()


def test_a_file_may_import_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "neighbour_of_tools.py").write_text("X = 7\n")
    (tmp_path / "mine.py").write_text("from neighbour_of_tools import X\n")
    assert load(tmp_path / "mine.py").X == 7


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text("")
    with pytest.raises(Unfit, match=r"\.py"):
        load(tmp_path / "tools.txt")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "done"),
        ("as it is", "as it is"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (1.5, "1.5"),
        (Path("x"), '"x"'),
        ("x" * (LONGEST_TEXT + 1), "x" * LONGEST_TEXT),
    ],
)
def test_what_a_function_returns_as_text(value: object, text: str) -> None:
    assert text_of(value) == text


class Temperature:
    def __str__(self) -> str:
        return "21 degrees"


def test_what_says_what_it_is_may_be_returned() -> None:
    assert text_of({"is": Temperature()}) == '{"is":"21 degrees"}'


@pytest.mark.parametrize("value", [object(), {"a": object()}, iter([1]), print, (one for one in "ab")])
def test_what_says_nothing_may_not(value: object) -> None:
    with pytest.raises(TypeError, match="no text and no JSON"):
        text_of(value)
