"""What a person types, pipes in or gives as an argument, as messages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import TextIO

from realtime_chat.cli.errors import BadInput

_READ = 1 << 16
_NOT_TEXT = "Standard input is not UTF-8 text: convert it first, for instance with iconv."


def read_piped(stream: TextIO | None) -> str:
    """Read all of standard input.

    Raises:
        BadInput: It is not UTF-8.
    """
    return "" if stream is None else _decoded(stream.buffer.read())


def compose(prompt: str | None, piped: str) -> str:
    """Give the one message: the prompt first, then a blank line and what was piped in; ``""`` if both are blank."""
    return "\n\n".join(part.strip() for part in (prompt or "", piped) if part.strip())


def message_of(prompt: str | None, piped: str) -> str:
    """Like `compose`.

    Raises:
        BadInput: Both are blank.
    """
    message = compose(prompt, piped)
    if not message:
        raise BadInput('There is no message: give one, as in `realtime-chat text "Hello"`, or pipe one in.')
    return message


async def once(message: str) -> AsyncGenerator[str, None]:
    """Give one message."""
    yield message


async def piped_lines(prompt: str | None, stream: TextIO | None) -> AsyncGenerator[str, None]:
    """Give each line of standard input that is not blank, as soon as it is there, after ``prompt``.

    Raises:
        BadInput: A line is not UTF-8, or none holds anything.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        # Not through sys.stdin: a thread that waits inside of it would hold its lock when the interpreter ends.
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            while data := _read_some(stream):
                loop.call_soon_threadsafe(queue.put_nowait, data)
            loop.call_soon_threadsafe(queue.put_nowait, b"")

    threading.Thread(target=read, name="stdin", daemon=True).start()
    splitter = _LineSplitter()
    is_empty = True
    while data := await queue.get():
        for line in splitter.push(data):
            if message := _decoded(line).strip():
                is_empty = False
                yield compose(prompt, message)
    if message := _decoded(splitter.rest).strip():
        is_empty = False
        yield compose(prompt, message)
    if is_empty:
        raise BadInput("Standard input holds no line: pipe in one message a line.")


class _LineSplitter:
    def __init__(self) -> None:
        self.rest = b""

    def push(self, data: bytes) -> Iterator[bytes]:
        *lines, self.rest = (self.rest + data).split(b"\n")
        yield from lines


def _read_some(stream: TextIO | None) -> bytes:
    try:
        return b"" if stream is None else os.read(stream.fileno(), _READ)
    except (OSError, ValueError):  # it broke, or was closed: what came is all there is
        return b""


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(_NOT_TEXT) from error
