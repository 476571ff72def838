"""`DeviceNews`: what devices say of themselves, for a conversation that begins after they were opened."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.audio.errors import DeviceKind
from realtime_chat.session.notices import DeviceChanged


class DeviceNews:
    """Called by the devices; keeps what they say until somebody watches."""

    def __init__(self) -> None:
        self._early: list[DeviceChanged] = []
        self._watcher: Callable[[DeviceChanged], None] = self._early.append

    def __call__(self, kind: DeviceKind, name: str | None) -> None:
        """A device came or went."""
        self._watcher(DeviceChanged(kind, name))

    def watch(self, watcher: Callable[[DeviceChanged], None]) -> None:
        """Tell ``watcher`` from now on, and of what was before."""
        self._watcher = watcher
        for change in self._early:
            watcher(change)
        self._early.clear()
