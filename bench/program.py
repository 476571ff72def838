"""The program under measurement: its own processes, driven as a person would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

COMMAND = [sys.executable, "-m", "realtime_chat.cli"]
SECONDS = 180


def environment() -> dict[str, str]:
    """The environment of the shell, without keys: nothing measured here leaves the machine."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}


@dataclass(frozen=True)
class Server:
    """A running `realtime-chat serve`."""

    url: str
    process: psutil.Process

    def megabytes(self) -> float:
        """Resident memory now."""
        return float(self.process.memory_info().rss) / 1e6


@contextmanager
def server(*arguments: str) -> Iterator[Server]:
    """Run the server for the block, with the real engines unless the arguments say otherwise."""
    command = [*COMMAND, "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        found = re.search(r"http://\S+", first)
        if found is None:
            raise RuntimeError(f"the server did not start: {first}{process.stderr.read()}")
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield Server(found.group(), psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class Talk:
    """A conversation that was held.

    Attributes:
        events: The `--json` lines.
        megabytes: The most memory the client had.
        cpu_share: Share of one core that the client used.
    """

    events: list[dict[str, object]]
    megabytes: float
    cpu_share: float

    def said(self, role: str) -> str:
        """All that one side said."""
        return " ".join(
            str(event["text"])
            for event in self.events
            if event["type"] == "transcript" and event["role"] == role and event["final"]
        )

    def turns(self) -> list[dict[str, object]]:
        """The turns that were answered."""
        return [event for event in self.events if event["type"] == "turn"]


def talk(url: str, question: Path, answer: Path) -> Talk:
    """Hold a conversation on a file, at real-time pace."""
    command = [
        *COMMAND,
        "talk",
        "--server",
        url,
        "--input",
        str(question),
        "--output",
        str(answer),
        "--force",
        "--json",
    ]
    begun = time.monotonic()
    process = psutil.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    peak, cpu = 0.0, 0.0
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss / 1e6)
            times = process.cpu_times()
            cpu = times.user + times.system
        except psutil.Error:
            break
        if time.monotonic() - begun > SECONDS:
            process.kill()
        time.sleep(0.1)
    process.wait()
    reader.join()
    if process.returncode:
        raise RuntimeError(process.stderr.read().decode())
    return Talk([json.loads(line) for line in lines], peak, cpu / (time.monotonic() - begun))


def help_seconds() -> float:
    """How long `realtime-chat --help` takes."""
    begun = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], env=environment(), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun
