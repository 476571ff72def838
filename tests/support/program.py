"""The program as a person runs it: a process with its own folders, and no sound device."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

KEY = "test-key-of-the-scripted-server"
COMMAND = [sys.executable, "-m", "realtime_chat.cli"]
SECONDS = 60
NO_KEYRING = "keyring.backends.null.Keyring"
"""Keeps the system's keyring out of the tests; the variable is the keyring library's own."""


def environment(home: Path, **changes: str) -> dict[str, str]:
    """The environment of a person who has no key, no keyring, no model, no sound device and a plain terminal."""
    kept = {"PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START"}
    kept |= {name for name in os.environ if name.startswith("COV")}
    home.mkdir(exist_ok=True)
    conf = home / "asound.conf"
    conf.write_text("pcm.nothing { type hw card 99 }")  # PortAudio aborts on a file that names nothing
    return {
        **{name: value for name, value in os.environ.items() if name in kept},
        "HOME": str(home),
        "TERM": "xterm-256color",
        "ALSA_CONFIG_PATH": str(conf),
        "PULSE_SERVER": f"unix:{home}/nobody",
        "REALTIME_CHAT_MODELS": str(home / "models"),
        "PYTHON_KEYRING_BACKEND": NO_KEYRING,
        **changes,
    }


@dataclass(frozen=True)
class Program:
    """Runs commands; ``env`` may be changed for one run."""

    env: dict[str, str]

    def __call__(
        self, *arguments: str, stdin: bytes | None = b"", **changes: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end; ``stdin=None`` gives it none."""
        given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return subprocess.run(
            [*COMMAND, *arguments], env=self.env | changes, capture_output=True, timeout=SECONDS, check=False, **given
        )

    def start(self, *arguments: str, **changes: str) -> subprocess.Popen[bytes]:
        """Begin a command and give its process."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.env | changes,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


class Server:
    """`realtime-chat serve`, which takes `KEY` only.

    Args:
        home: The folder of its person.
        engines: ``scripted`` or ``real``.
        changes: What its environment has beside.
    """

    def __init__(self, home: Path, engines: str, **changes: str) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "serve", "--engines", engines, "--port", "0"],
            env=environment(home, REALTIME_CHAT_SERVER_KEY=KEY, **changes),
            stderr=subprocess.PIPE,
        )
        self.pid = self._process.pid
        assert self._process.stderr is not None
        first = self._process.stderr.readline().decode()
        found = re.search(r"http://\S+", first)
        assert found, first
        self.url = found.group()

    def stop(self) -> int:
        """End it as a service is ended; give its exit code."""
        self._process.terminate()
        _, _ = self._process.communicate(timeout=SECONDS)
        return self._process.returncode


class ScriptedServer(Server):
    """A server with scripted engines."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, "scripted")
