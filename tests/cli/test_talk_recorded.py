"""`talk --record`, on virtual sound devices."""

import wave
from pathlib import Path

import numpy as np
import pytest
from orating_server import orating
from program import Program, ScriptedServer
from sound_pieces import noise, samples, stretch_of, wav
from synthetic_voice import RATE, voice
from virtual_sound import VirtualSound, wait_for

pytestmark = pytest.mark.devices


def channels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Give the person and the model of a recorded talk."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert len(both) == file.getnframes() > 0
    return both[:, 0], both[:, 1]


def without_silence(sound: np.ndarray) -> np.ndarray:
    """Leave silence out, which a busy machine adds to what a device plays."""
    return sound[sound != 0]


def later_by(late: np.ndarray, early: np.ndarray) -> float:
    """Give by how many seconds ``late`` comes after ``early``, which sound alike."""
    size = 1 << int(np.ceil(np.log2(len(late) + len(early))))
    spectrum = np.fft.rfft(late.astype(float), size) * np.conj(np.fft.rfft(early.astype(float), size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (lag - size if lag > size // 2 else lag) / RATE


def test_both_sides_are_recorded(shell_talk, sound_devices: VirtualSound, sounds, tmp_path):
    speech = noise(4)
    with (
        orating(tmp_path / "server", wav(tmp_path / "speech.wav", speech.tobytes()), 4) as server,
        sound_devices.loudspeaker(-6, 20),  # and so what the model says is on both sides, and can be compared
    ):
        terminal = shell_talk(server.url, sound_devices, "--turns", "tap", "--no-echo-cancel", "--record", "t.wav")
        with sound_devices.listen() as speaker:
            terminal.press(" ")
            terminal.shows("hearing you")
            sound_devices.speak_into_microphone(sounds / "question.wav")
            terminal.press(" ")
            terminal.shows("model: Speech.", "listening")
            wait_for(speaker.is_silent, "the end of the answer")
        terminal.press("q")
        assert terminal.ended() == 0
    person, model = channels(tmp_path / "t.wav")
    assert stretch_of(speech, model) == pytest.approx(
        (0, len(speech)), abs=3
    )  # a sample that is faded to zero is not seen
    assert np.array_equal(without_silence(model), without_silence(samples(speaker.pcm)))
    begin = int(np.flatnonzero(model)[0])
    question = samples((sounds / "question.wav").read_bytes()[44:])
    assert np.abs(person[:begin]).max() > np.abs(question).max() * 0.9
    assert 0 <= later_by(person[begin - RATE :], model[begin - RATE :]) < 0.3


def test_a_recording_is_whole_when_the_program_is_killed(
    event_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds, tmp_path
):
    record = tmp_path / "talk.wav"
    conversation = event_talk(scripted.url, sound_devices, "--record", record)
    with sound_devices.listen() as speaker:
        sound_devices.speak_into_microphone(sounds / "question.wav")
        wait_for(lambda: speaker.sounded_s() > 0.1, "the answer")
        wait_for(record.exists, "the recording to begin")
        size = record.stat().st_size
        wait_for(lambda: record.stat().st_size > size + 2 * RATE * 4, "the recording to go on")
    conversation.process.kill()
    conversation.process.wait()
    person, model = channels(record)
    heard, recorded = without_silence(samples(speaker.pcm)), without_silence(model)
    assert len(recorded) > RATE // 2
    kept = min(len(recorded), len(heard))
    assert np.array_equal(recorded[:kept], heard[:kept])
    assert np.abs(person[: np.flatnonzero(model)[0]]).max() > 5000


def test_a_recording_is_not_written_over_another(client: Program, scripted, sounds, tmp_path):
    record = wav(tmp_path / "talk.wav", voice(300))
    before = record.read_bytes()
    for path, words in (
        (record, "exists already"),
        (tmp_path / "talk.flac", ".wav"),
        (tmp_path / "no" / "t.wav", "no "),
    ):
        files = ("--input", str(sounds / "question.wav"), "--output", str(tmp_path / "answer.wav"))
        done = client("talk", "--server", scripted.url, *files, "--record", str(path))
        assert done.returncode == 1
        assert words in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
        assert not (tmp_path / "answer.wav").exists()
    assert record.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix) == ["talk.wav"]
