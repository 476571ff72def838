"""`Prober`: asks the probe, and survives what it does not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from typing import Any

from realtime_chat.cli.doctor.errors import ProbeDied, ProbeHung, ProbeRefused
from realtime_chat.cli.redaction import KEY_VARIABLES
from realtime_chat.protocol.printable import one_line

_COMMAND = (sys.executable, "-P", "-m", "realtime_chat.cli.doctor.probe")
_LONGEST_ANSWER = 1 << 20
_END_SECONDS = 2.0


class Prober:
    """One probe at a time, started when it is first asked, and again after it hung or died."""

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._command = command
        self._process: Process | None = None

    async def ask(self, do: str, seconds: float, **request: Any) -> dict[str, Any]:
        """Have the probe do something.

        Args:
            do: One of the probe's requests.
            seconds: How long it may take; a probe that is still starting takes some of it.
            request: That request's own arguments.

        Raises:
            ProbeRefused: It failed in an orderly way.
            ProbeHung: It took too long.
            ProbeDied: It ended.
        """
        process = self._process or await self._start()
        self._process = process
        assert process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert process.stdout is not None  # noqa: S101 - likewise
        try:
            async with asyncio.timeout(seconds):
                with contextlib.suppress(ConnectionError):
                    process.stdin.write(json.dumps({"do": do, **request}).encode() + b"\n")
                    await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            self._process = None
            await _killed(process)
            raise ProbeHung(seconds) from None
        except asyncio.CancelledError:  # a Ctrl-C is not to wait for what the probe does
            self._process = None
            await _killed(process)
            raise
        if not line:
            raise ProbeDied(await self.close())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ProbeRefused(one_line(str(answer["error"])), one_line(str(answer["reason"])))
        return answer

    async def close(self) -> int:
        """End the probe, if there is one, and give its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                return await process.wait()
        except TimeoutError:
            return await _killed(process)
        except asyncio.CancelledError:
            await _killed(process)
            raise

    async def _start(self) -> Process:
        environment = {name: value for name, value in os.environ.items() if name not in KEY_VARIABLES}
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=environment,
            limit=_LONGEST_ANSWER,
            start_new_session=True,  # a Ctrl-C is ours to act on
        )


async def _killed(process: Process) -> int:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    return await process.wait()


@contextlib.asynccontextmanager
async def prober() -> AsyncIterator[Prober]:
    """Have a `Prober` for the length of an ``async with``."""
    asked = Prober()
    try:
        yield asked
    finally:
        await asked.close()
