"""Which microphone and which speaker: devices, files that stand in for them, or nothing."""

from __future__ import annotations

import os
import re
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from realtime_chat.audio.devices import asked_for, default_device, find_or_default
from realtime_chat.audio.errors import AudioError, DeviceFailed, DeviceKind, NoDevice, PortAudioMissing
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

UNSPOKEN = "Answers come in writing"
"""What a person is told who wanted to hear them."""


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


class PatientMicrophone(DeviceMicrophone):
    """Opens also where there is no device: then it hears the first one that comes."""

    def __init__(self, wanted: str | None, *, changed: Changed | None, trouble: AudioError | None) -> None:
        """Name the device, and say why it is not there as far as is known; see `DeviceMicrophone`."""
        super().__init__(wanted, changed=changed)
        self._line.may_wait, self._line.trouble = True, trouble

    @property
    def trouble(self) -> AudioError | None:
        """Why there was no device when one was looked for last: before it is opened, or then."""
        return self._line.trouble


class PatientSpeaker(DeviceSpeaker):
    """Opens also where there is no device: then it sounds on the first one that comes."""

    def __init__(self, wanted: str | None, *, changed: Changed | None, trouble: AudioError | None) -> None:
        """Name the device, and say why it is not there as far as is known; see `DeviceSpeaker`."""
        super().__init__(wanted, changed=changed)
        self._line.may_wait, self._line.trouble = True, trouble

    @property
    def trouble(self) -> AudioError | None:
        """Why there was no device when one was looked for last: before it is opened, or then."""
        return self._line.trouble


@dataclass(frozen=True)
class Ear:
    """A microphone and what stands behind it."""

    microphone: Microphone
    source: Source
    path: Path | None = None

    @property
    def trouble(self) -> AudioError | None:
        """Why there was no device when one was looked for last, if it waits for one; else None."""
        return self.microphone.trouble if isinstance(self.microphone, PatientMicrophone) else None


@dataclass(frozen=True)
class Mouth:
    """A speaker and what stands behind it."""

    speaker: Speaker
    source: Source
    path: Path | None = None

    @property
    def trouble(self) -> AudioError | None:
        """Why there was no device when one was looked for last, if it waits for one; else None."""
        return self.speaker.trouble if isinstance(self.speaker, PatientSpeaker) else None

    @property
    def saved(self) -> Path | None:
        """The file that sound was written to; None where none sounded, or the speaker is no file."""
        return self.path if isinstance(self.speaker, FileSpeaker) and self.speaker.is_begun else None


def is_path(name: str) -> bool:
    """Say whether ``name``, of --input or --output, means a path and no device.

    A path exists, or has a separator, or ends as the names of files do. A number is always a device's, ``default`` is
    the default device, and nothing at all is no path.
    """
    if name.isdecimal() or not name.strip() or asked_for(name) is None:
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


def check_sound(ear: Ear, mouth: Mouth) -> None:
    """Make sure that there is a microphone or a speaker, where both may wait for one.

    Raises:
        AudioError: There is neither.
    """
    if ear.trouble is not None and mouth.trouble is not None:
        raise ear.trouble


def say_trouble(*edges: Ear | Mouth) -> None:
    """Say what is missing, and what is done about it."""
    for edge in edges:
        if edge.trouble is not None:
            until = f"{UNSPOKEN} until a speaker" if isinstance(edge, Mouth) else "Type until a microphone"
            say(f"{edge.trouble} {until} is there.")


def open_ear(name: str | None, *, tail_ms: int, changed: Changed | None = None, may_wait: bool = False) -> Ear:
    """Choose the microphone.

    Args:
        name: The ``--input`` option: a device or a file; None for the default device.
        tail_ms: Silence after a file: more than ends a turn.
        changed: Told of the device when it comes or goes.
        may_wait: Where there is no device, wait for one; then the `Ear.trouble` says why.

    Raises:
        AudioError: There is none, or the file cannot be read.
    """
    if name is None or not is_path(name):
        trouble = _look_for(name, "input", may_wait=may_wait)
        if may_wait:
            return Ear(PatientMicrophone(name, changed=changed, trouble=trouble), Source.DEVICE)
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


def open_mouth(
    name: str | None, *, may_be_silent: bool = False, changed: Changed | None = None, may_wait: bool = False
) -> Mouth:
    """Choose the speaker.

    Args:
        name: The ``--output`` option: a device or a file; None for the default device.
        may_be_silent: Without a default device, let the answer sound nowhere.
        changed: Told of the device when it comes or goes.
        may_wait: Where there is no device, wait for one; then the `Mouth.trouble` says why.

    Raises:
        AudioError: There is none, or the file cannot be written.
    """
    if name is not None and is_path(name):
        path = Path(name)
        check_sink(path)
        return Mouth(FileSpeaker(path), Source.FILE, path)
    try:
        trouble = _look_for(name, "output", may_wait=may_wait)
    except (NoDevice, PortAudioMissing):
        if asked_for(name) is not None or not may_be_silent:
            raise
        return Mouth(SilentSpeaker(), Source.NOTHING)
    if may_wait:
        return Mouth(PatientSpeaker(name, changed=changed, trouble=trouble), Source.DEVICE)
    return Mouth(DeviceSpeaker(name, changed=changed), Source.DEVICE)


def has_speaker() -> bool:
    """Say whether there is a speaker that answers can be played on."""
    try:
        default_device("output")
    except AudioError:
        return False
    return True


def _look_for(name: str | None, kind: DeviceKind, *, may_wait: bool) -> AudioError | None:
    """Notice now that there is no device; one that is not called what was asked for is only warned of.

    Returns:
        Why there is none, where that may be.

    Raises:
        AudioError: There is none, and that may not be; or there never can be.
    """
    try:
        default, missing = find_or_default(name, kind)
    except (NoDevice, DeviceFailed) as error:
        if not may_wait:
            raise
        return error
    if missing is not None:
        say(f"{missing} Until it is there, {default.name!r} is used.")
    return None
