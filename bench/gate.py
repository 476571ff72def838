"""What the gate lets through: words against no gate at all, and noises of a room."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
from table import table
from wer import word_error_rate

from realtime_chat.audio.detector import SpeechDetector
from realtime_chat.audio.echo import EchoCanceller
from realtime_chat.audio.files import read_audio
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Framer
from realtime_chat.audio.gate import SpeechStarted, Voiced, VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.server.engine_tasks import to_hearing
from realtime_chat.server.engines.moonshine import MoonshineHearing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
import noises

CLIPS = Path(__file__).parents[2] / "shared" / "clips"

PAUSE = bytes(SAMPLE_RATE * SAMPLE_BYTES)
"""A second of silence before and after: the gate is closed when the first syllable comes."""


def plain() -> Hearing:
    """Give the hearing of a file."""
    return Hearing(VoiceGate(speech=SpeechDetector()))


def of_a_microphone() -> Hearing:
    """Give the hearing of a device: without noise, and at a good loudness."""
    return Hearing(VoiceGate(speech=SpeechDetector()), canceller=EchoCanceller())


def let_through(hearing: Hearing, pcm: bytes) -> list[bytes]:
    """Give the sound of each opening."""
    openings: list[bytearray] = []
    for frame in Framer().push(pcm):
        for event in hearing.push(frame).events:
            if isinstance(event, SpeechStarted):
                openings.append(bytearray())
            elif isinstance(event, Voiced):
                openings[-1] += event.frame.pcm
    return [bytes(one) for one in openings]


async def words(engine: MoonshineHearing, hearing: Callable[[], Hearing] | None) -> tuple[float, float]:
    """Give the word error rate of the clips, and how many first words are right."""
    pairs, first = [], 0
    with (CLIPS / "clips.tsv").open(encoding="utf-8") as file:
        for clip in csv.DictReader(file, delimiter="\t"):
            pcm = read_audio(CLIPS / clip["file"])
            pieces = [pcm] if hearing is None else let_through(hearing(), PAUSE + pcm + PAUSE)
            heard = " ".join([await engine.transcribe(to_hearing(piece)) for piece in pieces])
            pairs.append((clip["transcript"], heard))
            first += word_error_rate([(clip["transcript"].split()[0], " ".join(heard.split()[:1]))]) == 0
    return word_error_rate(pairs), first / len(pairs)


def main() -> None:
    """Measure and print."""
    rows = []
    if CLIPS.is_dir():
        folder = os.environ.get("REALTIME_CHAT_MODELS") or platformdirs.user_cache_path("realtime-chat") / "models"
        engine = MoonshineHearing(Path(folder) / "moonshine-tiny-en")
        for name, hearing in (("no gate", None), ("the gate", plain), ("a microphone's gate", of_a_microphone)):
            errors, first = asyncio.run(words(engine, hearing))
            rows.append((f"word errors, 8 clips, {name}", f"{errors:.1%}; first word right: {first:.0%}", "no gate's"))
        engine.close()
    else:
        print("no ../shared/clips: words are left out", file=sys.stderr)
    for noise in (noises.keyboard, noises.hum, noises.music, noises.pink):
        pcm = noise().clip(-32768, 32767).astype("<i2").tobytes()
        opened = len(let_through(of_a_microphone(), pcm))
        rows.append((f"turns begun by {noises.SECONDS} s of {noise.__name__}", str(opened), "0"))
    print(table(("what the gate lets through", "measured", "wanted: at most"), rows))


if __name__ == "__main__":
    main()
