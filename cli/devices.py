"""`realtime-chat devices`: a plain list of the sound devices, or a test of two of them."""

from __future__ import annotations

import contextlib
import json
from typing import Annotated

import typer

from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.options import JsonOption, VerboseOption
from realtime_chat.cli.terminal import say, write


@ends_well
def devices(
    is_test: Annotated[
        bool,
        typer.Option("--test", help="Play a tone, show the level of the microphone, and play back what it heard."),
    ] = False,
    source: Annotated[
        str | None,
        typer.Option("--input", metavar="DEVICE", help="The microphone to test, by number or part of its name."),
    ] = None,
    sink: Annotated[
        str | None,
        typer.Option("--output", metavar="DEVICE", help="The speaker to test, by number or part of its name."),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """List the sound devices; the defaults are marked with a star."""
    if is_test:
        _test(source, sink, as_json=as_json)
        return
    if source is not None or sink is not None:
        raise WrongUsage("--input and --output name the devices to test: add --test.")
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


def _test(source: str | None, sink: str | None, *, as_json: bool) -> None:
    from realtime_chat.audio.devices import find_or_default
    from realtime_chat.audio.errors import DeviceKind, NoDevice
    from realtime_chat.cli.device_test import DeviceTest
    from realtime_chat.cli.run import run

    asked: tuple[tuple[DeviceKind, str | None], ...] = (("output", sink), ("input", source))
    for kind, name in asked:
        if name is not None:
            with contextlib.suppress(NoDevice):  # the test says so
                default, missing = find_or_default(name, kind)
                if missing is not None:
                    say(f"{missing} In its place {default.name!r} is tried.")
    run(DeviceTest(source, sink, as_json=as_json).run())
