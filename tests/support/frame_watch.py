"""What the servers of this process send, and what the strictest readers of it say."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import Struct
from strict_frames import complaints, dropped, shape

from realtime_chat.protocol.dialects.ga import GA


class FrameWatch:
    """Frames of servers, put by from whatever thread they are written on.

    They are read where a test can be told of it, and not where they are written: that would hold a server up for the
    second that the official types take to be imported, and break the session of a test that looks at something else.
    """

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._shapes: dict[Any, dict[str, Any]] = {}

    def put(self, frame: str) -> None:
        """Take a frame in the words of GA."""
        self._frames.append(frame)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """For the length of a ``with``, take every frame that a session of this process writes to a client that speaks
        GA. In the types there are no words of other dialects: tests/test_dialects_with_server.py reads those.
        """
        from realtime_chat.server import runner

        class Watched(runner.ServerEnd):
            def write(end, event: Struct) -> Sequence[str]:  # noqa: N805  - `self` is who watches
                frames = super().write(event)
                if end.dialect is GA:
                    self._frames.extend(frames)
                return frames

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner, "ServerEnd", Watched)
            yield

    def refused(self) -> list[str]:
        """Read what came since the last time, and give what the official types refuse of it."""
        told: list[str] = []
        while self._frames:
            frame = json.loads(self._frames.popleft())
            told += complaints(frame)
            self._shapes.setdefault(shape(frame), frame)
        return told

    @property
    def is_empty(self) -> bool:
        """Nothing was ever read."""
        return not self._shapes

    def dropped(self) -> list[dict[str, Any]]:
        """Give what agents-realtime does not understand of all that was read; it sees one frame of each shape."""
        return dropped(self._shapes.values())
