"""`Scout`: sees which devices there are now, without disturbing the streams of this process.

PortAudio shows new devices only after a new start, which closes all streams. So while the microphone is missing and the
speaker sounds (or the other way round), a child process does nothing but start PortAudio again each second and say
what it sees. It ends when its standard input does, however its parent died.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

from realtime_chat.audio.errors import AudioError
from realtime_chat.audio.patchbay import Known, known

PERIOD_S = 1.0
"""How often it looks: each look costs 10-20 ms of CPU."""

_LONGEST_PAUSE_S = 30.0
"""How long it stays away at most after a child that died."""

_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
"""Names of variables that are none of the child's business."""


class Scout:
    """The child process, while there is reason to look.

    `send_out` and `recall` return at once; what is seen is handed to ``seen`` on the event loop.
    """

    def __init__(self, seen: Callable[[Known], None]) -> None:
        """Name who is told."""
        self._seen = seen
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def send_out(self) -> None:
        """Begin to look; if it does already, nothing happens."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow())

    def recall(self) -> None:
        """Look no longer."""
        if (task := self._task) is not None:
            self._task = None
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            task.cancel()

    async def gone(self) -> None:
        """Wait until nothing is left of those that were recalled."""
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _follow(self) -> None:
        pause = PERIOD_S
        while True:
            try:
                process = await self._start()
            except (OSError, NotImplementedError):  # none can be started here: then lost devices come back later
                return
            try:
                while process.stdout is not None and (line := await process.stdout.readline()).endswith(b"\n"):
                    self._seen(parsed(line))
                    pause = PERIOD_S
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            # It died: a sound library can take its process with it.
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    @staticmethod
    async def _start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "realtime_chat.audio.scout"),  # nothing of the folder it is in
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not _SECRET.search(name)},
            start_new_session=True,  # Ctrl-C is for the talk, which ends it
        )


def parsed(line: bytes) -> Known:
    """Read what `main` wrote."""
    return frozenset((kind, name) for kind, name in json.loads(line))


def main() -> None:
    """Write the devices there are to standard output, each second a line of JSON."""
    from realtime_chat.audio import portaudio
    from realtime_chat.audio.devices import list_devices

    threading.Thread(target=_end_with_parent, daemon=True).start()
    pause = threading.Event()
    while True:
        devices: list[Any] = []
        with contextlib.suppress(AudioError):
            portaudio.refresh()
            devices = sorted(known(list_devices()))
        sys.stdout.write(json.dumps(devices) + "\n")
        sys.stdout.flush()
        pause.wait(PERIOD_S)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)  # at once: the other thread may hang in the sound server


if __name__ == "__main__":
    main()
