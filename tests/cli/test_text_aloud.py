"""`text --speak` as a process, against a scripted server."""

import wave
from pathlib import Path

import numpy as np
import pytest
from program import Program, ScriptedServer
from sound_cards import SoundCards
from sound_pieces import samples
from synthetic_voice import RATE
from virtual_sound import VirtualSound, wait_for


@pytest.mark.devices
def test_a_typed_conversation_is_read_aloud(client: Program, scripted: ScriptedServer, sound_devices: VirtualSound):
    with sound_devices.listen() as speaker:
        done = client("text", "--speak", "--server", scripted.url, "good morning", stdin=None, **sound_devices.env)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"You said: good morning\n", b"")
        wait_for(lambda: speaker.sounded_s() > 1, "the answer")


def test_a_typed_conversation_is_read_aloud_to_a_file(client: Program, scripted: ScriptedServer, tmp_path):
    spoken = []
    for number, options in enumerate([(), ("--speed", "1.5"), ("--volume", "0.5")]):
        path = tmp_path / f"{number}.wav"
        words = ("text", "--speak", "--output", str(path), "--server", scripted.url, *options, "good morning")
        done = client(*words, stdin=None)
        assert (done.returncode, done.stdout) == (0, b"You said: good morning\n"), done.stderr
        with wave.open(str(path)) as file:
            spoken.append(samples(file.readframes(file.getnframes())))
    usual, fast, quiet = spoken
    assert len(usual) > RATE
    assert len(usual) * 0.6 < len(fast) < len(usual) * 0.75
    assert len(quiet) == len(usual)
    assert np.abs(quiet[RATE // 10 :]).max() == pytest.approx(np.abs(usual).max() / 2, rel=0.02)


NO_SPEAKER = [
    (),
    ("--output", "USB thing"),
    ("--output", "default"),
    ("--dialect", "beta"),
    ("--dialect", "conversation"),
]


@pytest.mark.parametrize("options", NO_SPEAKER)
def test_without_a_speaker_the_answer_comes_in_writing(client: Program, scripted: ScriptedServer, options):
    done = client("text", "--speak", *options, "--server", scripted.url, "good morning", stdin=None)
    assert (done.returncode, done.stdout) == (0, b"You said: good morning\n"), done.stderr
    assert done.stderr.startswith(b"No speaker was found")
    assert done.stderr.endswith(b"Answers come in writing until a speaker is there.\n")
    assert done.stderr.count(b"\n") == 1


def test_without_a_speaker_each_line_is_answered_in_writing(client: Program, scripted: ScriptedServer):
    done = client("text", "--speak", "--lines", "--server", scripted.url, stdin=b"one\ntwo\n")
    assert (done.returncode, done.stdout) == (0, b"You said: one\nYou said: two\n"), done.stderr
    assert done.stderr.count(b"\n") == 1


def test_without_portaudio_too(client: Program, scripted: ScriptedServer, tmp_path: Path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    words = ("text", "--speak", "--server", scripted.url, "good morning")
    done = client(*words, stdin=None, PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, b"You said: good morning\n"), done.stderr
    assert b"libportaudio2" in done.stderr
    assert done.stderr.endswith(b"Answers come in writing.\n")


@pytest.mark.devices
def test_a_speaker_that_comes_later_is_used(client: Program, scripted: ScriptedServer, sound_cards: SoundCards):
    sound_cards.unplug("desk")
    with client.start("text", "--speak", "--lines", "--server", scripted.url, **sound_cards.env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None

        def answered(line: bytes) -> None:
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == b"You said: " + line

        answered(b"one\n")
        assert process.stderr.readline().startswith(b"No speaker was found")
        sound_cards.plug("desk")
        with sound_cards["desk"].listen() as speaker:
            wait_for(lambda: sound_cards["desk"].players() > 0, "the speaker to be opened")
            wait_for(lambda: answered(b"two\n") or speaker.sounded_s() > 0.5, "an answer that sounds")
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize("option", [("--output", "x.wav"), ("--voice", "joe"), ("--speed", "1"), ("--volume", "1")])
def test_what_is_for_speech_needs_speech(client: Program, option: tuple[str, str]):
    done = client("text", *option, "--server", "http://127.0.0.1:1/v1", "hello")
    assert done.returncode == 2
    assert f"{option[0]} is for answers that are spoken: add --speak".encode() in done.stderr


def test_what_is_only_configured_for_speech_does_not_matter(client: Program, scripted: ScriptedServer):
    done = client("text", "--server", scripted.url, "hello", REALTIME_CHAT_OUTPUT="x.wav", REALTIME_CHAT_VOLUME="0.5")
    assert done.returncode == 0


def test_an_answer_is_not_written_over_a_file(client: Program, scripted: ScriptedServer, tmp_path: Path):
    path = tmp_path / "answer.wav"
    path.write_bytes(b"precious")
    words = ("text", "--speak", "--output", str(path), "--server", scripted.url, "good morning")
    done = client(*words)
    assert (done.returncode, path.read_bytes()) == (2, b"precious")
    assert b"--force" in done.stderr
    assert client(*words, "--force").returncode == 0
    assert path.read_bytes()[:4] == b"RIFF"
