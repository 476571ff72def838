"""`devices --test`: a tone on the speaker, a few seconds of the microphone, and those played back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realtime_chat.audio.errors import AudioError, DeviceKind
from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, level, samples_to_ms
from realtime_chat.audio.microphone import DeviceMicrophone
from realtime_chat.audio.playback import PlaybackFinished
from realtime_chat.audio.speaker import DeviceSpeaker
from realtime_chat.cli.gauge import decibels, gauge
from realtime_chat.cli.terminal import write
from realtime_chat.protocol.printable import one_line

SECONDS = 4
"""How long the microphone is listened to: a sentence."""

_PATIENCE_S = 3
"""How much longer to wait for a microphone that gives less than it should."""

_TONE_HZ = 440
_TONE_LEVEL = 0.25
_TONE_RAMP_S = 0.02
"""A tone that begins at once clicks."""

_AUDIBLE = 0.25
"""-45 dBFS: a voice is louder, a quiet room is not."""

_NAMES: dict[DeviceKind, str] = {"input": "microphone", "output": "speaker"}


def tone() -> bytes:
    """Give a second of 440 Hz, 12 dB below full scale, as PCM16 mono at 24 kHz."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    ramp = np.clip(np.minimum(t, t[::-1]) / _TONE_RAMP_S, 0, 1)
    sound: bytes = (np.sin(2 * np.pi * _TONE_HZ * t) * ramp * _TONE_LEVEL * 32767).astype("<i2").tobytes()
    return sound


@dataclass(frozen=True)
class DeviceTest:
    """Tries a speaker and a microphone, one after the other, and says what comes of it.

    Attributes:
        source: The microphone, by number or name; None for the default one.
        sink: The speaker, likewise.
        as_json: Say one line of JSON at the end, and nothing before.
    """

    source: str | None
    sink: str | None
    as_json: bool

    async def run(self) -> None:
        """Do it all; where there is only a microphone, or only a speaker, that much of it.

        Raises:
            AudioError: One of them is missing, or cannot be opened. The other one was tried all the same.
        """
        failures: list[AudioError] = []
        found: dict[str, str | float | None] = {"input": None, "output": None, "loudest": None, "heard_ms": None}
        frames: list[Frame] = []
        try:
            found["output"] = await self._play("A tone on", tone())
        except AudioError as error:
            failures.append(error)
        try:
            found["input"] = await self._listen(frames)
        except AudioError as error:
            failures.append(error)
        else:
            loudest = max((level(frame.pcm) for frame in frames), default=0.0)
            found |= {"loudest": round(loudest, 3), "heard_ms": samples_to_ms(len(frames) * FRAME_SAMPLES)}
            self._say(judgement(frames))
        if found["output"] is not None and found["loudest"]:
            await self._play("What was heard, on", b"".join(frame.pcm for frame in frames))
        if len(failures) < 2 and self.as_json:
            write(json.dumps({"type": "device_test", **found}))
        if failures:
            raise failures[0]

    async def _play(self, what: str, pcm: bytes) -> str:
        async with DeviceSpeaker(self.sink, changed=self._changed) as speaker:
            name = speaker.device.name if speaker.device is not None else ""
            self._say(f"{what} {name!r}:")
            speaker.play("test", pcm)
            speaker.end("test")
            async with self._gauge(lambda: speaker.level):
                async for event in speaker.events():
                    if isinstance(event, PlaybackFinished):
                        break
        return name

    async def _listen(self, frames: list[Frame]) -> str:
        async with DeviceMicrophone(self.source, changed=self._changed) as microphone:
            name = microphone.device.name if microphone.device is not None else ""
            self._say(f"Say something: {name!r} listens for {SECONDS} seconds.")
            async with self._gauge(lambda: level(frames[-1].pcm) if frames else 0.0):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SECONDS + _PATIENCE_S):
                        async for frame in microphone.frames():
                            frames.append(frame)
                            if frame.end >= SECONDS * SAMPLE_RATE:
                                break
        return name

    def _changed(self, kind: DeviceKind, name: str | None) -> None:
        if name is None:
            self._say(f"The {_NAMES[kind]} is gone: connect it again, or press Ctrl-C.")
        else:
            self._say(f"The {_NAMES[kind]} is now {one_line(name)!r}.")

    def _say(self, sentence: str) -> None:
        if not self.as_json:
            write(sentence)

    def _gauge(self, shown: Callable[[], float]) -> contextlib.AbstractAsyncContextManager[None]:
        return contextlib.nullcontext() if self.as_json else gauge(sys.stdout, shown)


def judgement(frames: list[Frame]) -> str:
    """Say what a microphone gave, and what to do if that is too little."""
    if not frames:
        return "Nothing came from the microphone: unplug it and plug it in again, or choose another one with --input."
    loudest = max(level(frame.pcm) for frame in frames)
    if loudest == 0:
        return "Only silence was heard: the microphone is muted, or this program may not use it (system settings)."
    if loudest < _AUDIBLE:
        return f"Hardly anything was heard (at most {decibels(loudest)}): raise its level in the system settings."
    return f"Heard, at most {decibels(loudest)}."
