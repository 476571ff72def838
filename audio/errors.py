"""What can go wrong with sound.

    AudioError
    ├── PortAudioMissing       the library that reaches the sound devices is not installed
    ├── NoDevice               no microphone, or no speaker, at all
    ├── UnknownDevice          none that is called what was asked for
    ├── DeviceFailed           a device is there, but cannot be opened
    ├── DeviceLost             it was open and went away
    └── AudioFileError         a file that stands in for a device
        ├── UnreadableAudio    not there, or not sound
        ├── EmptyAudio         sound, but not one sample of it
        └── UnwritableAudio    it cannot be written
            └── UnwritableRecording    nor can a talk be recorded to it

Fields hold data; ``str()`` makes the one sentence a person reads, with the next step in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from realtime_chat.protocol.printable import one_line

DeviceKind = Literal["input", "output"]
"""Which way the sound goes: ``input`` is a microphone, ``output`` a speaker."""

_NAMES: dict[DeviceKind, str] = {"input": "microphone", "output": "speaker"}


class AudioError(Exception):
    """Anything the package raises on purpose."""


@dataclass(eq=False)
class PortAudioMissing(AudioError):
    """The PortAudio library could not be loaded.

    Attributes:
        reason: What the loader said, without a trailing full stop.
    """

    reason: str

    def __str__(self) -> str:
        return (
            f"The PortAudio library cannot be loaded ({one_line(self.reason)}): install it with "
            "`apt install libportaudio2` (on macOS and Windows it comes with `pip install sounddevice`)."
        )


@dataclass(eq=False)
class NoDevice(AudioError):
    """This machine has no device of a kind, or none that is the default."""

    kind: DeviceKind

    def __str__(self) -> str:
        name = _NAMES[self.kind]
        return f"No {name} was found: connect one, or let an audio file stand in with `--{self.kind} FILE`."


@dataclass(eq=False)
class UnknownDevice(AudioError):
    """No device is called what was asked for.

    Attributes:
        kind: Which way it should carry sound.
        query: What was asked for: a number, or a part of a name.
        known: The devices of that kind there are, as ``number name``.
    """

    kind: DeviceKind
    query: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        known = ", ".join(one_line(name) for name in self.known)
        return (
            f"No {_NAMES[self.kind]} is called {one_line(self.query)!r}: use the number or a part of the name of "
            f"one of these: {known}."
        )


@dataclass(eq=False)
class DeviceFailed(AudioError):
    """A device could not be opened.

    Attributes:
        device: Its name.
        reason: What the system said, without a trailing full stop.
    """

    device: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The sound device {one_line(self.device)!r} cannot be opened ({one_line(self.reason)}): close the "
            "program that uses it, or choose another one (`realtime-chat devices` lists them)."
        )


@dataclass(eq=False)
class DeviceLost(AudioError):
    """A device that was open gives, or takes, no more sound."""

    kind: DeviceKind

    def __str__(self) -> str:
        return f"The {_NAMES[self.kind]} is gone: connect it again (or choose another one) and start again."


class AudioFileError(AudioError):
    """Something is wrong with an audio file."""


@dataclass(eq=False)
class UnreadableAudio(AudioFileError):
    """A file cannot be read as sound.

    Attributes:
        path: The file.
        reason: What is wrong with it, without a trailing full stop.
    """

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"Cannot read sound from {one_line(str(self.path))} ({one_line(self.reason)}): give a WAV, FLAC or "
            "OGG file."
        )


@dataclass(eq=False)
class EmptyAudio(AudioFileError):
    """A file holds no sample."""

    path: Path

    def __str__(self) -> str:
        return f"There is no sound in {one_line(str(self.path))}: give a file that somebody speaks in."


@dataclass(eq=False)
class UnwritableAudio(AudioFileError):
    """A file cannot be written as sound.

    Attributes:
        path: The file.
        reason: What is wrong with it, without a trailing full stop.
    """

    path: Path
    reason: str

    def __str__(self) -> str:
        return (
            f"Cannot write sound to {one_line(str(self.path))} ({one_line(self.reason)}): give a .wav, .flac or "
            ".ogg file in a folder that exists and has room."
        )


class UnwritableRecording(UnwritableAudio):
    """A talk cannot be recorded to a file, or not any more."""

    def __str__(self) -> str:
        return (
            f"Cannot record to {one_line(str(self.path))} ({one_line(self.reason)}): give `--record` the name of a new "
            ".wav file, in a folder that exists and has room."
        )
