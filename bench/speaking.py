"""How well and how fast the speaking engine speaks: `python bench/speaking.py [--models FOLDER] [--rounds N]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import soxr
from recogniser import RATE, Recogniser
from sentences import SENTENCES, Sentence
from wer import distance

from realtime_chat.server.engines.piper import PiperSpeaking
from realtime_chat.server.engines.seam import SPEAKING_RATE
from realtime_chat.server.english.normalise import normalise

SHORT = "The museum is open until six."
LONG = (
    "The museum in the old town is open until six in the evening on most days, and if you come early you can "
    "see the whole collection."
)
_SAME = {
    "fourty": "forty",
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "ok": "okay",
    "kilometres": "kilometers",
    "metres": "meters",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One text, spoken.

    Attributes:
        pcm: Shape [samples], -1..1, at `SPEAKING_RATE`.
        first: Seconds to the first sound.
        total: Seconds to the last.
    """

    pcm: np.ndarray
    first: float
    total: float


async def speak(engine: PiperSpeaking, text: str) -> Spoken:
    """Speak ``text`` and take the times."""
    begun = time.perf_counter()
    first = 0.0
    parts: list[bytes] = []
    async for speech in engine.speak(text):
        if not parts:
            first = time.perf_counter() - begun
        parts.append(speech.pcm)
    total = time.perf_counter() - begun
    return Spoken(np.frombuffer(b"".join(parts), "<i2") / np.float32(32768), first, total)


def words(text: str) -> list[str]:
    """Bring a text to comparable words; a recogniser may write figures, which are read as a person would."""
    said = [word.text.lower().replace("'", "") for word in normalise(text)]
    return [_SAME.get(word, word) for word in said]


def judge(sentence: Sentence, text: str) -> tuple[int, int]:
    """Errors in ``text`` against the nearest right way of saying ``sentence``, and the words of that."""
    heard = words(text)
    ways = [(distance(way, heard), len(way)) for way in (words(right) for right in sentence.heard)]
    return min(ways)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("REALTIME_CHAT_MODELS") or platformdirs.user_cache_path("realtime-chat") / "models"
    arguments.add_argument("--models", type=Path, default=Path(default))
    arguments.add_argument("--rounds", type=int, default=1)
    given = arguments.parse_args()

    begun = time.perf_counter()
    engine = PiperSpeaking(given.models / "piper-en-us-joe")
    loaded = time.perf_counter() - begun
    recogniser = Recogniser(given.models / "whisper-base")
    wrong = count = 0
    factors: list[float] = []
    for _ in range(given.rounds):
        for sentence in SENTENCES:
            spoken = await speak(engine, sentence.written)
            factors.append(spoken.total / (len(spoken.pcm) / SPEAKING_RATE))
            text = recogniser.transcribe(soxr.resample(spoken.pcm, SPEAKING_RATE, RATE))
            missed, of = judge(sentence, text)
            wrong, count = wrong + missed, count + of
            print(f"{missed:2d}/{of:2d}  {sentence.written!r}" + (f"\n       heard {text!r}" if missed else ""))
    firsts = {}
    for name, text in (("6 words", SHORT), ("25 words", LONG)):
        firsts[name] = statistics.median([(await speak(engine, text)).first for _ in range(9)])
    engine.close()
    print(f"\n| {'speaking, Piper joe, 1 thread':34} | {'value':>9} |\n|{'-' * 36}|{'-' * 11}|")
    for name, value in (
        ("word errors, Whisper base", f"{wrong / count:.1%}"),
        ("load", f"{loaded:.2f} s"),
        *((f"first sound, {name}, median", f"{seconds * 1000:.0f} ms") for name, seconds in firsts.items()),
        ("real-time factor, median", f"{statistics.median(factors):.3f}"),
    ):
        print(f"| {name:34} | {value:>9} |")


if __name__ == "__main__":
    asyncio.run(main())
