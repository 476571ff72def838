"""The `talk` of speech-to-speech, unchanged, holds a spoken turn with the server, through sound devices."""

from __future__ import annotations

import re
import signal
import subprocess
from typing import Any

import pytest
from program import environment
from sound_pieces import wav
from stock_clients import PYTHON, TALK, missing
from strict_frames import complaints
from synthetic_voice import silence
from virtual_sound import VirtualSound, wait_for
from wire_tap import Wire

HEARD = re.compile(r"I heard \d\.\d seconds of speech\.")
SECONDS = 120
"""By then a loaded machine has imported the client, too."""

pytestmark = pytest.mark.devices


@pytest.fixture
def talk(place, own_sound: VirtualSound, tmp_path):
    """The client, on virtual devices."""
    if reason := missing(TALK):
        pytest.skip(reason)
    url = f"ws://{place.tap.url.removeprefix('http://').removesuffix('/v1')}/v1/realtime"
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [PYTHON, "-m", "speech_to_speech.cli", "talk", "--url", url, "--api-key", place.key],
            env=environment(tmp_path / "home") | own_sound.env,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    yield process
    process.kill()
    process.wait()


def events(wire: Wire, kind: str) -> list[dict[str, Any]]:
    return [event for event in wire.server_events if event["type"] == kind]


def test_a_spoken_turn(talk, place, engines, own_sound: VirtualSound, tmp_path):
    wait_for(lambda: own_sound.listeners() > 0, "the microphone to be opened", seconds=SECONDS)
    speech = wav(tmp_path / "speech.wav", silence(300) + place.turn + silence(300))
    with own_sound.listen() as heard:
        own_sound.speak_into_microphone(speech)
        wait_for(lambda: heard.sounded_s() > 1, "the answer to be played", seconds=SECONDS)
    talk.send_signal(signal.SIGINT)
    talk.wait(SECONDS)
    wire = place.tap.wires[-1]
    assert wire.model == "local"
    said = events(wire, "response.output_audio_transcript.done")[0]["transcript"]
    assert said
    assert engines == "real" or HEARD.search(said)
    assert [complaint for event in wire.server_events for complaint in complaints(event)] == []
    # It asks for an extension of its own server's, and goes on with the session as it is.
    assert {event["error"]["param"] for event in events(wire, "error")} <= {"session.extensions"}
