"""`Patchbay`: connects lines to devices. All of it blocks, and belongs on one thread."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.audio import portaudio
from realtime_chat.audio.closer import Closer
from realtime_chat.audio.devices import Device, choose, choose_again, default_of, list_devices
from realtime_chat.audio.errors import AudioError, DeviceKind, NoDevice, UnknownDevice
from realtime_chat.audio.line import Line
from realtime_chat.audio.recovery import Connected

Known = frozenset[tuple[DeviceKind, str]]
"""Devices by the ways they carry sound and their names."""


Found = dict[DeviceKind, Connected]
"""What is connected, and where."""


class Patchbay:
    """The lines there are, and the devices that PortAudio knew when it last looked.

    Attributes:
        known: Those devices.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        """Make one without lines.

        Args:
            ended: Called on a thread of PortAudio's when a stream ends, whether disconnected or lost.
        """
        self._ended = ended
        self._lines: list[Line] = []
        self._closer = Closer()
        self.known: Known = frozenset()

    def add(self, line: Line) -> Connected:
        """Connect a line for the first time. Where that fails it is there all the same, until `remove`.

        Raises:
            NoDevice: There is none of its kind.
            DeviceFailed: The device is there and cannot be opened, or PortAudio cannot start.
            PortAudioMissing: The library is not installed.
        """
        is_first = not self._lines
        self._lines.append(line)
        if is_first and not self._closer.is_stuck:
            portaudio.refresh()  # on this thread: on Windows the one that starts it must use it
        devices = self._list()
        device, is_fallback = _wanted(devices, line)
        line.connect(device, is_fallback=is_fallback, ended=self._ended)
        return Connected(device.name, is_fallback)

    def remove(self, line: Line) -> None:
        """Disconnect a line for good; one that is not there is left alone."""
        if line in self._lines:
            self._lines.remove(line)
            self._disconnect(line)

    def reopen(self, kinds: frozenset[DeviceKind]) -> Found:
        """Connect the lines of these kinds anew, to devices already known; the others sound on."""
        for line in self._lines:
            if line.kind in kinds:
                self._disconnect(line)
        return self._connect()

    def restart(self) -> Found:
        """Disconnect all lines, look which devices there are now, and connect what can be connected.

        Where a stream is stuck there is no other way than to go on with the devices already known. That is enough for
        a sound server: what leads to it keeps its name.
        """
        for line in self._lines:
            self._disconnect(line)
        if not self._closer.is_stuck:
            self.known = frozenset()
            try:
                portaudio.refresh()
            except AudioError:
                return {}
        return self._connect()

    def _disconnect(self, line: Line) -> None:
        if (stream := line.disconnect()) is not None:
            self._closer.close(stream)

    def _connect(self) -> Found:
        try:
            devices = self._list()
        except AudioError:
            devices = ()
        found = {}
        for line in self._lines:
            if not line.is_connected:
                _connect(line, devices, self._ended)
            if line.is_connected and line.device is not None:
                found[line.kind] = Connected(line.device.name, line.is_fallback)
        return found

    def _list(self) -> tuple[Device, ...]:
        devices = list_devices()
        self.known = known(devices)
        return devices


def known(devices: tuple[Device, ...]) -> Known:
    """Give the ways and the names of ``devices``."""
    kinds: tuple[DeviceKind, ...] = ("input", "output")
    return frozenset((kind, device.name) for device in devices for kind in kinds if device.channels(kind))


def _wanted(devices: tuple[Device, ...], line: Line) -> tuple[Device, bool]:
    """Give the device that a line asks for, or the default one where it is not there; say whether it is that.

    Raises:
        NoDevice: There is none of its kind.
    """
    try:
        if line.wanted is None or line.used is None:
            return choose(devices, line.wanted, line.kind), False
        return choose_again(devices, line.wanted, line.used, line.kind), False
    except UnknownDevice:
        return default_of(devices, line.kind), True


def _connect(line: Line, devices: tuple[Device, ...], ended: Callable[[], None]) -> None:
    """Connect a line to the device it asks for, else to the default one, else to none."""
    try:
        device, is_fallback = _wanted(devices, line)
    except NoDevice:
        return
    try:
        line.connect(device, is_fallback=is_fallback, ended=ended)
    except AudioError:
        if line.wanted is None or is_fallback:
            return
        try:
            line.connect(default_of(devices, line.kind), is_fallback=True, ended=ended)
        except AudioError:
            return
