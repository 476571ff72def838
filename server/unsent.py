"""What a client has yet to read: so many events, and so many bytes of them."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from realtime_chat.protocol.codec import wire_bytes
from realtime_chat.protocol.event import ServerEvent
from realtime_chat.protocol.item_events import ItemAdded, ItemDone, ItemRetrieved
from realtime_chat.protocol.items import InputAudio, InputImage, MessageItem, OutputAudio


class Unsent:
    """Events on their way to one client, in order.

    Args:
        events: The most that may wait, the one that is being sent among them.
        size: The most bytes of frames that may wait.

    Attributes:
        size: Bytes of the frames that wait.
        is_calm: At most half the events and a quarter of the bytes wait.
    """

    def __init__(self, events: int, size: int) -> None:
        self.size = 0
        self.is_calm = True
        self._events, self._most = events, size
        self._queue: asyncio.Queue[tuple[ServerEvent, int]] = asyncio.Queue()
        self._count = 0
        self._sending = 0
        self._calm = asyncio.Event()
        self._calm.set()

    def put(self, event: ServerEvent) -> None:
        """Add an event.

        Raises:
            asyncio.QueueFull: There are too many, or they are too long.
        """
        size = frame_bytes(event)
        if self._count >= self._events or self.size + size > self._most:
            raise asyncio.QueueFull
        self._queue.put_nowait((event, size))
        self._change(1, size)

    async def get(self) -> ServerEvent:
        """Give the next event; it counts until `sent` is called."""
        event, self._sending = await self._queue.get()
        return event

    def sent(self) -> None:
        """Take it that the event that `get` gave is sent."""
        self._change(-1, -self._sending)
        self._queue.task_done()

    async def all_sent(self) -> None:
        """Wait until nothing waits to be sent."""
        await self._queue.join()

    async def calm(self) -> None:
        """Wait until `is_calm`."""
        await self._calm.wait()

    def clear(self) -> None:
        """Forget all of it: nobody is there any more."""
        self._queue = asyncio.Queue()
        self._count = self.size = 0

    def _change(self, events: int, size: int) -> None:
        self._count += events
        self.size += size
        self.is_calm = self._count * 2 <= self._events and self.size * 4 <= self._most
        (self._calm.set if self.is_calm else self._calm.clear)()


def frame_bytes(event: ServerEvent) -> int:
    """Give the length of an event's frame; that of an item's sound and pictures is reckoned: to encode them takes long.

    Of a picture each character counts as one byte, as those of a data URI are.
    """
    if not isinstance(event, ItemAdded | ItemDone | ItemRetrieved) or not isinstance(event.item, MessageItem):
        return wire_bytes(event)
    content, length = [], 0
    for part in event.item.content:
        bare = part
        if isinstance(part, InputImage):
            bare = replace(part, image_url="")
            length += len(part.image_url)
        elif isinstance(part, InputAudio | OutputAudio) and isinstance(part.audio, bytes):
            bare = replace(part, audio=b"")
            length += 4 * (-(-len(part.audio) // 3))
        content.append(bare)
    return wire_bytes(replace(event, item=replace(event.item, content=content))) + length
