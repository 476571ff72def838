"""`SoundSystem`: the sound devices of this process, kept sounding while devices and sound servers come and go.

PortAudio is one for the whole process, and so is this (`sound_system`). It brings together:

- `Patchbay`, which connects lines to devices, and blocks; a thread of its own, so that a sound server that
  hangs does not stop the talk;
- `Recovery`, which decides when;
- `Scout`, which sees new devices without disturbing what sounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

from realtime_chat.audio import portaudio
from realtime_chat.audio.call_thread import CallThread
from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice
from realtime_chat.audio.line import Line
from realtime_chat.audio.patchbay import Found, Known, Patchbay
from realtime_chat.audio.recovery import TICK_S, Connected, Effect, Recovery, Reopen, Restart, Tell
from realtime_chat.audio.scout import Scout

T = TypeVar("T")

_log = logging.getLogger(__name__)

_OPEN_S = 5.0
"""A sound server that has not answered by then hangs: opening takes 5-10 ms, and a PipeWire that has yet to be started
by its socket about a second."""

_CLOSE_S = 1.0
"""How long the end of a talk waits for a sound server that hangs."""


class SoundSystem:
    """Keeps at most one line of each kind connected. Everything is called on one event loop at a time."""

    def __init__(self) -> None:
        self._patchbay = Patchbay(self._on_ended)
        self._thread: CallThread | None = None
        self._lines: dict[DeviceKind, Line] = {}
        self._recovery = Recovery()
        self._scout = Scout(self._on_seen)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def attach(self, line: Line) -> None:
        """Connect a line, and keep it connected until `detach`.

        One that may wait is attached also where it cannot be connected: that is told like a loss, and why is in its
        ``trouble``.

        Raises:
            NoDevice: There is none of its kind, and it may not wait.
            DeviceFailed: The device is there and cannot be opened, or the sound server hangs; likewise.
            PortAudioMissing: The library is not installed.
            RuntimeError: There is a line of that kind already.
        """
        if line.kind in self._lines:
            raise RuntimeError(f"there is an {line.kind} already")
        self._lines[line.kind] = line
        self._loop = asyncio.get_running_loop()
        # Never ended: a call may hang in it, and PortAudio wants no second one meanwhile.
        self._thread = self._thread or CallThread("PortAudio")
        line.trouble = None
        added = self._thread.call(partial(self._patchbay.add, line))
        try:
            self._recovery.attached(line.kind, await _connected(line, added))
        except BaseException as error:
            if not (line.may_wait and isinstance(error, NoDevice | DeviceFailed)):
                await self.detach(line)
                raise
            line.trouble = error
            self._do(self._recovery.awaited(line.kind, now()))
        if self._timer is None:
            self._timer = self._loop.call_later(TICK_S, self._tick)
        self._follow_scout()

    async def detach(self, line: Line) -> None:
        """Close a line; a second time nothing happens. Comes back soon even where the sound server hangs."""
        if self._lines.get(line.kind) is not line or self._thread is None:
            return
        del self._lines[line.kind]
        self._recovery.detached(line.kind)
        closed = self._thread.call(partial(self._patchbay.remove, line))
        if not self._lines:
            self._end()
        try:
            await _answer(closed, _CLOSE_S)
        except TimeoutError:
            portaudio.leave_running()
        if not self._lines:
            await self._scout.gone()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop = None
        self._scout.recall()
        self._recovery = Recovery()

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._timer = self._loop.call_later(TICK_S, self._tick)
        alive: frozenset[DeviceKind] = frozenset(kind for kind, line in self._lines.items() if line.is_alive())
        self._do(self._recovery.tick(alive, now()))
        starving: frozenset[DeviceKind] = frozenset(kind for kind, line in self._lines.items() if line.is_starving())
        if starving:
            self._do(self._recovery.lost(starving, now()))

    def _look(self) -> None:
        """Notice the streams that ended."""
        ended: frozenset[DeviceKind] = frozenset(kind for kind, line in self._lines.items() if not line.is_connected)
        self._do(self._recovery.lost(ended, now()))

    def _do(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Tell(kind, name):
                    if (line := self._lines.get(kind)) is not None and line.changed is not None:
                        line.changed(kind, name)
                case Reopen(kinds):
                    self._mend(partial(self._patchbay.reopen, kinds))
                case Restart():
                    self._mend(self._patchbay.restart)
        self._follow_scout()

    def _mend(self, attempt: Callable[[], Found]) -> None:
        if self._thread is not None:
            self._thread.call(attempt).add_done_callback(partial(self._on_mended, self._recovery))

    def _on_mended(self, recovery: Recovery, attempt: asyncio.Future[Found]) -> None:
        try:
            found = attempt.result()
        except Exception:  # noqa: BLE001 - whatever it was, nothing is connected; and it is tried again
            _log.exception("A device could not be connected.")
            found = {}
        if recovery is self._recovery:  # else all lines were closed meanwhile
            self._do(recovery.mended(found, now()))
            self._look()

    def _follow_scout(self) -> None:
        if self._recovery.wanted_news:
            self._scout.send_out()
        else:
            self._scout.recall()

    def _on_seen(self, seen: Known) -> None:
        self._do(self._recovery.scouted(seen, self._patchbay.known))

    def _on_ended(self) -> None:
        """Called on a thread of PortAudio's."""
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._look)


async def _connected(line: Line, call: asyncio.Future[Connected]) -> Connected:
    """Wait for a line to be connected.

    Raises:
        DeviceFailed: The sound server hangs.
        AudioError: What the call raised.
    """
    try:
        return await _answer(call, _OPEN_S)
    except TimeoutError:
        raise DeviceFailed(line.wanted or "default", "the sound system does not answer") from None


async def _answer(call: asyncio.Future[T], limit: float) -> T:
    """Wait for a call, but not longer than ``limit`` seconds; it goes on all the same.

    Raises:
        TimeoutError: It takes longer.
    """
    await asyncio.wait([call], timeout=limit)
    if not call.done():
        call.add_done_callback(_drop)
        raise TimeoutError
    return call.result()


def _drop(call: asyncio.Future[Any]) -> None:
    """Take an error that nobody waits for any more."""
    if not call.cancelled():
        call.exception()


sound_system: Final = SoundSystem()
"""The one of this process, as PortAudio is."""
