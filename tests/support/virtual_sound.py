"""A microphone and a speaker that exist only in a PulseAudio daemon of our own.

What is played into the sink ``vmicfeed`` is heard by the microphone; what the speaker plays can be recorded. ALSA's
default device is this daemon, so a program that is started with `VirtualSound.env` uses both without being told.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

if TYPE_CHECKING:
    from realtime_chat.audio.output import Output

T = TypeVar("T")

TOOLS = ("pulseaudio", "pactl", "paplay", "parecord")
_GIVE_UP_S = 20

_ALSA_CONF = """
pcm.!default { type pulse hint { show on description "virtual sound" } }
ctl.!default { type pulse }
"""

_OPTIONS = ("--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes")
_RATE = 24_000
_FORMAT = (f"--rate={_RATE}", "--channels=1", "--format=s16le", "--file-format=wav")

_SINK = "rate=24000 channels=1 channel_map=mono norewinds=1"

_MODULES = (
    "module-native-protocol-unix socket={socket} auth-anonymous=1",
    f"module-null-sink sink_name=vspk {_SINK}",
    f"module-null-sink sink_name=vmicfeed {_SINK}",
    (
        "module-remap-source source_name=vmic master=vmicfeed.monitor channels=1 channel_map=mono "
        "master_channel_map=mono remix=no"
    ),
)


def missing_tools() -> list[str]:
    """The programs that are not installed; with any of them there is no virtual sound."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = _GIVE_UP_S) -> None:
    """Look until ``condition`` holds; a deadline far beyond anything normal turns a hang into a failure."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class VirtualSound:
    """The daemon, from `start` to `stop`.

    Attributes:
        env: What to merge into the environment of a program that shall use the virtual devices.
    """

    def __init__(self) -> None:
        # Not below pytest's own folder: the path of a socket may have 107 bytes only.
        self._folder = Path(tempfile.mkdtemp(prefix="rc-"))
        self._folder.chmod(0o700)
        self._socket = self._folder / f"{secrets.token_hex(4)}.sock"
        conf = self._folder / "asound.conf"
        conf.write_text(_ALSA_CONF)
        self.env = {
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "ALSA_CONFIG_PATH": str(conf),
        }
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        modules = [part for module in _MODULES for part in ("-L", module.format(socket=self._socket))]
        with (self._folder / "log").open("wb") as log:
            self._daemon = subprocess.Popen(
                [*_die_with_us(), "pulseaudio", "-n", *_OPTIONS, *modules],
                env=os.environ | self.env,
                stdout=log,
                stderr=log,
            )
        wait_for(self._answers, "PulseAudio to answer")
        self._pactl("set-default-sink", "vspk")
        self._pactl("set-default-source", "vmic")

    def stop(self) -> None:
        """End the daemon; a second time it does nothing."""
        if self._daemon is not None:
            self.thaw()
            _end(self._daemon, signal.SIGTERM)
            self._daemon = None
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self._socket

    def unplug(self) -> None:
        """Kill the daemon without a word: all of its devices are gone. `start` plugs them in again."""
        if self._daemon is not None:
            _end(self._daemon, signal.SIGKILL)
            self._daemon = None

    def freeze(self) -> None:
        """Stop the daemon: its devices are there, but nothing moves, and whoever asks it waits."""
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the daemon go on."""
        if self._daemon is not None:
            self._daemon.send_signal(signal.SIGCONT)

    def add_speaker(self, name: str) -> None:
        """Plug in one more speaker."""
        self._pactl("load-module", "module-null-sink", f"sink_name={name}", *_SINK.split())

    def remove_speaker(self, name: str) -> None:
        """Pull out a speaker that `add_speaker` plugged in."""
        for line in self._pactl("list", "short", "modules").splitlines():
            if f"sink_name={name} " in line:
                self._pactl("unload-module", line.split()[0])

    def make_default(self, speaker: str) -> None:
        """Choose another default speaker, as a person does in the settings of the desktop."""
        self._pactl("set-default-sink", speaker)

    def speak_into_microphone(self, path: Path) -> None:
        """Play an audio file into the microphone; comes back when all of it was heard."""
        subprocess.run(["paplay", "--device=vmicfeed", str(path)], env=os.environ | self.env, check=True, timeout=120)

    @contextmanager
    def record_speaker(self, name: str = "vspk") -> Iterator["Recording"]:
        """Record what a speaker plays, from the first line inside the block to its end."""
        recording = Recording(self._folder / f"{secrets.token_hex(4)}.wav")
        before = self.listeners()
        process = subprocess.Popen(
            ["parecord", f"--device={name}.monitor", *_FORMAT, "--latency-msec=20", str(recording.path)],
            env=os.environ | self.env,
        )
        try:
            wait_for(lambda: self.listeners() > before, "parecord to begin")
            yield recording
        finally:
            _end(process, signal.SIGINT)  # upon which parecord finishes its file

    @contextmanager
    def listen(self, source: str = "vspk.monitor") -> Iterator["Listening"]:
        """Listen to what sounds for the length of the block; unlike `record_speaker`, it can be asked on the way."""
        process = subprocess.Popen(
            ["parec", f"--device={source}", *_FORMAT[:3], "--raw", "--latency-msec=20"],
            env=os.environ | self.env,
            stdout=subprocess.PIPE,
        )
        listening = Listening(process)
        try:
            wait_for(lambda: bool(listening.pcm), "parec to begin")
            yield listening
        finally:
            _end(process, signal.SIGTERM)
            listening.join()

    @contextmanager
    def loudspeaker(self, decibels: float = -6, delay_ms: int = 20) -> Iterator[None]:
        """Let the microphone hear the speaker for the length of the block, as it does without headphones."""
        options = ("source=vspk.monitor", "sink=vmicfeed", f"latency_msec={delay_ms}", "rate=24000", "channels=1")
        module = self._pactl("load-module", "module-loopback", *options).strip()
        inputs = json.loads(self._pactl("--format=json", "list", "sink-inputs"))
        (ours,) = [one["index"] for one in inputs if str(one.get("owner_module")) == module]
        self._pactl("set-sink-input-volume", str(ours), f"{decibels}dB")
        try:
            yield
        finally:
            self._pactl("unload-module", module)

    def players(self) -> int:
        """How many programs have the speaker (or the microphone's feed) open."""
        return len(self._pactl("list", "short", "sink-inputs").splitlines())

    def listeners(self) -> int:
        """How many programs have the microphone open, or record the speaker."""
        return sum("protocol-native" in line for line in self._pactl("list", "short", "source-outputs").splitlines())

    def _answers(self) -> bool:
        assert self._daemon is not None
        if self._daemon.poll() is not None:
            raise RuntimeError(f"PulseAudio ended: {(self._folder / 'log').read_text(errors='replace')}")
        done = subprocess.run(["pactl", "info"], env=os.environ | self.env, capture_output=True, check=False)
        return done.returncode == 0

    def _pactl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["pactl", *arguments], env=os.environ | self.env, capture_output=True, check=True, text=True, timeout=20
        )
        return done.stdout


class Listening:
    """What was heard until now."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pcm = b""
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def sounded_s(self) -> float:
        """For how many seconds something was to be heard, silence not counted."""
        return int(np.count_nonzero(np.frombuffer(self.pcm[: len(self.pcm) // 2 * 2], "<i2"))) / _RATE

    def is_silent(self) -> bool:
        """For a quarter of a second nothing was to be heard: what sounded has come to its end, also in the recorder."""
        last = self.pcm[-_RATE // 4 * 2 :]
        return len(last) >= _RATE // 4 * 2 and not any(last)

    def join(self) -> None:
        """Wait for the rest, once the recorder has ended."""
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while piece := os.read(self._process.stdout.fileno(), 1 << 16):
            self.pcm += piece


class Recording:
    """What was recorded; complete after the block of `VirtualSound.record_speaker`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pcm(self) -> bytes:
        """The sound: PCM16 mono 24 kHz."""
        with wave.open(str(self.path)) as file:
            return file.readframes(file.getnframes())


class Wakefulness:
    """Notes for the length of a ``with`` how punctually this machine lets a thread go on that has waited.

    Attributes:
        worst_s: How late at most.
    """

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def was_disturbed(self) -> bool:
        """Somebody was kept waiting for longer than a block of a sound device lasts."""
        return self.worst_s > 0.01

    def _watch(self) -> None:
        while not self._over.is_set():
            due = time.monotonic() + 0.002
            time.sleep(0.002)
            self.worst_s = max(self.worst_s, time.monotonic() - due)


class Handed:
    """What a speaker hands to its device, to tell what the device lost: PortAudio does not see all that it lost."""

    def __init__(self, speaker: "Output") -> None:
        self._pcm = bytearray()
        speaker.tap(lambda block, _at: self._pcm.extend(block))

    def lost(self, recorded: bytes) -> int:
        """1 where what was handed over was not recorded as it was, sample after sample; else 0."""
        return int(bytes(self._pcm).strip(b"\0") not in recorded)


async def undisturbed(attempt: Callable[[], Awaitable[tuple[T, int]]]) -> T:
    """Repeat ``attempt``, which gives a result and how often the device starved or lost sound, until it did not.

    On a machine that is too busy a device loses sound; only without that does a recording say anything about us.
    """
    for _ in range(8):
        result, xruns = await attempt()
        if not xruns:
            return result
    raise RuntimeError("the machine is too busy: the sound device starved in each of eight attempts")


def reload_portaudio() -> None:
    """Let PortAudio look for devices again, in the environment of now."""
    if (sounddevice := sys.modules.get("sounddevice")) is not None:
        while sounddevice._initialized:
            sounddevice._terminate()
        sounddevice._initialize()


def _die_with_us() -> list[str]:
    """A prefix that ends the daemon even when the tests are killed, where the system has one."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
