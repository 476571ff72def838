"""`SchemaChecker`: whether arguments fit a JSON Schema that somebody else wrote, found out in another process."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from realtime_chat.session.errors import InvalidArguments, ToolFailed
from realtime_chat.session.tools.schema_process import Fits, Misfits, Question, Verdict

SECONDS: Final = 10.0
"""A check takes a millisecond, and the start of the process a fraction of a second, also on a busy machine."""

_LONGEST_LINE: Final = 1_000_000


class SchemaChecker:
    """Checks arguments off the event loop, in a process that is ended where it takes too long.

    A process is kept for the next check; where one is busy, another is started.

    Args:
        seconds: For how long one check may take.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._idle: list[asyncio.subprocess.Process] = []

    async def warm(self) -> None:
        """Have a process ready, so that the first check need not wait for it."""
        with contextlib.suppress(OSError):
            self._idle.append(await _started())

    async def check(self, arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        """See whether ``arguments`` fit. May be cancelled at any time.

        Raises:
            InvalidArguments: They do not.
            ToolFailed: The schema cannot be used, or not within the time there is.
        """
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._asked(msgspec.json.encode(Question(dict(schema), dict(arguments))))
        except TimeoutError:
            problem = f"The arguments could not be checked within {self._seconds:g} s: it was not called."
            raise ToolFailed(problem) from None
        except (OSError, ValueError, RecursionError) as error:
            raise ToolFailed(f"The arguments could not be checked ({type(error).__name__}).") from error
        if isinstance(answer, Misfits):
            raise InvalidArguments(answer.reason)
        if not isinstance(answer, Fits):
            raise ToolFailed(answer.reason)

    async def close(self) -> None:
        """End the processes."""
        while self._idle:
            await _end(self._idle.pop())

    async def _asked(self, question: bytes) -> Verdict:
        process = await self._ready()
        try:
            if process.stdin is None or process.stdout is None:
                raise OSError
            process.stdin.write(question + b"\n")
            await process.stdin.drain()
            answer: Verdict = msgspec.json.decode(await process.stdout.readline(), type=Verdict)
        except BaseException:
            await asyncio.shield(_end(process))
            raise
        if self._idle:
            await _end(process)
        else:
            self._idle.append(process)
        return answer

    async def _ready(self) -> asyncio.subprocess.Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return await _started()


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # or a file of the current folder could stand in for a module of ours
        "-m",
        "realtime_chat.session.tools.schema_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LONGEST_LINE,
        start_new_session=True,  # Ctrl-C is meant for us
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
