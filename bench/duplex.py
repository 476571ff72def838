"""Full duplex on virtual sound devices: `python bench/duplex.py [PART ...] [--minutes N] [--count N]`.

Every time and every position is taken from recordings of the devices, not from the program's word. The client is the
real one, on a pseudo-terminal, with echo cancellation and its live screen; the server only makes speeches.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from stage import Orator, Stage, VirtualSound, orator, persons, speech_of_the_model, wav, without_pauses
from table import table
from tap import RATE, Tap
from terminal import Terminal

from realtime_chat.audio.files import read_audio

SILENT = 200
"""Peak of what counts as silence: 44 dB below full scale."""

Row = tuple[str, str, str]


def falls_silent(pcm: np.ndarray, begin: int, *, for_ms: int = 400) -> int | None:
    """Give the first sample after ``begin`` of a silence that lasts, or None."""
    loud = np.flatnonzero(np.abs(pcm[begin:].astype(np.int32)) > SILENT) + begin
    if not len(loud):
        return begin
    gaps = np.flatnonzero(np.diff(loud) > for_ms * RATE // 1000)
    if len(gaps):
        return int(loud[gaps[0]]) + 1
    return int(loud[-1]) + 1 if len(pcm) - loud[-1] > for_ms * RATE // 1000 else None


def where(pcm: np.ndarray, pattern: np.ndarray, begin: int, end: int) -> int:
    """Find ``pattern`` in a stretch of ``pcm``, by correlation."""
    stretch = pcm[begin:end].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(stretch) + len(pattern))))
    spectrum = np.fft.rfft(stretch, size) * np.conj(np.fft.rfft(pattern.astype(np.float64), size))
    return begin + int(np.argmax(np.fft.irfft(spectrum, size)[: len(stretch)]))


def last_heard(recording: np.ndarray, begin: int, end: int, model: np.ndarray) -> float:
    """Give how many milliseconds of ``model`` sounded in a recording, from ``begin`` until it falls silent at ``end``.

    The recording is the model's samples, bit for bit, up to the fade at the end. What was heard last is looked for in
    the model, for the voice may have paused on the way; it cannot have got further than time allows.
    """
    last = recording[end - RATE // 4 : end + RATE // 20]
    latest = end - begin
    earliest = max(0, latest - 2 * RATE)
    # Byte for byte: correlation would rather find a louder place.
    found = model[earliest : latest + 1].tobytes().find(last[: RATE // 20].tobytes())
    if found < 0:
        return float("nan")
    at = earliest + found // 2
    same = model[at : at + len(last)] == last[: len(model) - at]
    return (at + int(np.argmin(same))) / RATE * 1e3


def spread(values: list[float], unit: str = "ms") -> str:
    """Give median and 95th percentile."""
    ninety_five = sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]
    return f"{statistics.median(values):.0f} {unit} (p95 {ninety_five:.0f} {unit}, n={len(values)})"


def ask(terminal: Terminal) -> None:
    """Type something, for a speech to begin."""
    terminal.press(b"t")
    terminal.press(b"speak\r")


def wait_for_speech(server: Orator, count: int) -> None:
    """Wait until a server has begun as many speeches."""
    deadline = time.monotonic() + 30
    while len(server.of("sent")) < count:
        if time.monotonic() > deadline:
            raise RuntimeError("no answer came")
        time.sleep(0.01)


def keys(stage: Stage, count: int = 20) -> list[Row]:
    """From a key press to silence, and from the first delta to the first sample."""
    presses: list[float] = []
    with (
        orator(stage.fluent, 60) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        stage.talk(server.url) as terminal,
    ):
        for number in range(count):
            ask(terminal)
            wait_for_speech(server, number + 1)
            time.sleep(1.2 + 0.037 * number)
            presses.append(terminal.press(b" "))
            time.sleep(0.7)
    silences = [falls_silent(speaker.pcm, speaker.index(at)) for at in presses]
    took = [(speaker.when(end) - at) * 1e3 for end, at in zip(silences, presses, strict=True) if end is not None]
    starts = []
    for line in server.of("sent"):
        begin = speaker.index(float(line[1]))
        loud = np.flatnonzero(np.abs(speaker.pcm[begin:].astype(np.int32)) > SILENT)
        starts.append(loud[0] / RATE * 1e3 - lead_in(stage.fluent))
    return [
        ("key press to silence at the speaker, median", spread(took), "40 ms (p95 60 ms)"),
        ("first delta on the wire to first sample at the speaker, median", spread(starts), "40 ms"),
    ]


def lead_in(path: Path) -> float:
    """Milliseconds of a speech before it is loud enough to be seen."""
    pcm = np.frombuffer(read_audio(path), "<i2").astype(np.int32)
    return float(np.flatnonzero(np.abs(pcm) > SILENT)[0]) / RATE * 1e3


def barge_in(stage: Stage, count: int = 24, *, echo: tuple[float, int] | None = None) -> list[Row]:
    """From the first sample of the person's voice to silence, and where the server was told it was heard to."""
    said: list[tuple[Path, float]] = []
    loop = stage.loudspeaker(*echo) if echo else contextlib.nullcontext()
    with (
        orator(stage.fluent, 60) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        Tap(stage.sound.env, "vmicfeed.monitor") as microphone,
        loop,
        stage.talk(server.url) as terminal,
    ):
        for number in range(count + 1):
            voice = stage.persons[number % len(stage.persons)]
            said.append((voice, time.monotonic()))
            stage.say(voice)
            wait_for_speech(server, number + 1)
            time.sleep(1.5 + 0.041 * number)
        terminal.press(b"q")
    model = np.frombuffer(read_audio(stage.fluent), "<i2")
    took, heard, missed = [], [], 0
    cuts = [int(line[1]) for line in server.of("cut")]
    sents = [float(line[1]) for line in server.of("sent")]
    for number, (voice, at) in enumerate(said[1:]):
        pattern = np.frombuffer(read_audio(voice), "<i2")[: RATE // 2]
        begin = where(microphone.pcm, pattern, microphone.index(at), microphone.index(at + 3))
        first = microphone.when(begin)
        end = falls_silent(speaker.pcm, speaker.index(first))
        if end is None or speaker.when(end) - first > 1.2:
            missed += 1
            print(f"{voice.stem}: missed", file=sys.stderr)
            continue
        took.append((speaker.when(end) - first) * 1e3)
        print(f"{voice.stem}: {took[-1]:.0f} ms", file=sys.stderr)
        heard.append(last_heard(speaker.pcm, speaker.index(sents[number]), end, model))
    errors = [abs(cut - at) for cut, at in zip(cuts, heard, strict=False)] if not missed else []
    tag = "no echo" if echo is None else f"echo {echo[0]:.0f} dB, {echo[1]} ms"
    return [
        (f"voice to silence at the speaker, {tag}, median", spread(took), "120 ms (p95 200 ms)"),
        (f"break-ins heard, {tag}", f"{count - missed} of {count}", f"{count} of {count}"),
        (
            f"heard position, error, {tag}",
            f"{max(errors, default=float('nan')):.1f} ms at most, n={len(errors)}",
            "5 ms",
        ),
    ]


def echo(stage: Stage, minutes: float) -> list[Row]:
    """How often the model interrupts itself over loudspeakers."""
    rows: list[Row] = []
    for decibels, delay in ((-6.0, 20), (-20.0, 120)):
        seconds = minutes * 60 / 2
        with (
            orator(stage.model, seconds) as server,
            stage.loudspeaker(decibels, delay),
            stage.talk(server.url) as terminal,
        ):
            ask(terminal)
            time.sleep(seconds + 2)
            terminal.press(b"q")
        false = len(server.of("cut"))
        rows.append((f"false interruptions in {seconds / 60:g} min, echo {decibels:g} dB, {delay} ms", str(false), "0"))
    return rows


def gaps(stage: Stage) -> list[Row]:
    """How whole an answer of ten seconds comes out."""
    model = np.resize(np.frombuffer(read_audio(stage.fluent), "<i2"), 10 * RATE)
    with (
        orator(stage.fluent, 10) as server,
        Tap(stage.sound.env, "vspk.monitor") as speaker,
        stage.talk(server.url) as terminal,
    ):
        ask(terminal)
        time.sleep(12)
        terminal.press(b"q")
    begin = where(speaker.pcm, model[: 2 * RATE], 0, len(speaker.pcm))
    heard = speaker.pcm[begin : begin + len(model)]
    differ = np.flatnonzero(heard != model[: len(heard)])
    # The first and the last milliseconds are faded.
    inside = differ[(differ > RATE // 50) & (differ < len(model) - RATE // 50)]
    return [("samples that differ in an answer of 10 s", f"{len(inside)} of {len(model)}", "no gap of 2 ms")]


def socket(stage: Stage) -> list[Row]:
    """From the microphone to the socket."""
    with (
        orator(stage.fluent, 1) as server,
        Tap(stage.sound.env, "vmicfeed.monitor") as microphone,
        stage.talk(server.url, "--turns", "server", "--no-echo-cancel") as terminal,
    ):
        for voice in stage.persons[:4]:
            stage.say(voice)
        time.sleep(0.5)
        terminal.press(b"q")
    ends, parts = [], []
    for _, at, audio in server.of("heard"):
        parts.append(base64.b64decode(audio))
        ends.append((float(at), sum(map(len, parts)) // 2))
    sent = np.frombuffer(b"".join(parts), "<i2")
    loud = int(np.flatnonzero(np.abs(sent) > 2000)[0])
    offset = where(microphone.pcm, sent[loud : loud + RATE], 0, len(microphone.pcm)) - loud
    late: list[float] = []
    before = 0
    for at, end in ends:
        # From the first word on: what is heard while the session opens has to wait for it.
        late += [(at - microphone.when(offset + sample)) * 1e3 for sample in range(max(before, loud), end, 24)]
        before = end
    return [("microphone sample to socket, median", spread(late), "25 ms")]


def cost(stage: Stage, minutes: float) -> list[Row]:
    """What a talk costs, with the model speaking half of the time, over loudspeakers."""
    with orator(stage.model, 30) as server, stage.loudspeaker(-20, 40), stage.talk(server.url) as terminal:
        time.sleep(2)
        begun, cpu, shown = time.monotonic(), terminal.cpu_seconds(), len(terminal.shown)
        megabytes: list[float] = []
        while (left := minutes * 60 - (time.monotonic() - begun)) > 0:
            ask(terminal)
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
                "socket": lambda: socket(stage),
                "barge-in": lambda: [
                    *barge_in(stage, given.count),
                    *barge_in(stage, given.count, echo=(-6, 20)),
                    *barge_in(stage, given.count, echo=(-20, 120)),
                ],
                "echo": lambda: echo(stage, given.minutes),
                "cost": lambda: cost(stage, given.minutes / 2),
            }
            for part in given.parts:
                measured = parts[part]()
                for row in measured:
                    print(row, file=sys.stderr, flush=True)
                rows += measured
    finally:
        sound.stop()
    print(table(("full duplex, on virtual devices", "measured", "wanted: at most"), rows))


if __name__ == "__main__":
    main()
