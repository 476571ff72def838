"""What a person types, pipes in or gives as an argument, as messages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import TextIO

from realtime_chat.cli.errors import BadInput

MOST_BYTES = 1 << 20
"""A message may have so many: more than any model reads at once."""

_READ = 1 << 16
_ROOM = 16
"""Reads that may wait for their turn to be answered."""

_NOT_TEXT = "Standard input is not UTF-8 text: convert it first, for instance with iconv."


def read_piped(stream: TextIO | None) -> str:
    """Read all of standard input.

    Raises:
        BadInput: It is not UTF-8, or too long.
    """
    if stream is None:
        return ""
    data = stream.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadInput(
            "Standard input is longer than a message may be (1 MiB): shorten it, or send each line by itself with "
            "`realtime-chat text --lines`."
        )
    return _decoded(data)


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
        BadInput: A line is not UTF-8, or too long, or none holds anything.
    """
    splitter = _LineSplitter()
    is_empty = True
    async with contextlib.aclosing(_reads(stream)) as reads:
        async for data in reads:
            for line in splitter.push(data):
                if message := _decoded(line).strip():
                    is_empty = False
                    yield compose(prompt, message)
    if message := _decoded(splitter.rest).strip():
        is_empty = False
        yield compose(prompt, message)
    if is_empty:
        raise BadInput("Standard input holds no line: pipe in one message a line.")


async def _reads(stream: TextIO | None) -> AsyncGenerator[bytes, None]:
    """Give what a thread reads of ``stream``, which never is more than `_ROOM` reads ahead."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_ROOM)
    is_over = threading.Event()

    def read() -> None:
        # Not through sys.stdin: a thread that waits inside of it would hold its lock when the interpreter ends.
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            while room.acquire() and not is_over.is_set():
                data = _read_some(stream)
                loop.call_soon_threadsafe(queue.put_nowait, data)
                if not data:
                    return

    threading.Thread(target=read, name="stdin", daemon=True).start()
    try:
        while data := await queue.get():
            room.release()
            yield data
    finally:  # the thread ends too, also where it waits for room
        is_over.set()
        room.release()


class _LineSplitter:
    def __init__(self) -> None:
        self.rest = b""

    def push(self, data: bytes) -> Iterator[bytes]:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            _check_length(line)
            yield line
        _check_length(self.rest)


def _check_length(line: bytes) -> None:
    if len(line) > MOST_BYTES:
        raise BadInput("A line of standard input is longer than a message may be (1 MiB): split it into several.")


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
