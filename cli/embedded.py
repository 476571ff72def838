"""The embedded server as a child process: started, waited for, and ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from realtime_chat.cli.credentials import LLM, key_for, variable_of
from realtime_chat.cli.errors import EmbeddedFailed
from realtime_chat.cli.options import Engines
from realtime_chat.cli.presets import VENDOR_KEYS
from realtime_chat.cli.redaction import hide
from realtime_chat.cli.target import OPENAI_KEY, SERVER_KEY
from realtime_chat.cli.terminal import erase_waiting, show_waiting
from realtime_chat.protocol.printable import one_line

START_SECONDS = 120.0
"""How long the server may take until it is ready: on a slow disk, loading and hashing the models takes its time."""

END_SECONDS = 3.0
"""How long it may take to end by itself."""

_TOKEN_VARIABLE = "REALTIME_CHAT_SERVER_KEY"  # noqa: S105 - the name of a variable
_STATUS = "Starting the embedded server…"
_KEPT_LINES = 20
_LONGEST_LINE = 1 << 16

log = logging.getLogger(__name__)


SMALL_MODEL_TOKENS: Final = 256
"""Over a minute of speech. One in forty plain questions makes a very small model write on until its context is full."""


@dataclass(frozen=True)
class EmbeddedOptions:
    """How the embedded server thinks.

    Attributes:
        model: The local model that thinks; None for the default one.
        llm_url: An OpenAI-compatible endpoint in place of a local model.
        llm_model: The model of that endpoint.
        engines: Which engines it runs.
        speaks: It will hear and speak, so that those engines are loaded at once too.
        verbose: Log what the server does.
        quiet: Do not say that it starts.
    """

    model: str | None = None
    llm_url: str | None = None
    llm_model: str | None = None
    engines: Engines = Engines.REAL
    speaks: bool = False
    verbose: bool = False
    quiet: bool = False

    @property
    def max_tokens(self) -> int | None:
        """The most tokens of one answer; None leaves it to the server."""
        return SMALL_MODEL_TOKENS if self.llm_url is None else None


@dataclass(frozen=True)
class Embedded:
    """A running embedded server.

    Attributes:
        url: The base of its API.
        key: The token it takes. Never shown.
    """

    url: str
    key: str

    def __repr__(self) -> str:
        return f"Embedded({self.url!r})"


@contextlib.asynccontextmanager
async def embedded_server(options: EmbeddedOptions) -> AsyncIterator[Embedded]:
    """Run the embedded server for the length of an ``async with``.

    It reads its standard input, whose other end only we hold: it ends when that closes, also when we are killed.

    Raises:
        EmbeddedFailed: It did not start.
    """
    token = secrets.token_urlsafe(32)
    hide(token)
    process = await _spawn(options, token)
    diary: deque[str] = deque(maxlen=_KEPT_LINES)
    diarist = asyncio.create_task(_keep_diary(process, diary))
    try:
        with _status(is_shown=not options.quiet):
            url = await _ready(process, diary)
        yield Embedded(url, token)
    finally:
        await _end(process)
        diarist.cancel()
        await asyncio.wait([diarist])


async def _spawn(options: EmbeddedOptions, token: str) -> Process:
    # -P: a file in the current folder must not pass for a module.
    command = [sys.executable, "-P", "-m", "realtime_chat.server.process", "--embedded", "--port", "0"]
    command += ["--engines", options.engines.value]
    command += ["--preload", "all" if options.speaks else "thinking"]
    if options.model is not None:
        command += ["--model", options.model]
    if options.llm_url is not None:
        command += ["--llm-url", options.llm_url]
    if options.llm_model is not None:
        command += ["--llm-model", options.llm_model]
    if options.verbose:
        command.append("--verbose")
    not_its_own = {OPENAI_KEY, SERVER_KEY, *VENDOR_KEYS}
    environment = {name: value for name, value in os.environ.items() if name not in not_its_own}
    environment[_TOKEN_VARIABLE] = token
    if options.llm_url is not None and (llm_key := key_for(LLM, os.environ)):
        environment[variable_of(LLM)] = llm_key
    # A Ctrl-C of the terminal goes to a whole group of processes; the server must live to see the session closed.
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # on Windows only
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE if options.verbose else DEVNULL,
            env=environment,
            limit=_LONGEST_LINE,
            start_new_session=True,
            creationflags=flags,
        )
    except OSError as error:
        raise EmbeddedFailed(f"The embedded server cannot be started: {error.strerror or error}.") from error


async def _ready(process: Process, diary: deque[str]) -> str:
    """Wait for the one line in which the server says how it is."""
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError:
        raise EmbeddedFailed(f"The embedded server was not ready after {START_SECONDS:.0f} s: try again.") from None
    except ValueError:  # a line beyond any measure
        line = b"?"
    if not line:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await process.wait()
        last = f": {diary[-1]}" if diary else ""
        raise EmbeddedFailed(
            f"The embedded server ended before it was ready (exit code {process.returncode}{last}); "
            "run again with -v to see why."
        )
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    match said:
        case {"ready": True, "url": str(url)}:
            return url
        case {"ready": False, "error": str(error)}:
            raise EmbeddedFailed(one_line(error))
        case _:
            raise EmbeddedFailed("The embedded server said something else than that it is ready: install it again.")


async def _keep_diary(process: Process, diary: deque[str]) -> None:
    """Read what the server logs, so that it never waits for us, and pass it on to our own log."""
    if process.stderr is None:
        return
    while True:
        try:
            line = await process.stderr.readline()
        except ValueError:  # longer than the limit: it was dropped
            continue
        if not line:
            return
        diary.append(one_line(line.decode("utf-8", "replace")))
        log.debug("server: %s", diary[-1])


async def _end(process: Process) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    process.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        log.debug("The embedded server does not end by itself.")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@contextlib.contextmanager
def _status(*, is_shown: bool) -> Iterator[None]:
    """Say what is waited for on a terminal, and take it back."""
    if not is_shown:
        yield
        return
    show_waiting(_STATUS)
    try:
        yield
    finally:
        erase_waiting()
