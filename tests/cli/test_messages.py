import asyncio
import contextlib
import io
import os
import threading

import pytest

from realtime_chat.cli.errors import BadInput
from realtime_chat.cli.messages import MOST_BYTES, compose, message_of, once, piped_lines, read_piped


def piped(data):
    return io.TextIOWrapper(io.BytesIO(data))


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as stream, os.fdopen(writer, "wb", buffering=0) as end:
        yield stream, end


@pytest.mark.parametrize(
    ("prompt", "text", "message"),
    [
        (None, "Hello\n", "Hello"),
        ("Summarise this", "", "Summarise this"),
        ("Summarise this", "A text.\n", "Summarise this\n\nA text."),
        (" ", " \n", ""),
    ],
)
def test_compose(prompt, text, message):
    assert compose(prompt, text) == message


def test_no_message():
    with pytest.raises(BadInput, match="no message"):
        message_of(None, " \n ")


def test_standard_input_is_utf8_whatever_the_locale():
    assert read_piped(piped("\ufeffGrüße 漢\r\n".encode())) == "Grüße 漢\r\n"
    assert read_piped(None) == ""


def test_standard_input_that_is_no_text():
    with pytest.raises(BadInput, match="UTF-8"):
        read_piped(piped(b"\xff\xfe"))


def test_a_message_without_end():
    assert len(read_piped(piped(b"x" * MOST_BYTES))) == MOST_BYTES
    with pytest.raises(BadInput, match="1 MiB"):
        read_piped(piped(b"x" * (MOST_BYTES + 1)))


async def test_once():
    assert [message async for message in once("Hi")] == ["Hi"]


async def test_each_line_comes_as_soon_as_it_is_there(pipe):
    stream, end = pipe
    lines = piped_lines("Translate:", stream)
    end.write(b"one\n\ntw")
    assert await anext(lines) == "Translate:\n\none"
    end.write("ö\nlast".encode())
    assert await anext(lines) == "Translate:\n\ntwö"
    end.close()
    assert await anext(lines) == "Translate:\n\nlast"
    assert await anext(lines, None) is None


@pytest.mark.parametrize("data", [b"", b"\n \n"])
async def test_no_line_at_all(pipe, data):
    stream, end = pipe
    end.write(data)
    end.close()
    with pytest.raises(BadInput, match="no line"):
        await anext(piped_lines(None, stream))


async def test_a_line_that_is_no_text(pipe):
    stream, end = pipe
    end.write(b"good\n\xff\n")
    lines = piped_lines(None, stream)
    assert await anext(lines) == "good"
    with pytest.raises(BadInput, match="UTF-8"):
        await anext(lines)


async def test_a_process_without_standard_input():
    with pytest.raises(BadInput):
        await anext(piped_lines(None, None))


@contextlib.contextmanager
def endless(data):
    """Standard input that gives ``data`` over and over, as `yes` does; and how many bytes of it were read."""
    reader, writer = os.pipe()
    written = 0

    def write():
        nonlocal written
        with contextlib.suppress(BrokenPipeError):
            while True:
                written += os.write(writer, data)

    thread = threading.Thread(target=write)
    with os.fdopen(reader, encoding="utf-8") as stream:
        thread.start()
        yield stream, lambda: written
    thread.join()
    os.close(writer)


async def test_no_more_is_read_than_is_wanted_soon():
    others = set(threading.enumerate())
    with endless(b"yes\n" * 1024) as (stream, written):
        async with contextlib.aclosing(piped_lines(None, stream)) as lines:
            assert await anext(lines) == "yes"
            (reader,) = [thread for thread in set(threading.enumerate()) - others if thread.name == "stdin"]
            before = -1
            while before < (now := written()):  # until whoever writes is not read any more
                before = now
                await asyncio.sleep(0.2)
            assert now <= 2 * MOST_BYTES
            for _ in range(now // 2):  # each line has four bytes: the last ones were written later
                assert await anext(lines) == "yes"
        await asyncio.to_thread(reader.join)


@pytest.mark.parametrize("data", [b"x" * 4096, b"good\n" + b"x" * (MOST_BYTES + 1) + b"\n"])
async def test_a_line_without_end(data):
    said = []

    async def follow(stream):
        async with contextlib.aclosing(piped_lines(None, stream)) as lines:
            async for line in lines:
                said.append(line)  # noqa: PERF401 - what came before the error counts too

    with endless(data) as (stream, _), pytest.raises(BadInput, match="1 MiB"):
        await follow(stream)
    assert said == ["good"] * data.count(b"good")
