"""A wire between clients and a server that passes every byte on as it is, and knows afterwards what was said."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

_HEADERS_END = b"\r\n\r\n"


@dataclass
class Wire:
    """What one connection carried until now."""

    to_server: bytearray = field(default_factory=bytearray)
    to_client: bytearray = field(default_factory=bytearray)

    @property
    def model(self) -> str:
        """The model that the client asked for in the address."""
        address = bytes(self.to_server).split(b" ", 2)[1].decode()
        return parse_qs(urlsplit(address).query).get("model", [""])[0]

    @property
    def client_events(self) -> list[dict[str, Any]]:
        """What the client sent."""
        return _events(self.to_server, self._deflate(), mask=True)

    @property
    def server_events(self) -> list[dict[str, Any]]:
        """What the server sent."""
        return _events(self.to_client, self._deflate(), mask=False)

    def _deflate(self) -> PerMessageDeflate | None:
        """The compression that the server agreed to; either side's frames can be read with it."""
        head = bytes(self.to_client).partition(_HEADERS_END)[0].decode().splitlines()
        agreed = [line.partition(":")[2] for line in head if line.lower().startswith("sec-websocket-extensions:")]
        if not agreed:
            return None
        wanted = [parameter.strip().partition("=") for parameter in agreed[0].split(";")]
        assert wanted[0][0] == "permessage-deflate", agreed
        names = {name for name, _, _ in wanted}
        forgetful = bool(names & {"server_no_context_takeover", "client_no_context_takeover"})
        return PerMessageDeflate(forgetful, forgetful, 15, 15)  # the widest window reads what any other wrote


def _events(data: bytearray, deflate: PerMessageDeflate | None, *, mask: bool) -> list[dict[str, Any]]:
    reader = StreamReader()
    reader.feed_data(bytes(data).partition(_HEADERS_END)[2])
    events, message = [], b""
    while (frame := _frame(reader, deflate, mask=mask)) is not None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            message += frame.data
            if frame.fin:
                events.append(json.loads(message))
                message = b""
    return events


def _frame(reader: StreamReader, deflate: PerMessageDeflate | None, *, mask: bool) -> Frame | None:
    """Give the next frame, None where no whole one is left."""
    parser: Generator[None, None, Frame] = Frame.parse(
        reader.read_exact, mask=mask, extensions=[deflate] if deflate else []
    )
    try:
        next(parser)
    except StopIteration as done:
        frame: Frame = done.value
        return frame
    return None


class WireTap:
    """Listens on a port of its own and passes on to a server, from a thread of its own.

    Args:
        host: The server's address.
        port: The server's port.
    """

    def __init__(self, host: str, port: int) -> None:
        self.wires: list[Wire] = []
        self._server = (host, port)
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._listen()])
        self._thread.start()
        assert self._ready.wait(20)

    @property
    def url(self) -> str:
        """Base URL for clients."""
        return f"http://127.0.0.1:{self._port}/v1"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        listener = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self._port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire()
        self.wires.append(wire)
        far_reader, far_writer = await asyncio.open_connection(*self._server)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, far_writer, wire.to_server))
                group.create_task(_copy(far_reader, writer, wire.to_client))
        finally:
            far_writer.close()
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            kept += data
            writer.write(data)
            await writer.drain()
        writer.write_eof()
