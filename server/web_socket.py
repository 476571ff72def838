"""The server's end of a WebSocket: uvicorn's, with a short way for the frames of a microphone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from realtime_chat.server.message_border import MessageBorder

try:
    from websockets.speedups import apply_mask
except ImportError:  # there is no wheel for this machine
    from websockets.utils import apply_mask

_TEXT = 0x81
"""The first byte of a text message that is one frame (RFC 6455, section 5.2)."""

_MASKED = 0x80
_SHORT = range(126)
"""Lengths that fit into the second byte, with the bit that says that there is a mask."""

_TWO_BYTES = 126
"""Stands there in place of a length that the next two bytes have."""

_MASK_BYTES = 4

MOST_WAITING = 16
"""Messages that wait, of at most 64 kB each on the wire, when reading stops until they are taken."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Reads text messages that came whole, as one frame each, at once; uvicorn and websockets see to all others.

    Those are all but a few, 5,000 a second of a hundred sessions. To parse them step by step, as though they came
    byte by byte, and to stop and start reading for each, was a fifth of all that the server did (`bench/load.py`).
    """

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.queue: Inbox = Inbox(self.loop)  # type: ignore[assignment]  # has all of it that uvicorn uses
        self._border = MessageBorder()

    def data_received(self, data: bytes) -> None:
        """Take what came over the connection."""
        if self.handshake_initiated:  # until then it is the request, and uvicorn drops what comes with it
            data = self._read_whole(data)
            self._border.push(data)
        if data:
            super().data_received(data)

    def _read_whole(self, data: bytes) -> bytes:
        """Take the whole messages at the beginning of ``data``; give the rest."""
        at = 0
        while self._border.is_reached and self.conn.state is OPEN:
            head = data[at : at + 4]
            if len(head) < 4 or head[0] != _TEXT:
                break
            length, mask = head[1] - _MASKED, at + 2
            if length == _TWO_BYTES:
                length, mask = head[2] << 8 | head[3], at + 4
            elif length not in _SHORT:
                break
            begin = mask + _MASK_BYTES
            if begin + length > len(data):
                break
            try:
                text = apply_mask(data[begin : begin + length], data[mask:begin]).decode()
            except UnicodeDecodeError:  # for which a connection is closed
                break
            self.queue.put_nowait({"type": "websocket.receive", "text": text})
            at = begin + length
        # Once the application has closed, nobody takes what waits, and the client's answer has to be read.
        if self.conn.state is OPEN and len(self.queue) >= MOST_WAITING and not self.read_paused:
            self.read_paused = True  # until `receive` has emptied the queue
            self.transport.pause_reading()
        return data[at:]


class Inbox:
    """A queue with one reader: `asyncio.Queue` looks up the loop for each wait, by a system call in Python 3.11."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[MutableMapping[str, Any]] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def empty(self) -> bool:
        """Say whether nothing waits."""
        return not self._messages

    def put_nowait(self, message: MutableMapping[str, Any]) -> None:
        """Add a message."""
        self._messages.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> MutableMapping[str, Any]:
        """Give the next message, once there is one."""
        while not self._messages:
            self._waiter = self._loop.create_future()
            await self._waiter
        return self._messages.popleft()
