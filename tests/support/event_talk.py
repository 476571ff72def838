"""A talk that tells its events, as a program."""

import json
import signal
import subprocess
import threading

from virtual_sound import wait_for


class EventTalk:
    """A talk whose events are followed; it ends with `end`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._lines: list[dict] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        self.wait_for("ready")

    def of(self, kind: str) -> list[dict]:
        """The events of a kind until now."""
        return [line for line in self._lines if line["type"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> None:
        """Wait until there were so many events of a kind."""

        def has_come() -> bool:
            assert self.process.poll() is None, self.process.stderr.read()
            return len(self.of(kind)) >= count

        wait_for(has_come, f"{count} {kind}", seconds=60)

    def said(self, role: str) -> list[str]:
        """What a side said, item by item."""
        return [line["text"] for line in self.of("transcript") if line["role"] == role and line["final"]]

    def end(self) -> None:
        """End it, and see that it ended well."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 130
        self.close()

    def close(self) -> None:
        """End it in any case."""
        self.process.kill()
        self.process.wait()
        self._thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.append(json.loads(line))
