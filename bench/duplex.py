"""Full duplex on virtual sound devices: `python bench/duplex.py [PART ...] [--minutes N] [--count N]`.

Every time and every position is taken from recordings of the devices, not from the program's word. The client is the
real one, on a pseudo-terminal, with echo cancellation and its live screen; the server only makes speeches.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from barge_in import barge_in
from machine import stolen_seconds
from recorded import falls_silent, first_sound, waited, where
from stage import Stage, VirtualSound, orator, persons, speech_of_the_model, wav, without_pauses
from table import spread, table
from tap import RATE, Tap

from realtime_chat.audio.files import read_audio

Row = tuple[str, str, str]

ECHOES = ((-6.0, 20), (-6.0, 120), (-20.0, 20), (-20.0, 120))
"""How loud and how late a laptop's microphone hears its speaker, in decibels and milliseconds: all corners of it."""


def keys(stage: Stage, count: int = 20) -> list[Row]:
    """From a key press to silence, for both keys in turn, and from the first delta to the first sample."""
    presses: list[tuple[str, float]] = []
    with (
        orator(stage.fluent, 60) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        stage.talk(server.url) as terminal,
    ):
        for number in range(count):
            terminal.ask()
            server.wait_for_speech(number + 1)
            time.sleep(1.2 + 0.037 * number)
            key, sent = (("space", b" "), ("Esc", b"\x1b"))[number % 2]  # Esc alone may be the beginning of another key
            presses.append((key, terminal.press(sent)))
            time.sleep(0.7)
    took: dict[str, list[float]] = {}
    for key, at in presses:
        if (end := falls_silent(speaker.pcm, speaker.index(at))) is not None:
            took.setdefault(key, []).append((speaker.when(end) - at) * 1e3)
    quiet = first_sound(np.frombuffer(read_audio(stage.fluent), "<i2")) or 0
    begins = [(at, first_sound(speaker.pcm, speaker.index(at))) for at in server.sent]
    starts = [(speaker.when(begin - quiet) - at) * 1e3 for at, begin in begins if begin is not None]
    return [
        *(
            (f"{key} to silence at the speaker, median", spread(times), "40 ms (p95 60 ms)")
            for key, times in took.items()
        ),
        ("first delta on the wire to first sample at the speaker, median", spread(starts), "40 ms"),
    ]


def echo(stage: Stage, minutes: float) -> list[Row]:
    """How often the model interrupts itself over loudspeakers, and how long its voice waited for nobody."""
    rows: list[Row] = []
    model = np.frombuffer(read_audio(stage.model), "<i2")
    for decibels, delay in ECHOES:
        seconds = minutes * 60 / len(ECHOES)
        with (
            orator(stage.model, seconds) as server,
            Tap(stage.sound.env, "vspk.monitor") as speaker,
            stage.loudspeaker(decibels, delay),
            stage.talk(server.url) as terminal,
        ):
            terminal.ask()
            time.sleep(seconds)
            until = time.monotonic() - 0.5
            terminal.press(b"q")
        seconds_waited = waited(speaker.pcm, speaker.index(server.sent[0]), speaker.index(until), model)
        tag = f"in {seconds / 60:g} min, echo {decibels:g} dB, {delay} ms"
        rows.append((f"false interruptions {tag}", str(len(server.cuts)), "0"))
        rows.append(
            (
                f"its voice waited {tag}",
                "nothing sounded" if seconds_waited is None else f"{seconds_waited:.1f} s in all",
                "",
            )
        )
    return rows


def gaps(stage: Stage) -> list[Row]:
    """How whole an answer of ten seconds comes out."""
    model = np.resize(np.frombuffer(read_audio(stage.fluent), "<i2"), 10 * RATE)
    with (
        orator(stage.fluent, 10) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        stage.talk(server.url) as terminal,
    ):
        terminal.ask()
        time.sleep(12)
        terminal.press(b"q")
    begin = where(speaker.pcm, model[: 2 * RATE], 0, len(speaker.pcm))
    heard = speaker.pcm[begin : begin + len(model)]
    differ = np.flatnonzero(heard != model[: len(heard)])
    # The first and the last milliseconds are faded.
    inside = differ[(differ > RATE // 50) & (differ < len(model) - RATE // 50)]
    return [("samples that differ in an answer of 10 s", f"{len(inside)} of {len(model)}", "no gap of 2 ms")]


def socket(stage: Stage, *options: str) -> list[Row]:
    """From the microphone to the socket."""
    with (
        orator(stage.fluent, 1) as server,
        Tap(stage.sound.env, "vmicfeed.monitor") as microphone,
        stage.talk(server.url, "--turns", "server", *options) as terminal,
    ):
        for voice in stage.persons[:4]:
            stage.say(voice)
        time.sleep(0.5)
        terminal.press(b"q")
    ends, parts = [], []
    for at, audio in server.heard:
        parts.append(audio)
        ends.append((at, sum(map(len, parts)) // 2))
    sent = np.frombuffer(b"".join(parts), "<i2")
    loud = int(np.flatnonzero(np.abs(sent) > 2000)[0])
    offset = where(microphone.pcm, sent[loud : loud + RATE], 0, len(microphone.pcm)) - loud
    late: list[float] = []
    before = 0
    for at, end in ends:
        # From the first word on: what is heard while the session opens has to wait for it.
        late += [(at - microphone.when(offset + sample)) * 1e3 for sample in range(max(before, loud), end, 24)]
        before = end
    return [(" ".join(("microphone sample to socket, median", *options)), spread(late), "25 ms")]


def cost(stage: Stage, minutes: float) -> list[Row]:
    """What a talk costs, with the model speaking half of the time, over loudspeakers."""
    with orator(stage.model, 30) as server, stage.loudspeaker(-20, 40), stage.talk(server.url) as terminal:
        time.sleep(2)
        begun, cpu, shown = time.monotonic(), terminal.cpu_seconds(), len(terminal.shown)
        megabytes: list[float] = []
        while (left := minutes * 60 - (time.monotonic() - begun)) > 0:
            terminal.ask()
            time.sleep(min(60, left))
            megabytes.append(terminal.megabytes())
        seconds = time.monotonic() - begun
        cpu = terminal.cpu_seconds() - cpu
        shown = len(terminal.shown) - shown
        terminal.press(b"q")
    return [
        (f"share of one core, full duplex, {seconds / 60:.0f} min", f"{cpu / seconds:.1%}", "10 %"),
        ("written to the terminal", f"{shown / seconds / 1000:.1f} kB/s", "6 kB/s"),
        (
            f"resident memory, after 1, {len(megabytes) // 2} and {len(megabytes)} min",
            ", ".join(f"{megabytes[at]:.0f}" for at in (0, max(0, len(megabytes) // 2 - 1), -1)) + " MB",
            "120 MB, and no growth",
        ),
    ]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("parts", nargs="*", default=["keys", "gaps", "socket", "barge-in", "echo", "cost"])
    arguments.add_argument("--minutes", type=float, default=10, help="how long `echo` takes, and `cost` half of it")
    arguments.add_argument("--count", type=int, default=24, help="how many interruptions")
    given = arguments.parse_args()
    sound = VirtualSound()
    sound.start()
    rows: list[Row] = []
    try:
        with tempfile.TemporaryDirectory(prefix="realtime-chat-bench-") as name:
            folder = Path(name)
            model = speech_of_the_model(folder)
            fluent = wav(folder / "fluent.wav", without_pauses(np.frombuffer(read_audio(model), "<i2")))
            stage = Stage(sound, folder, model, fluent, persons(folder))
            parts: dict[str, Callable[[], list[Row]]] = {
                "keys": lambda: keys(stage, given.count),
                "gaps": lambda: gaps(stage),
                "socket": lambda: [*socket(stage), *socket(stage, "--no-echo-cancel")],
                "barge-in": lambda: [
                    *barge_in(stage, given.count),
                    *(row for echo in ECHOES for row in barge_in(stage, given.count, echo=echo)),
                ],
                "echo": lambda: echo(stage, given.minutes),
                "cost": lambda: cost(stage, given.minutes / 2),
            }
            for part in given.parts:
                begun, stolen = time.monotonic(), stolen_seconds()
                measured = parts[part]()
                share = (stolen_seconds() - stolen) / (time.monotonic() - begun)
                measured.append(
                    (f"time in which the host ran something else here, {part}", f"{share:.1%} of a core", "")
                )
                for row in measured:
                    print(row, file=sys.stderr, flush=True)
                rows += measured
    finally:
        sound.stop()
    print(table(("full duplex, on virtual devices", "measured", "wanted: at most"), rows))


if __name__ == "__main__":
    main()
