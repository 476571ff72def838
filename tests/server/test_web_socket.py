"""The short way for a microphone's frames gives what uvicorn's own way gives, however they come."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import pairwise
from typing import Any

import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.utils import apply_mask

from realtime_chat.server.web_socket import MOST_WAITING, Inbox, WebSocketProtocol

REQUEST = (
    b"GET /v1/realtime HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from([0, 125, 126, 127, 1_300, 65_535, 65_536]).map(lambda length: "a" * length),
)


def masked(*frames: Frame, key: bytes = b"\x37\xfa\x21\x3d") -> list[bytes]:
    """What a client sends, with a mask that is the same each time."""
    found = []
    for frame in frames:
        plain = frame.serialize(mask=False)
        head = plain[: len(plain) - len(frame.data)]
        found.append(head[:1] + bytes([head[1] | 0x80]) + head[2:] + key + apply_mask(bytes(frame.data), key))
    return found


def trap(text: str) -> list[bytes]:
    """A binary message that is read through a mask that changes nothing, and holds what a frame looks like."""
    return masked(Frame(Opcode.BINARY, masked(Frame(Opcode.TEXT, text.encode()))[0]), key=bytes(4))


def parts(texts: list[str]) -> list[bytes]:
    opcodes = [Opcode.TEXT, *[Opcode.CONT] * (len(texts) - 1)]
    last = len(texts) - 1
    pairs = enumerate(zip(opcodes, texts, strict=True))
    return masked(*(Frame(opcode, text.encode(), index == last) for index, (opcode, text) in pairs))


whole = texts.map(lambda text: masked(Frame(Opcode.TEXT, text.encode())))
others = st.one_of(
    st.lists(texts, min_size=2, max_size=3).map(parts),
    st.text("abc", max_size=20).map(trap),
    st.binary(max_size=200).map(lambda data: masked(Frame(Opcode.BINARY, data))),
    st.binary(max_size=125).map(lambda data: masked(Frame(Opcode.PING, data))),
    st.just(masked(Frame(Opcode.PONG, b"late"))),
)
BROKEN = [masked(Frame(Opcode.TEXT, b"\xff" * 130)), [Frame(Opcode.TEXT, b"who is not masked").serialize(mask=False)]]
(BYE,) = masked(Frame(Opcode.CLOSE, b"\x03\xe8"))
farewell = st.sampled_from([[], [BYE], *BROKEN])
choices = st.lists(st.integers(0, 400), max_size=10)
talks = st.tuples(st.lists(whole | whole | others, max_size=6), farewell).map(
    lambda talk: [frame for row in (*talk[0], talk[1]) for frame in row]
)


class Wire(asyncio.Transport):
    """A connection in memory that keeps what is written, and says whether it is read."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self.written = b""
        self.is_read = True
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


class Line:
    """A connection, and an application at its end that takes what comes once it is let.

    Args:
        kind: What is between them.
        closes_after: How many messages it takes before it closes; None leaves that to the client.
    """

    def __init__(self, kind: type[WebSocketsSansIOProtocol], closes_after: int | None = None) -> None:
        self.received: list[Any] = []
        self.takes = asyncio.Event()
        self.wire = Wire()
        self._coming: deque[bytes] = deque()
        self._closes_after = closes_after
        config = uvicorn.Config(
            self._take, interface="asgi3", log_config=None, ws_per_message_deflate=False, ws_ping_interval=None
        )
        config.load()
        self.protocol = kind(config, ServerState(), {})
        self.protocol.connection_made(self.wire)
        self.protocol.data_received(REQUEST)

    async def _take(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        await self.takes.wait()
        while len(self.received) != self._closes_after:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.received.append(message)
                return
            self.received.append(message.get("text", message.get("bytes")))
        await send({"type": "websocket.close"})

    async def hang_up(self) -> None:
        self.protocol.connection_lost(None)
        await self.settle()

    async def settle(self) -> None:
        """Read what comes, as long as it is read, and let the application work."""
        for _ in range(20):
            while self._coming and self.wire.is_read and not self.wire.is_closed:
                self.protocol.data_received(self._coming.popleft())
            await asyncio.sleep(0)

    async def feed(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._coming.append(piece)
            await self.settle()


def cut(talk: list[bytes], choices: list[int]) -> list[bytes]:
    """Give what a client sends in pieces that end near the ends of frames and heads."""
    stream = b"".join(talk)
    borders = [sum(map(len, talk[:index])) for index in range(len(talk) + 1)]
    near = sorted({max(0, min(len(stream), at + shift)) for at in borders for shift in (-1, 0, 1, 3, 6, 7, 9)})
    cuts = sorted({near[choice % len(near)] for choice in choices} | {0, len(stream)})
    return [stream[begin:end] for begin, end in pairwise(cuts)]


@example(trap("abc"), [3])  # which cuts it before what looks like a frame
@given(talks, choices)
def test_however_a_talk_is_cut_the_same_is_heard_and_said(talk, choices):

    async def held() -> None:
        line, other = Line(WebSocketProtocol), Line(WebSocketsSansIOProtocol)
        for each in (line, other):
            each.takes.set()
            await each.settle()
        await line.feed(*cut(talk, choices))
        await other.feed(*talk)
        assert line.wire.is_closed == other.wire.is_closed
        await line.hang_up()
        await other.hang_up()
        assert line.received[-1] == other.received[-1]
        if talk[-1:] in BROKEN:  # then uvicorn forgets what came with it in one piece
            assert other.received[: len(line.received) - 1] == line.received[:-1]
        else:
            assert line.received == other.received
        assert line.wire.written == other.wire.written

    asyncio.run(held())


@given(st.binary(min_size=1, max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_what_is_no_websocket_ends_as_it_does_with_uvicorn(noise, cuts):
    ends = sorted({min(cut, len(noise)) for cut in cuts} | {0, len(noise)})

    async def held() -> None:
        line, other = Line(WebSocketProtocol), Line(WebSocketsSansIOProtocol)
        is_closed = []
        for each in (line, other):
            each.takes.set()
            await each.settle()
            await each.feed(*(noise[begin:end] for begin, end in pairwise(ends)))
            is_closed.append(each.wire.is_closed)
            await each.hang_up()
        assert is_closed[0] == is_closed[1]
        assert line.wire.written == other.wire.written

    asyncio.run(held())


@given(st.lists(whole | others, max_size=6), choices, st.integers(0, 6))
def test_whenever_the_server_closes_the_client_s_answer_ends_it(rows, choices, most):
    talk = [frame for row in rows for frame in row]

    async def held() -> None:
        line, other = Line(WebSocketProtocol, most), Line(WebSocketsSansIOProtocol, most)
        for each in (line, other):
            each.takes.set()
            await each.settle()
        await line.feed(*cut(talk, choices))
        await other.feed(*talk)
        assert line.received == other.received
        for each in (line, other):
            await each.feed(BYE)
            assert each.wire.is_closed
            await each.hang_up()

    asyncio.run(held())


def numbered(count: int) -> list[bytes]:
    return masked(*(Frame(Opcode.TEXT, str(number).encode()) for number in range(count)))


async def test_a_client_that_sends_more_than_is_taken_is_not_read_until_it_is():
    line = Line(WebSocketProtocol)
    await line.settle()
    frames = numbered(2 * MOST_WAITING)
    await line.feed(*frames[: MOST_WAITING - 1])
    assert line.wire.is_read
    await line.feed(*frames[MOST_WAITING - 1 :])
    assert not line.wire.is_read
    assert len(line.protocol.queue) == MOST_WAITING
    line.takes.set()
    await line.settle()
    assert line.wire.is_read
    await line.hang_up()
    assert line.received[:-1] == [str(number) for number in range(2 * MOST_WAITING)]


async def test_a_client_is_read_to_its_end_although_nobody_takes_what_it_sends():
    line = Line(WebSocketProtocol, closes_after=0)
    await line.settle()
    frames = numbered(MOST_WAITING + 1)
    await line.feed(*frames[:-1])
    assert not line.wire.is_read
    line.takes.set()
    await line.settle()
    await line.feed(frames[-1])
    assert line.wire.is_read
    assert len(line.protocol.queue) == MOST_WAITING + 1, "what came, and that it is closed"
    await line.feed(BYE)
    assert line.wire.is_closed
    await line.hang_up()


@pytest.mark.parametrize("is_there", [False, True])
async def test_who_gives_up_waiting_loses_no_message(is_there):
    inbox = Inbox(asyncio.get_running_loop())
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    if is_there:
        inbox.put_nowait({"type": "first"})
    waiting.cancel()
    await asyncio.wait([waiting])
    if not is_there:
        inbox.put_nowait({"type": "first"})
    assert await inbox.get() == {"type": "first"}
    assert inbox.empty()
