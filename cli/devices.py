"""`realtime-chat devices`: a plain list of the sound devices."""

from __future__ import annotations

import json

from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.options import JsonOption, VerboseOption
from realtime_chat.cli.terminal import say, write


@ends_well
def devices(as_json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """List the sound devices; the defaults are marked with a star."""
    from dataclasses import asdict

    from realtime_chat.audio.devices import list_devices
    from realtime_chat.audio.errors import DeviceKind, NoDevice

    found = list_devices()
    if not found:
        raise NoDevice("input")
    for device in found:
        if as_json:
            write(json.dumps({"type": "device", **asdict(device)}))
            continue
        kinds: tuple[DeviceKind, ...] = ("input", "output")
        directions = [
            f"{kind} {device.channels(kind)} ch{' *' if device.is_default(kind) else ''}"
            for kind in kinds
            if device.channels(kind)
        ]
        write(f"{device.index:3}  {device.name}  ({device.host_api}, {device.sample_rate} Hz)  {', '.join(directions)}")
    if not as_json:
        say("* is the default. Choose with `talk --input NAME --output NAME`, by number or part of a name.")
