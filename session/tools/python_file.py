"""The functions of a Python file as tools; see `host` for the process they run in."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from realtime_chat.session.cleaning import one_sentence
from realtime_chat.session.errors import InvalidArguments, ToolFailed, ToolsUnusable
from realtime_chat.session.tools.child_output import ChildOutput
from realtime_chat.session.tools.wire import (
    LONGEST_LINE,
    AnyReply,
    AnyRequest,
    Broken,
    CallRequest,
    CheckRequest,
    Described,
    Done,
    DropRequest,
    Loaded,
    Misfit,
    Unloadable,
)

LOAD_SECONDS: Final = 30.0
"""A file that imports much may take a while."""

_EXIT_SECONDS: Final = 0.5

_GONE = "The process that holds the tools has ended: none of them can be called any more."


@contextlib.asynccontextmanager
async def python_tools(path: Path) -> AsyncIterator[list[PythonTool]]:
    """Give the functions of a file as tools, for the length of an ``async with``.

    Raises:
        ToolsUnusable: The file cannot be read or run, or a function of it cannot be offered.
    """
    if not await asyncio.to_thread(path.is_file):
        is_folder = await asyncio.to_thread(path.is_dir)
        what = "it is a folder: name a Python file in it" if is_folder else "there is no such file"
        raise ToolsUnusable(str(path), what)
    with ChildOutput(path.name) as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # or a file of the current folder could stand in for a module of ours
            "-m",
            "realtime_chat.session.tools.host",
            str(path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output.file,
            limit=LONGEST_LINE,
            start_new_session=True,  # Ctrl-C is meant for us, and all that it starts ends with it
        )
    host = _HostProcess(path, process)
    try:
        functions = await host.loaded()
        yield [PythonTool(function, host) for function in functions]
    finally:
        await host.close()


class _HostProcess:
    """The process, and the requests that it has not answered."""

    def __init__(self, path: Path, process: asyncio.subprocess.Process) -> None:
        self._path = path
        self.process = process
        self._keys = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[AnyReply]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def loaded(self) -> list[Described]:
        """Wait until the file is loaded, and give its functions.

        Raises:
            ToolsUnusable: It cannot be.
        """
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                first = await self._read()
        except TimeoutError:
            raise ToolsUnusable(str(self._path), f"it was not loaded after {LOAD_SECONDS:g} s") from None
        match first:
            case Loaded(functions=functions):
                self._reader = asyncio.create_task(self._follow())
                return functions
            case Unloadable(reason=reason):
                raise ToolsUnusable(str(self._path), one_sentence(reason))
            case _:
                raise ToolsUnusable(str(self._path), "it ended the process that loaded it")

    async def ask(self, request: CheckRequest | CallRequest) -> str:
        """Have a request answered.

        Raises:
            InvalidArguments: The arguments do not fit.
            ToolFailed: The function failed, or the process is gone.
        """
        request.key = next(self._keys)
        if self._reader is None or self._reader.done():
            raise ToolFailed(_GONE)
        answer = self._waiting[request.key] = asyncio.get_running_loop().create_future()
        try:
            self._send(request)
            reply = await answer
        except asyncio.CancelledError:
            self._send(DropRequest(key=request.key))
            raise
        finally:
            del self._waiting[request.key]
        match reply:
            case Done(text=text):
                return text
            case Misfit(text=text):
                raise InvalidArguments(text)
            case Broken(text=text):
                raise ToolFailed(text)
            case _:
                raise ToolFailed(_GONE)

    async def close(self) -> None:
        """End the process, and all that it started."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EXIT_SECONDS):
                await self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def _send(self, request: AnyRequest) -> None:
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(msgspec.json.encode(request) + b"\n")

    async def _follow(self) -> None:
        try:
            while (reply := await self._read()) is not None:
                answer = self._waiting.get(reply.key) if isinstance(reply, Done | Misfit | Broken) else None
                if answer is not None and not answer.done():
                    answer.set_result(reply)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ToolFailed(_GONE))

    async def _read(self) -> AnyReply | None:
        """Give the next line; None where there is none that can be read."""
        if self.process.stdout is None:
            return None
        try:
            line = await self.process.stdout.readline()
            return msgspec.json.decode(line, type=AnyReply) if line else None
        except (OSError, ValueError, msgspec.DecodeError):
            return None


@dataclass(frozen=True)
class PythonTool:
    """A function of the file; see `seam.Tool`."""

    function: Described
    host: _HostProcess

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def description(self) -> str:
        """What its docstring says of it."""
        return self.function.description

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments."""
        return self.function.parameters

    @property
    def is_read_only(self) -> bool:
        """The file says so."""
        return self.function.is_read_only

    async def check(self, arguments: Mapping[str, Any]) -> None:
        """See whether the arguments fit; see `seam.Tool`."""
        await self.host.ask(CheckRequest(key=0, name=self.name, arguments=dict(arguments)))

    async def call(self, arguments: Mapping[str, Any]) -> str:
        """Call it; see `seam.Tool`."""
        return await self.host.ask(CallRequest(key=0, name=self.name, arguments=dict(arguments)))
