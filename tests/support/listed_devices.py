"""Sound devices that are only listed: they open and call back, and there is no PortAudio behind them."""

from typing import NoReturn

import pytest

from realtime_chat.audio import devices, line, patchbay, portaudio
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceFailed
from realtime_chat.audio.scout import Scout


class Stream:
    """Stands in for the stream of a device; one whose name has "busy" in it cannot be opened."""

    has_ended = False
    latency = 0.0
    xruns = 0

    def __init__(self, _kind: str, device: Device, **_: object) -> None:
        self._device = device
        self._calls = 0

    @property
    def calls(self) -> int:
        """The device has called back since this was asked last."""
        self._calls += 1
        return self._calls

    def open(self, _: object) -> None:
        """Open it."""
        if "busy" in self._device.name:
            raise DeviceFailed(self._device.name, "it is busy")

    def close(self) -> None:
        """It closes at once."""


async def _no_process() -> NoReturn:
    raise OSError("no process is started here")


class ListedDevices:
    """The devices that are listed from now on, none at first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(line, "DeviceStream", Stream)
        monkeypatch.setattr(portaudio, "refresh", lambda: None)
        monkeypatch.setattr(Scout, "_start", staticmethod(_no_process))
        self()

    def __call__(self, *microphones: str, speakers: tuple[str, ...] = ()) -> None:
        """List these; the first of each kind is the default one."""
        listed = tuple(
            Device(number, name, "ALSA", 1, 0, name == microphones[0], False, 48_000)
            for number, name in enumerate(microphones)
        ) + tuple(
            Device(number, name, "ALSA", 0, 2, False, name == speakers[0], 48_000)
            for number, name in enumerate(speakers, len(microphones))
        )
        for module in (devices, patchbay):  # wherever the one of `devices` went by its name
            self._monkeypatch.setattr(module, "list_devices", lambda: listed)
