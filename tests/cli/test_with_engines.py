"""The program with its real engines: what a person gets who has no key."""

import pytest
from program import Program

from realtime_chat.audio.files import read_audio
from realtime_chat.server.models.store import default_root

pytestmark = pytest.mark.engines


@pytest.fixture
def offline(program: Program) -> Program:
    return Program(program.env | {"REALTIME_CHAT_MODELS": str(default_root())})


def test_a_typed_question(offline: Program):
    done = offline("text", stdin=b"What is the capital of France?\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert done.stdout.endswith(b"\n")
    assert done.stderr == b""


def test_a_spoken_question(offline: Program, tmp_path):
    answer = tmp_path / "answer.wav"
    done = offline("talk", "--ask", "What is the capital of France?", "--output", str(answer))
    assert done.returncode == 0, done.stderr
    you, model = done.stdout.decode().splitlines()
    assert len(you.removeprefix("you: ").split()) > 2
    assert model.startswith("model: ")
    assert b"voice to voice" in done.stderr
    assert any(read_audio(answer))
