"""Which microphone and which speaker: devices, files that stand in for them, or nothing."""

from __future__ import annotations

import os
import re
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from realtime_chat.audio.devices import default_device, find_or_default
from realtime_chat.audio.errors import DeviceKind, NoDevice, PortAudioMissing
from realtime_chat.audio.files import FileMicrophone, FileSpeaker, read_blocks
from realtime_chat.audio.line import Changed
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.paced import PacedSpeaker
from realtime_chat.audio.seam import Microphone, Speaker
from realtime_chat.audio.sink import check_sink
from realtime_chat.audio.speaker import DeviceSpeaker
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.terminal import say

_FILE_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,4}", re.IGNORECASE | re.ASCII)
"""An ending that says that a path is meant; that of "USB Audio 2.0" does not."""


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

    @property
    def saved(self) -> Path | None:
        """The file that sound was written to; None where none sounded, or the speaker is no file."""
        return self.path if isinstance(self.speaker, FileSpeaker) and self.speaker.is_begun else None


def is_path(name: str) -> bool:
    """Say whether ``name``, of --input or --output, means a path and no device.

    A path exists, or has a separator, or ends as the names of files do. A number is always a device's, and nothing
    at all is no path.
    """
    if name.isdecimal() or not name.strip():
        return False
    path = Path(name)
    has_separator = os.sep in name or (os.altsep is not None and os.altsep in name)
    return has_separator or _FILE_SUFFIX.fullmatch(path.suffix) is not None or path.exists()


def is_same_file(ear: Ear, mouth: Mouth) -> bool:
    """Say whether the answer would be written over the recording that is being heard, whatever the two are called."""
    if ear.path is None or mouth.path is None:
        return False
    try:
        return mouth.path.samefile(ear.path)
    except OSError:  # one of them is not there
        return False


def check_overwrite(mouth: Mouth, *, replaces: bool) -> None:
    """Make sure that no file is lost to an answer, unless that is wanted.

    Raises:
        WrongUsage: The file of ``--output`` is there already.
    """
    if not replaces and mouth.path is not None and os.path.lexists(mouth.path):
        raise WrongUsage(
            f"{str(mouth.path)!r} is there already and is not overwritten: give --output another name, or add --force."
        )


def open_ear(name: str | None, *, tail_ms: int, changed: Changed | None = None) -> Ear:
    """Choose the microphone.

    Args:
        name: The ``--input`` option: a device or a file; None for the default device.
        tail_ms: Silence after a file: more than ends a turn.
        changed: Told of the device when it comes or goes.

    Raises:
        AudioError: There is none, or the file cannot be read.
    """
    if name is None or not is_path(name):
        _check_device(name, "input")
        return Ear(DeviceMicrophone(name, changed=changed), Source.DEVICE)
    return file_ear(Path(name), tail_ms=tail_ms)


def file_ear(path: Path, *, tail_ms: int) -> Ear:
    """Let a file stand in for the microphone; its beginning is read, so that a bad one is noticed now.

    Raises:
        AudioFileError: It cannot be read, or is empty.
    """
    with closing(read_blocks(path)) as blocks:
        next(blocks)
    return Ear(FileMicrophone(path, tail_ms=tail_ms), Source.FILE, path)


def open_mouth(name: str | None, *, may_be_silent: bool, changed: Changed | None = None) -> Mouth:
    """Choose the speaker.

    Args:
        name: The ``--output`` option: a device or a file; None for the default device.
        may_be_silent: Without a default device, let the answer sound nowhere.
        changed: Told of the device when it comes or goes.

    Raises:
        AudioError: There is none, or the file cannot be written.
    """
    if name is not None and is_path(name):
        path = Path(name)
        check_sink(path)
        return Mouth(FileSpeaker(path), Source.FILE, path)
    try:
        _check_device(name, "output")
    except (NoDevice, PortAudioMissing):
        if name is not None or not may_be_silent:
            raise
        return Mouth(SilentSpeaker(), Source.NOTHING)
    return Mouth(DeviceSpeaker(name, changed=changed), Source.DEVICE)


def _check_device(name: str | None, kind: DeviceKind) -> None:
    """Notice now that there is no device; one that is not called what was asked for is only warned of.

    Raises:
        AudioError: There is none.
    """
    if name is None:
        default_device(kind)
        return
    default, missing = find_or_default(name, kind)
    if missing is not None:
        say(f"{missing} Until it is there, {default.name!r} is used.")
