"""Sound: the library, each device, the microphone's level, and the way from the speaker to the microphone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from realtime_chat.audio.devices import Device, asked_for, choose
from realtime_chat.audio.errors import DeviceKind, NoDevice, PortAudioMissing, UnknownDevice
from realtime_chat.cli.doctor.check import Check
from realtime_chat.cli.doctor.errors import ProbeError, ProbeRefused
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.level import NAME as LEVEL
from realtime_chat.cli.doctor.level import Level, judge_level
from realtime_chat.cli.doctor.prober import Prober
from realtime_chat.cli.edges import is_path

PORTAUDIO = "portaudio"
ECHO = "echo path"

_START_S = 20.0
"""The probe loads numpy, and PortAudio looks for devices: on a cold disk both take their time."""

_OPEN_S = 5.0
_RECORD_S = 10.0
_ECHO_S = 15.0

_ANYWAY = (
    "typed conversations work without it (`realtime-chat text`), and so do recordings (`talk --input question.wav`)"
)
_CLOSE_OTHERS = "close the program that uses it, or choose another one with"
_SLOW_MS = 400.0
"""Beyond what a laptop or a wired headset takes, and what Bluetooth does."""

_COPY = 0.97
"""Likeness of a chirp that was never in the air. A room and a microphone leave their marks, where a busy machine that
loses a block on the way takes away 0.03 at most."""


@dataclass(frozen=True)
class Wanted:
    """Which devices the person means to use.

    Attributes:
        source: The ``--input`` option; None for the default device.
        sink: The ``--output`` option; likewise.
        is_heard: A sound may be played.
    """

    source: str | None = None
    sink: str | None = None
    is_heard: bool = True

    def name(self, kind: DeviceKind) -> str | None:
        """The option of that way; None also where it names the default device."""
        return asked_for(self.source if kind == "input" else self.sink)


class SoundChecks:
    """The checks of sound; they share the probe, and what the first of them found out.

    Attributes:
        devices: Those that were found; empty before `checks` ran.
    """

    def __init__(self, prober: Prober, wanted: Wanted) -> None:
        self._prober = prober
        self._wanted = wanted
        self._trouble = ""
        self._open: dict[DeviceKind, Device] = {}
        self.devices: tuple[Device, ...] = ()

    def checks(self) -> list[Check]:
        """Give them in the order in which they build on each other."""
        return [
            Check(PORTAUDIO, "Loading PortAudio", self.look_at_portaudio),
            Check("microphones", "Opening the microphones", lambda: self.look_at_devices("input")),
            Check("speakers", "Opening the speakers", lambda: self.look_at_devices("output")),
            Check(LEVEL, "Listening to the microphone for a second", self.look_at_level),
            Check(ECHO, "Playing a short, quiet chirp", self.look_at_echo),
        ]

    async def look_at_portaudio(self) -> AsyncIterator[Finding]:
        """Load the library and list the devices."""
        try:
            version = (await self._prober.ask("portaudio", _START_S))["version"]
            rows = (await self._prober.ask("devices", _START_S))["devices"]
        except ProbeRefused as error:
            self._trouble = "PortAudio does not work"
            if error.kind == PortAudioMissing.__name__:
                todo = "install it: `apt install libportaudio2` (on macOS and Windows: `pip install sounddevice`)"
            else:
                todo = "see that the system's sound works: play something with another program"
            yield Finding(PORTAUDIO, Verdict.FAIL, str(error), f"{todo}; {_ANYWAY}")
            return
        except ProbeError as error:
            self._trouble = "PortAudio does not work"
            todo = f"restart the system's sound service (PulseAudio, PipeWire), or the machine; {_ANYWAY}"
            yield Finding(PORTAUDIO, Verdict.FAIL, str(error), todo)
            return
        self.devices = tuple(Device(**row) for row in rows)
        yield Finding(PORTAUDIO, Verdict.OK, version.partition(", ")[0])

    async def look_at_devices(self, kind: DeviceKind) -> AsyncIterator[Finding]:
        """Open each device of a kind."""
        plural = "microphones" if kind == "input" else "speakers"
        if self._trouble:
            yield Finding(plural, Verdict.SKIP, self._trouble)
            return
        usable = [device for device in self.devices if device.channels(kind)]
        meant = self._meant(kind)
        if isinstance(meant, Finding):
            yield meant
        for device in usable:
            yield await self._opened(kind, device, is_meant=device == meant)

    def _meant(self, kind: DeviceKind) -> Device | Finding:
        """Give the device that a conversation would use, or say why it would use none."""
        name, option = f"default {kind}", f"--{kind}"
        query = self._wanted.name(kind)
        noun = "microphone" if kind == "input" else "speaker"
        try:
            if query is not None and is_path(query):
                return Finding(option, Verdict.SKIP, f"a file stands in for the {noun}: {query}")
            if query is not None:
                return choose(self.devices, query, kind)
            found = next((device for device in self.devices if device.is_default(kind)), None)
            if found is not None:
                return found
            if any(device.channels(kind) for device in self.devices):
                todo = f"choose one of those below with `{option}`, or make one the default in the system's settings"
                return Finding(name, Verdict.FAIL, f"no {noun} is the default one", todo)
        except UnknownDevice as error:
            return Finding(
                option, Verdict.FAIL, str(error).partition(": ")[0], f"give one of those below to `{option}`"
            )
        except NoDevice:
            pass
        todo = f"connect one; {_ANYWAY}; on a machine that has no sound: `realtime-chat doctor --no-sound`"
        return Finding(name, Verdict.FAIL, f"no {noun} was found", todo)

    async def _opened(self, kind: DeviceKind, device: Device, *, is_meant: bool) -> Finding:
        name = f"{kind} {device.index}"
        shown = f"{device.name!r} ({device.host_api}){' *' if device.is_default(kind) else ''}"
        try:
            found = await self._prober.ask("open", _OPEN_S, kind=kind, index=device.index)
        except ProbeError as error:
            if is_meant:
                todo = f"{_CLOSE_OTHERS} `--{kind}`; {_ANYWAY}"
                return Finding(name, Verdict.FAIL, f"{shown} cannot be opened: {error}", todo)
            todo = f"nothing, unless you want to use it: then {_CLOSE_OTHERS.partition(',')[0]}"
            return Finding(name, Verdict.WARN, f"{shown} cannot be opened: {error}", todo)
        if is_meant:
            self._open[kind] = device
        channels = "1 channel" if found["channels"] == 1 else f"{found['channels']} channels"
        return Finding(name, Verdict.OK, f"{shown} opens, {found['rate']} Hz, {channels}")

    async def look_at_level(self) -> AsyncIterator[Finding]:
        """Listen to the microphone for a second."""
        device = self._open.get("input")
        if device is None:
            yield Finding(LEVEL, Verdict.SKIP, "there is no microphone to listen to")
            return
        try:
            found = await self._prober.ask("record", _RECORD_S, index=device.index)
        except ProbeError as error:
            todo = f"connect it anew, or choose another one with `--input`; {_ANYWAY}"
            yield Finding(LEVEL, Verdict.FAIL, f"{device.name!r} gives no sound: {error}", todo)
            return
        yield judge_level(Level(**found))

    async def look_at_echo(self) -> AsyncIterator[Finding]:
        """Play a chirp and listen for it."""
        if not self._wanted.is_heard:
            yield Finding(ECHO, Verdict.SKIP, "no sound was to be played (--no-chirp)")
            return
        source, sink = self._open.get("input"), self._open.get("output")
        if source is None or sink is None:
            yield Finding(ECHO, Verdict.SKIP, "it takes a microphone and a speaker")
            return
        try:
            found = await self._prober.ask("echo", _ECHO_S, source=source.index, sink=sink.index)
        except ProbeError as error:
            todo = "connect the devices anew, or choose others with `--input` and `--output`"
            yield Finding(ECHO, Verdict.FAIL, f"playing and recording at once does not work: {error}", todo)
            return
        yield judge_echo(found)


def judge_echo(found: dict[str, Any]) -> Finding:
    """Say what the probe's answer to ``echo`` means."""
    heard = found["heard"]
    if heard is None and found["is_silent"]:
        return Finding(ECHO, Verdict.SKIP, "the microphone is silent, so it cannot hear the speaker")
    if heard is None:
        what = "the microphone does not hear the speaker: headphones, or the speaker is silent"
        return Finding(
            ECHO, Verdict.OK, what, "if you did not hear a chirp either, turn the speaker up or choose another"
        )
    delay_ms, gain_db = heard["delay_ms"], heard["gain_db"]
    how = "as loud as" if abs(gain_db) < 0.5 else f"{abs(gain_db):.0f} dB {'quieter' if gain_db < 0 else 'louder'} than"
    what = f"the microphone hears the speaker after {delay_ms:.0f} ms, {how} it was played"
    if heard["likeness"] > _COPY and abs(gain_db) < 1:
        todo = "choose a real microphone with `--input` or in the system's settings: this one is the speaker's monitor"
        return Finding(ECHO, Verdict.WARN, f"{what}, and unchanged", todo)
    if gain_db >= 0.5:
        todo = "turn the speaker or the microphone's gain down, else the assistant may interrupt itself"
        return Finding(ECHO, Verdict.WARN, what, todo)
    if delay_ms > _SLOW_MS:
        todo = "use a wired or built-in device: Bluetooth makes every answer, and every interruption, late"
        return Finding(ECHO, Verdict.WARN, what, todo)
    return Finding(ECHO, Verdict.OK, what)
