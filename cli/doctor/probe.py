"""The probe: tries sound devices and libraries in a process of its own, for they may hang or crash.

It reads one request a line, as JSON, and answers each with one line. It ends when its standard input does.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from realtime_chat.audio.devices import Device, list_devices
from realtime_chat.audio.errors import AudioError, DeviceFailed, DeviceKind, PortAudioMissing
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.cli.doctor.chirp import SECONDS, chirp, find_echo
from realtime_chat.cli.doctor.duplex import Ear, Mouth
from realtime_chat.cli.doctor.level import level_of
from realtime_chat.protocol.printable import one_line

_SETTLING_S = 0.2
"""What a device gives first may be zeros, or the click of its being switched on."""

_LEVEL_S = 1.0
_BEFORE_S = 0.8
_AFTER_S = 1.0
"""The longest way from speaker to microphone: Bluetooth there and back takes half of it."""

_A_BLOCK_S = 0.01
_MORE_ATTEMPTS = 2


def portaudio() -> dict[str, Any]:
    """Load the library."""
    from realtime_chat.audio import portaudio as library

    return {"version": one_line(library.load().get_portaudio_version()[1])}


def devices() -> dict[str, Any]:
    """List the devices."""
    return {"devices": [asdict(device) for device in list_devices()]}


def load(module: str) -> dict[str, Any]:
    """Import a module, which may be broken in a way that ends the process."""
    importlib.import_module(module)
    return {}


def open_device(kind: DeviceKind, index: int) -> dict[str, Any]:
    """Open a device and wait until it gives, or takes, sound; a speaker gets silence."""
    device = _device(index)
    if kind == "input":
        with Ear(device) as ear:
            ear.wait(_A_BLOCK_S)
        return asdict(ear.format)
    with Mouth(device) as mouth:
        mouth.wait()
    return asdict(mouth.format)


def record(index: int) -> dict[str, Any]:
    """Measure a second of a microphone."""
    with Ear(_device(index)) as ear:
        ear.wait(_SETTLING_S + _LEVEL_S)
    sound, _ = ear.recorded()
    return asdict(level_of(sound[_bytes(_SETTLING_S) : _bytes(_SETTLING_S + _LEVEL_S)]))


def echo(source: int, sink: int) -> dict[str, Any]:
    """Play the chirp and listen for it, again where the machine was too busy and lost some of the sound."""
    recorded, played_at, lost = _chirped(source, sink)
    for _ in range(_MORE_ATTEMPTS):
        if not lost:
            break
        recorded, played_at, lost = _chirped(source, sink)
    found = find_echo(recorded, max(0, played_at))
    heard = None
    if found is not None:
        delay_ms = (found.at - played_at) * 1000 / SAMPLE_RATE
        heard = {"delay_ms": delay_ms, "gain_db": found.gain_db, "likeness": found.likeness}
    return {"is_silent": not any(recorded[_bytes(_SETTLING_S) :]), "heard": heard}


def _chirped(source: int, sink: int) -> tuple[bytes, int, int]:
    """Give what was heard around a chirp, the sample at which it was played, and how often sound was lost."""
    with Mouth(_device(sink), chirp()) as mouth, Ear(_device(source)) as ear:
        ear.wait(_BEFORE_S)
        before = mouth.xruns + ear.xruns
        played = mouth.sound()
        _, began = ear.recorded()
        ear.wait(played - began + SECONDS + _AFTER_S)
        lost = mouth.xruns + ear.xruns - before
    recorded, began = ear.recorded()
    return recorded, round((played - began) * SAMPLE_RATE), lost


def _device(index: int) -> Device:
    for device in list_devices():
        if device.index == index:
            return device
    raise DeviceFailed(f"number {index}", "it is gone")


def _bytes(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE) * SAMPLE_BYTES


_REQUESTS: dict[str, Callable[..., dict[str, Any]]] = {
    "portaudio": portaudio,
    "devices": devices,
    "load": load,
    "open": open_device,
    "record": record,
    "echo": echo,
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a request; what it raises becomes an answer, too."""
    try:
        return _REQUESTS[request.pop("do")](**request)
    except (DeviceFailed, PortAudioMissing) as error:
        return {"error": type(error).__name__, "reason": one_line(error.reason)}
    except AudioError as error:
        return {"error": type(error).__name__, "reason": one_line(str(error)).rstrip(".")}
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        return {"error": type(error).__name__, "reason": one_line(str(error)).rstrip(".")}


def main() -> None:
    """Answer requests until there are no more."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        # Whatever else is printed, by a C library for instance, must not pass for an answer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for line in sys.stdin:
            answers.write(json.dumps(answer(json.loads(line))) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
