"""Which microphone and which speaker: devices, files that stand in for them, or nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from realtime_chat.audio.devices import Device, default_device, find_device
from realtime_chat.audio.errors import DeviceKind, NoDevice, PortAudioMissing, UnwritableAudio
from realtime_chat.audio.files import FileMicrophone, FileSpeaker, read_blocks
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.paced import PacedSpeaker
from realtime_chat.audio.seam import Microphone, Speaker
from realtime_chat.audio.speaker import DeviceSpeaker

AUDIO_SUFFIXES = frozenset({".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf"})
"""An ending that says that a path is meant, and no device."""


class Source(Enum):
    """What stands behind a microphone or a speaker."""

    DEVICE = auto()
    FILE = auto()
    NOTHING = auto()


class SilentSpeaker(PacedSpeaker):
    """Takes as long as a speaker would, and sounds nowhere."""

    def __init__(self) -> None:
        super().__init__(Pace.REAL_TIME)

    def _sound(self, pcm: bytes) -> None:
        """Let it go."""


@dataclass(frozen=True)
class Ear:
    """A microphone and what stands behind it."""

    microphone: Microphone
    source: Source
    path: Path | None = None


@dataclass(frozen=True)
class Mouth:
    """A speaker and what stands behind it."""

    speaker: Speaker
    source: Source
    path: Path | None = None


def is_file(name: str) -> bool:
    """Say whether ``name``, of --input or --output, means a file: one that exists, or a path to sound."""
    path = Path(name)
    return not name.isdecimal() and (path.suffix.lower() in AUDIO_SUFFIXES or path.is_file())


def open_ear(name: str | None, *, tail_ms: int) -> Ear:
    """Choose the microphone.

    Args:
        name: The ``--input`` option: a device or a file; None for the default device.
        tail_ms: Silence after a file: more than ends a turn.

    Raises:
        AudioError: There is none, or the file cannot be read.
    """
    if name is None or not is_file(name):
        return Ear(DeviceMicrophone(_device(name, "input")), Source.DEVICE)
    return file_ear(Path(name), tail_ms=tail_ms)


def file_ear(path: Path, *, tail_ms: int) -> Ear:
    """Let a file stand in for the microphone; its beginning is read, so that a bad one is noticed now.

    Raises:
        AudioFileError: It cannot be read, or is empty.
    """
    with closing(read_blocks(path)) as blocks:
        next(blocks)
    return Ear(FileMicrophone(path, tail_ms=tail_ms), Source.FILE, path)


def open_mouth(name: str | None, *, may_be_silent: bool) -> Mouth:
    """Choose the speaker.

    Args:
        name: The ``--output`` option: a device or a file; None for the default device.
        may_be_silent: Without a default device, let the answer sound nowhere.

    Raises:
        AudioError: There is none, or the file cannot be written.
    """
    if name is not None and is_file(name):
        path = Path(name)
        if not path.absolute().parent.is_dir():
            raise UnwritableAudio(path, "there is no such folder")
        return Mouth(FileSpeaker(path), Source.FILE, path)
    try:
        return Mouth(DeviceSpeaker(_device(name, "output")), Source.DEVICE)
    except (NoDevice, PortAudioMissing):
        if name is not None or not may_be_silent:
            raise
        return Mouth(SilentSpeaker(), Source.NOTHING)


def _device(name: str | None, kind: DeviceKind) -> Device:
    return default_device(kind) if name is None else find_device(name, kind)
