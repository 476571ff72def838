"""The whole program as a person runs it, with the real engines: speech goes in, and the answer's speech is understood.

No test here looks at what the model says; only at whether what is heard is what was said.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from program import COMMAND
from wer import distance, words

from realtime_chat.audio.files import read_audio, write_wav
from realtime_chat.server.engine_tasks import to_hearing
from realtime_chat.server.models.manifest import DEFAULT
from realtime_chat.server.models.store import ModelStore, Status, default_root

pytestmark = pytest.mark.engines

QUESTION = "What is the capital of France?"
CLOSE_ENOUGH = 0.34
"""Share of letters that may differ between a text and what is understood of its speech. Letters, not words: these texts
are short, and the voice never says a thing twice in the same way."""


@pytest.fixture(scope="module")
def store() -> ModelStore:
    store = ModelStore(default_root())
    for model in DEFAULT:
        if store.status(model) is not Status.PRESENT:
            pytest.skip(f"{model.name} is not here: run `realtime-chat models pull`")
    return store


@pytest.fixture(scope="module")
def question(store, tmp_path_factory) -> Path:
    """The question, spoken by the voice engine."""
    from realtime_chat.server.engines.piper import PiperSpeaking

    async def speak() -> bytes:
        speaking = PiperSpeaking(store.folder("piper-en-us-joe"))
        return b"".join([speech.pcm async for speech in speaking.speak(QUESTION)])

    path = tmp_path_factory.mktemp("question") / "question.wav"
    write_wav(path, asyncio.run(speak()))
    return path


def understood(store: ModelStore, pcm: bytes) -> str:
    """What the recogniser makes of a recording; the silence around the speech is cut off first."""
    from realtime_chat.server.engines.moonshine import MoonshineHearing

    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(int)) > 300)
    assert loud.size, "the recording is silent"
    hearing = MoonshineHearing(store.folder("moonshine-tiny-en"))
    return asyncio.run(hearing.transcribe(to_hearing(pcm[2 * int(loud[0]) : 2 * int(loud[-1]) + 2])))


def letter_error_rate(expected: str, heard: str) -> float:
    """Letters inserted, left out or replaced, as a share of the expected ones."""
    letters, others = list("".join(words(expected))), list("".join(words(heard)))
    return distance(letters, others) / len(letters)


def spoken(events: list[dict], role: str) -> str:
    """All that a side said, as the program reports it."""
    finals = [event for event in events if event["type"] == "transcript" and event["final"] and event["role"] == role]
    return " ".join(event["text"] for event in finals)


def environment(**changes: str) -> dict[str, str]:
    keys = ("OPENAI_API_KEY", "REALTIME_CHAT_KEY")
    return {name: value for name, value in os.environ.items() if name not in keys} | changes


def test_a_question_from_a_file_is_understood_and_the_answer_can_be_understood(store, question, tmp_path):
    answer = tmp_path / "answer.wav"
    command = [*COMMAND, "talk", "--input", str(question), "--output", str(answer), "--json"]
    done = subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert letter_error_rate(QUESTION, spoken(events, "user")) <= CLOSE_ENOUGH
    turn = next(event for event in events if event["type"] == "turn")
    assert turn["usage"]["output_tokens"] > 0
    assert turn["voice_to_voice_ms"] > turn["turn_end_to_audio_ms"] >= 0
    heard = understood(store, read_audio(answer))
    assert letter_error_rate(spoken(events, "assistant"), heard) <= CLOSE_ENOUGH


def test_the_server_finds_the_end_of_the_turn(question, tmp_path):
    command = [*COMMAND, "talk", "--input", str(question), "--output", str(tmp_path / "a.wav"), "--turns", "server"]
    done = subprocess.run(
        [*command, "--json"], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert letter_error_rate(QUESTION, spoken(events, "user")) <= CLOSE_ENOUGH
    assert spoken(events, "assistant")


@pytest.mark.devices
def test_a_question_spoken_into_a_microphone_is_answered_from_a_speaker(store, question, sound_devices):
    command = [*COMMAND, "talk", "--json"]
    process = subprocess.Popen(
        command,
        env=environment(**sound_devices.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    events: list[dict] = []

    def until(name: str) -> None:
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1]["type"] == name:
                return
        pytest.fail(f"the program ended before `{name}`: {process.stderr.read()}")

    try:
        until("ready")
        with sound_devices.record_speaker() as recording:
            sound_devices.speak_into_microphone(question)
            until("turn")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, errors
    assert letter_error_rate(QUESTION, spoken(events, "user")) <= CLOSE_ENOUGH
    assert letter_error_rate(spoken(events, "assistant"), understood(store, recording.pcm())) <= CLOSE_ENOUGH
