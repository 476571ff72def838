"""The stage on which full duplex is measured: virtual devices, a server that makes speeches, and people's voices."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import platformdirs
from program import environment
from sentences import SENTENCES
from tap import RATE
from terminal import Terminal

from realtime_chat.audio.files import read_audio
from realtime_chat.server.engines.piper import PiperSpeaking

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from virtual_sound import VirtualSound

CLIPS = Path(__file__).parents[2] / "shared" / "clips"


@dataclass
class Orator:
    """The server that makes speeches."""

    url: str
    process: subprocess.Popen[str]
    lines: list[list[str]] = field(default_factory=list)

    @property
    def sent(self) -> list[float]:
        """When the first sound of each speech was ready to be sent."""
        return [float(line[1]) for line in self._of("sent")]

    @property
    def heard(self) -> list[tuple[float, bytes]]:
        """When each piece of the person's sound came, and what it was."""
        return [(float(line[1]), base64.b64decode(line[2])) for line in self._of("heard")]

    @property
    def cuts(self) -> list[tuple[float, int]]:
        """When each truncation came, and to how many milliseconds."""
        return [(float(line[1]), int(line[2])) for line in self._of("cut")]

    def wait_for_speech(self, count: int) -> None:
        """Wait until as many speeches were begun.

        Raises:
            RuntimeError: They were not, for half a minute.
        """
        deadline = time.monotonic() + 30
        while len(self._of("sent")) < count:
            if time.monotonic() > deadline:
                raise RuntimeError("no answer came")
            time.sleep(0.01)

    def _of(self, kind: str) -> list[list[str]]:
        return [line for line in self.lines if line[0] == kind]


@contextlib.contextmanager
def orator(speech: Path, seconds: float) -> Iterator[Orator]:
    """Run it for the block."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "orator.py"), str(speech), str(seconds)],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    running = Orator(process.stdout.readline().strip(), process)
    reader = threading.Thread(target=lambda: running.lines.extend(line.split() for line in process.stdout))
    reader.start()
    try:
        yield running
    finally:
        process.terminate()
        process.wait(10)
        reader.join()


def wav(path: Path, pcm: np.ndarray) -> Path:
    """Write a sound file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())
    return path


def loudness(pcm: np.ndarray, piece: int = 120) -> np.ndarray:
    """Root mean square of each 5 ms."""
    pieces = pcm[: len(pcm) // piece * piece].reshape(-1, piece).astype(np.float64)
    return np.sqrt((pieces**2).mean(axis=1))


def from_onset(pcm: np.ndarray, seconds: float) -> np.ndarray:
    """Cut a recording where the voice begins: the first 5 ms within 15 dB of its loud parts."""
    loud = loudness(pcm)
    begin = int(np.flatnonzero(loud > np.percentile(loud, 95) / 10**0.75)[0]) * 120
    cut = pcm[begin : begin + int(seconds * RATE)].astype(np.float64)
    return cut / np.abs(cut).max() * 14_000


def persons(folder: Path) -> list[Path]:
    """Short recordings of people, each from the first sample of the voice."""
    found = []
    for clip in sorted(CLIPS.glob("*.wav")):
        voice = from_onset(np.frombuffer(read_audio(clip), "<i2"), 1.2)
        found.append(wav(folder / f"person-{clip.stem}.wav", voice))
    return found


def without_pauses(pcm: np.ndarray) -> np.ndarray:
    """Shorten every pause to 30 ms, so that silence at the speaker means that it was stopped."""
    pieces = pcm[: len(pcm) // 240 * 240].reshape(-1, 240)
    quiet = np.sqrt((pieces.astype(np.float64) ** 2).mean(axis=1)) < 150
    run, keep = 0, []
    for is_quiet in quiet:
        run = run + 1 if is_quiet else 0
        keep.append(run <= 3)
    return pieces[np.array(keep)].ravel()


def speech_of_the_model(folder: Path) -> Path:
    """What the speaking engine makes of the sentences, about a minute and a half."""
    default = os.environ.get("REALTIME_CHAT_MODELS") or platformdirs.user_cache_path("realtime-chat") / "models"
    engine = PiperSpeaking(Path(default) / "piper-en-us-joe")

    async def speak() -> bytes:
        return b"".join([speech.pcm for sentence in SENTENCES async for speech in engine.speak(sentence.written)])

    pcm = np.frombuffer(asyncio.run(speak()), "<i2")
    engine.close()
    return wav(folder / "model.wav", pcm)


@dataclass
class Stage:
    """The devices and what is said on them."""

    sound: VirtualSound
    folder: Path
    model: Path
    fluent: Path
    persons: list[Path]

    def pactl(self, *arguments: str) -> str:
        """Ask the sound server."""
        env = {**os.environ, **self.sound.env}
        return subprocess.run(["pactl", *arguments], env=env, check=True, capture_output=True, text=True).stdout

    @contextlib.contextmanager
    def loudspeaker(self, decibels: float, delay_ms: int) -> Iterator[None]:
        """Let the microphone hear the speaker."""
        module = self.pactl(
            "load-module", "module-loopback", "source=vspk.monitor", "sink=vmicfeed", f"latency_msec={delay_ms}",
            "rate=24000", "channels=1", "adjust_time=0",
        ).strip()  # fmt: skip
        inputs = json.loads(self.pactl("--format=json", "list", "sink-inputs"))
        (mine,) = [one["index"] for one in inputs if str(one.get("owner_module")) == module]
        self.pactl("set-sink-input-volume", str(mine), f"{decibels}dB")
        try:
            yield
        finally:
            self.pactl("unload-module", module)

    def say(self, path: Path) -> None:
        """Say something into the microphone."""
        self.sound.speak_into_microphone(path)

    @contextlib.contextmanager
    def talk(self, url: str, *arguments: str) -> Iterator[Terminal]:
        """Hold a conversation on a terminal for the block, which begins when it listens."""
        with Terminal(["talk", "--server", url, *arguments], self.sound.env) as terminal:
            terminal.wait_for(b"listening")
            yield terminal
