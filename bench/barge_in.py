"""People break in on the model: how long its voice goes on, and where the server is told that it was heard to."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import stolen_seconds
from recorded import falls_silent, last_heard, last_sound, where
from stage import Orator, Stage, orator
from table import spread
from tap import RATE, Tap

from realtime_chat.audio.files import read_audio

MISSED_S = 1.2
"""What takes longer than that is no answer to a voice of that length."""


@dataclass(frozen=True)
class Saying:
    """A voice that was played into the microphone.

    Attributes:
        voice: Whose.
        at: When it was asked for.
        stolen: Seconds that the host took from this machine until the next one.
    """

    voice: Path
    at: float
    stolen: float


@dataclass(frozen=True)
class Interruption:
    """What the recordings say about one.

    Attributes:
        was_noticed: It ended the model's voice.
        took_ms: From the first sample of the voice to the last of the model's; None where that was silent already,
            since it waits while somebody may be speaking.
        heard_ms: How much of the answer was heard; None where that is not known.
        told_ms: How much the server was told.
    """

    was_noticed: bool = False
    took_ms: float | None = None
    heard_ms: float | None = None
    told_ms: float | None = None

    def __str__(self) -> str:
        if not self.was_noticed:
            return "missed"
        took = "silent before" if self.took_ms is None else f"{self.took_ms:.0f} ms"
        return f"{took}, heard {self.heard_ms} ms, told {self.told_ms} ms"


def interrupt(stage: Stage, count: int, echo: tuple[float, int] | None) -> list[Interruption]:
    """Have people break in on the model ``count`` times, over an echo of as many decibels and milliseconds."""
    said: list[Saying] = []
    with (
        orator(stage.fluent, 60) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        Tap(stage.sound.env, "vmicfeed.monitor") as microphone,
        stage.loudspeaker(*echo) if echo else contextlib.nullcontext(),
        stage.talk(server.url) as terminal,
    ):
        for number in range(count + 1):
            voice, at, stolen = stage.persons[number % len(stage.persons)], time.monotonic(), stolen_seconds()
            stage.say(voice)
            server.wait_for_speech(number + 1)
            time.sleep(1.5 + 0.041 * number)
            said.append(Saying(voice, at, stolen_seconds() - stolen))
        terminal.press(b"q")
    model = np.frombuffer(read_audio(stage.fluent), "<i2")
    found = []
    # The first voice only asks.
    for number, saying in enumerate(said[1:]):
        found.append(_read(saying, number, speaker, microphone, server, model))
        print(f"{saying.voice.stem}: {found[-1]}, stolen {saying.stolen:.2f} s", file=sys.stderr)
    return found


def _read(
    saying: Saying, number: int, speaker: Tap, microphone: Tap, server: Orator, model: np.ndarray
) -> Interruption:
    pattern = np.frombuffer(read_audio(saying.voice), "<i2")[: RATE // 2]
    begin = where(microphone.pcm, pattern, microphone.index(saying.at), microphone.index(saying.at + 3))
    first = microphone.when(begin)
    told = [ms for at, ms in server.cuts if first < at < first + MISSED_S]
    end = falls_silent(speaker.pcm, speaker.index(first))
    if end is None or len(told) != 1:
        return Interruption()
    took = (speaker.when(end) - first) * 1e3
    heard = last_heard(speaker.pcm, speaker.index(server.sent[number]), last_sound(speaker.pcm, end), model)
    return Interruption(True, took if took > 0 else None, heard, told[0])


def barge_in(stage: Stage, count: int, *, echo: tuple[float, int] | None = None) -> list[tuple[str, str, str]]:
    """Give what was measured, a row each."""
    found = interrupt(stage, count, echo)
    tag = "no echo" if echo is None else f"echo {echo[0]:.0f} dB, {echo[1]} ms"
    took = [one.took_ms for one in found if one.took_ms is not None]
    pairs = [(one.told_ms, one.heard_ms) for one in found]
    errors = [abs(told - heard) for told, heard in pairs if told is not None and heard is not None]
    noticed = sum(one.was_noticed for one in found)
    worst = max(errors, default=float("nan"))
    return [
        (f"voice to silence at the speaker, {tag}, median", spread(took), "120 ms (p95 200 ms)"),
        (f"break-ins heard, {tag}", f"{noticed} of {count}", f"{count} of {count}"),
        (f"heard position, error, {tag}", f"{worst:.1f} ms at most, n={len(errors)}", "5 ms"),
    ]
