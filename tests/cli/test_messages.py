import io
import os

import pytest

from realtime_chat.cli.errors import BadInput
from realtime_chat.cli.messages import compose, message_of, once, piped_lines, read_piped


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
