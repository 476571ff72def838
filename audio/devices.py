"""The sound devices of this machine: listed, found by name, never opened here."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from realtime_chat.audio import portaudio
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice, UnknownDevice
from realtime_chat.audio.quiet import quiet
from realtime_chat.protocol.printable import one_line

_DEFAULT = "default"
"""What people call the device that one gets without asking for one. ALSA has a device of that name; nobody else has."""

_CARD_NUMBER = re.compile(r"(?<=\(hw:)\d+(?=,\d+\)$)|(?<=\()\d+- ")
"""What the system puts into a name by the order in which cards were plugged in: ALSA `USB X: Audio (hw:1,0)`, Windows
`Microphone (2- USB Audio)`, of which the first card has none."""


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device.

    Attributes:
        index: Its number; changes when devices come and go.
        name: What it calls itself, made safe to show.
        host_api: The system it is reached through: ALSA, Core Audio, MME, WASAPI and so on.
        inputs: Channels it can record; 0 where it is no microphone.
        outputs: Channels it can play; 0 where it is no speaker.
        default_input: It is the microphone one gets without asking for one.
        default_output: It is the speaker one gets without asking for one.
        sample_rate: The rate it prefers, in samples a second.
    """

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    default_input: bool
    default_output: bool
    sample_rate: int

    def channels(self, kind: DeviceKind) -> int:
        """How many channels it has that way."""
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: DeviceKind) -> bool:
        """Whether it is what one gets without asking."""
        return self.default_input if kind == "input" else self.default_output


def list_devices() -> tuple[Device, ...]:
    """Give the devices there were when PortAudio was loaded; none of them is opened.

    Raises:
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    sounddevice = portaudio.load()
    defaults = {kind: _default_index(sounddevice, kind) for kind in ("input", "output")}
    devices = []
    with quiet():
        try:
            host_apis = sounddevice.query_hostapis()
        except sounddevice.PortAudioError as error:  # it was started again, and that failed
            raise DeviceFailed("PortAudio", portaudio.reason(error)) from error
        for host_api in host_apis:
            for index in host_api["devices"]:
                try:
                    found = sounddevice.query_devices(index)
                except (sounddevice.PortAudioError, UnicodeDecodeError):
                    continue  # a device that cannot even say its name cannot be chosen
                devices.append(
                    Device(
                        index=index,
                        name=one_line(found["name"]),
                        host_api=one_line(host_api["name"]),
                        inputs=found["max_input_channels"],
                        outputs=found["max_output_channels"],
                        default_input=index == defaults["input"],
                        default_output=index == defaults["output"],
                        sample_rate=round(found["default_samplerate"]),
                    )
                )
    return tuple(sorted(devices, key=lambda device: device.index))


def asked_for(query: str | None) -> str | None:
    """Give ``query`` as it is; None for the default device, whether its name (``default``) is given or nothing is."""
    return None if query is None or query.strip().casefold() == _DEFAULT else query


def default_device(kind: DeviceKind) -> Device:
    """Give the device one gets without asking for one.

    Raises:
        NoDevice: There is none.
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    return default_of(list_devices(), kind)


def default_of(devices: tuple[Device, ...], kind: DeviceKind) -> Device:
    """Give the one among ``devices`` that one gets without asking for one.

    Raises:
        NoDevice: None is.
    """
    for device in devices:
        if device.is_default(kind):
            return device
    raise NoDevice(kind)


def find_or_default(query: str | None, kind: DeviceKind) -> tuple[Device, UnknownDevice | None]:
    """Find a device like `find_device`; where none is called that, give the default one and what to warn of.

    Raises:
        NoDevice: There is none of that kind, or no default.
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    devices = list_devices()
    try:
        return choose(devices, query, kind), None
    except UnknownDevice as error:
        return default_of(devices, kind), error


def find_device(query: str | None, kind: DeviceKind) -> Device:
    """Find a device by its number or by its name; see `choose`.

    Raises:
        UnknownDevice: None is called that; it lists those there are.
        NoDevice: There is none of that kind at all.
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    return choose(list_devices(), query, kind)


def choose(devices: tuple[Device, ...], query: str | None, kind: DeviceKind) -> Device:
    """Choose among ``devices``: by number, by the whole name, or by a part of it, whatever the case.

    A whole name wins over a part. Where several fit, the one that is reached as the default device is (one card is
    often listed once for each host API), then the one listed first. None, and the word ``default``, is the default one.

    Raises:
        UnknownDevice: None fits.
        NoDevice: None of them carries sound that way, or the default one is wanted and none is.
    """
    if (query := asked_for(query)) is None:
        return default_of(devices, kind)
    usable = _usable(devices, kind)
    wanted = query.strip().casefold()
    if _is_number(query):
        fitting = [device for device in usable if device.index == int(wanted)]
    else:
        fitting = [device for device in usable if device.name.casefold() == wanted]
        if not fitting and wanted:
            fitting = [device for device in usable if wanted in device.name.casefold()]
    if not fitting:
        raise _unknown(query, usable, kind)
    return _best(fitting, usable, kind)


def choose_again(devices: tuple[Device, ...], query: str, name: str, kind: DeviceKind) -> Device:
    """Choose like `choose`, where ``query`` once chose a device that was called ``name``.

    That one comes first. Last comes one whose name differs only in the number of its card: such are those that were
    plugged in anew. A query that is a number chooses nothing else, for numbers change when devices come and go.

    Raises:
        UnknownDevice: None fits.
        NoDevice: None of them carries sound that way.
    """
    usable = _usable(devices, kind)
    if same := [device for device in usable if device.name == name]:
        return _best(same, usable, kind)
    if not _is_number(query):
        with suppress(UnknownDevice):
            return choose(devices, query, kind)
    card = _CARD_NUMBER.sub("", name)
    if renumbered := [device for device in usable if _CARD_NUMBER.sub("", device.name) == card]:
        return _best(renumbered, usable, kind)
    raise _unknown(query, usable, kind)


def _is_number(query: str) -> bool:
    return query.strip().isdecimal()


def _usable(devices: tuple[Device, ...], kind: DeviceKind) -> list[Device]:
    usable = [device for device in devices if device.channels(kind)]
    if not usable:
        raise NoDevice(kind)
    return usable


def _best(fitting: list[Device], usable: list[Device], kind: DeviceKind) -> Device:
    """Give the one of ``fitting`` that is reached as the default device is, else the first."""
    preferred = {device.host_api for device in usable if device.is_default(kind)}
    return next((device for device in fitting if device.host_api in preferred), fitting[0])


def _unknown(query: str, usable: list[Device], kind: DeviceKind) -> UnknownDevice:
    return UnknownDevice(kind, query, tuple(f"{device.index} {device.name}" for device in usable))


def _default_index(sounddevice: Any, kind: str) -> int | None:
    with quiet():
        try:
            return int(sounddevice.query_devices(kind=kind)["index"])
        except (sounddevice.PortAudioError, UnicodeDecodeError):
            return None
