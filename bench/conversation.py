"""The whole path: files in at real-time pace, through client, socket, server and engines, and the answer out."""

from __future__ import annotations

import csv
import statistics
import sys
import tempfile
from pathlib import Path

import httpx
from program import help_seconds, server, talk
from table import table
from wer import word_error_rate

CLIPS = Path(__file__).parents[2] / "shared" / "clips"

QUESTIONS = (
    "What is the capital of France?",
    "How many days are there in a week?",
    "Who wrote Romeo and Juliet?",
    "What do bees make?",
    "Can you tell me a short joke?",
    "What colour is the sky on a clear day?",
    "How do I make a cup of tea?",
    "What is two plus two?",
    "Which animal says meow?",
    "Where does the sun rise in the morning?",
    "What should I wear when it rains?",
    "Please tell me something about the moon.",
)


def milliseconds(values: list[float]) -> str:
    """Give median and 90th percentile."""
    ninety = sorted(values)[min(len(values) - 1, round(0.9 * len(values)))]
    return f"{statistics.median(values):.0f} ms (p90 {ninety:.0f} ms, n={len(values)})"


def main() -> None:
    """Measure and print."""
    rows: list[tuple[str, str, str]] = []
    folder = Path(tempfile.mkdtemp(prefix="realtime-chat-bench-"))
    help_seconds()  # the first one reads everything from the disk
    rows.append(
        ("`realtime-chat --help`, median of 7", f"{statistics.median(help_seconds() for _ in range(7)):.2f} s", "0.4 s")
    )
    client_megabytes: list[float] = []
    cpu: list[float] = []
    with server() as running:
        to_audio: list[float] = []
        voice_to_voice: list[float] = []
        for number, text in enumerate(QUESTIONS):
            question = folder / f"question-{number}.wav"
            spoken = httpx.post(f"{running.url}/audio/speech", json={"input": text}, timeout=60)
            question.write_bytes(spoken.raise_for_status().content)
            talked = talk(running.url, question, folder / "answer.wav")
            client_megabytes.append(talked.megabytes)
            cpu.append(talked.cpu_share)
            turns = talked.turns()
            took = ", ".join(str(turn["turn_end_to_audio_ms"]) for turn in turns)
            print(f"{took} ms: {talked.said('user')} -> {talked.said('assistant')}", file=sys.stderr)
            to_audio += [
                float(str(turn["turn_end_to_audio_ms"])) for turn in turns if turn["turn_end_to_audio_ms"] is not None
            ]
            voice_to_voice += [
                float(str(turn["voice_to_voice_ms"])) for turn in turns if turn["voice_to_voice_ms"] is not None
            ]
        rows += [
            ("end of turn to first sample at the speaker, median", milliseconds(to_audio), "500 ms"),
            ("end of voice to first sample at the speaker, median", milliseconds(voice_to_voice), ""),
        ]
        if CLIPS.is_dir():
            pairs = []
            with (CLIPS / "clips.tsv").open(encoding="utf-8") as file:
                for clip in csv.DictReader(file, delimiter="\t"):
                    heard = talk(running.url, CLIPS / clip["file"], folder / "answer.wav").said("user")
                    print(f"{clip['transcript']} -> {heard}", file=sys.stderr)
                    pairs.append((clip["transcript"], heard))
            rows.append((f"word errors, {len(pairs)} clips of real speech", f"{word_error_rate(pairs):.1%}", "8 %"))
        else:
            print("no ../shared/clips: the word error rate on real speech is left out", file=sys.stderr)
        rows += [
            ("resident memory, client, most", f"{max(client_megabytes):.0f} MB", "120 MB"),
            ("resident memory, server, after all this", f"{running.megabytes():.0f} MB", "900 MB"),
            ("share of one core, client, with its start", f"{statistics.median(cpu):.0%}", ""),
        ]
    print(table(("the whole path", "measured", "wanted: at most"), rows))


if __name__ == "__main__":
    main()
