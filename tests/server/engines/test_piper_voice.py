import json
import sys
from pathlib import Path

import numpy as np
import pytest

from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.piper_voice import FIRST_CHUNK, LARGEST_CHUNK, SAMPLES_PER_FRAME, PiperVoice

SETTINGS = {
    "audio": {"sample_rate": 22050},
    "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
    "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [3]},
}


def folder(path: Path, model: bytes | None, settings: object) -> Path:
    if model is not None:
        (path / "voice.onnx").write_bytes(model)
    (path / "voice.onnx.json").write_text(json.dumps(settings))
    return path / "voice.onnx"


@pytest.mark.parametrize("model", [b"", b"no model", b"\x3a\x00", None])
def test_a_broken_model_is_an_engine_error(tmp_path, model):
    pytest.importorskip("onnxruntime")
    with pytest.raises(EngineError, match=r"voice\.onnx"):
        PiperVoice(folder(tmp_path, model, SETTINGS))


@pytest.mark.parametrize("settings", [{}, [], {**SETTINGS, "phoneme_id_map": {}}, {**SETTINGS, "audio": 5}])
def test_broken_settings_are_an_engine_error(tmp_path, settings):
    pytest.importorskip("onnxruntime")
    with pytest.raises(EngineError, match="not a Piper voice"):
        PiperVoice(folder(tmp_path, b"", settings))


def test_without_onnxruntime_the_error_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EngineMissing, match="onnxruntime"):
        PiperVoice(tmp_path / "voice.onnx")


@pytest.fixture(scope="module")
def voice(model) -> PiperVoice:
    return PiperVoice(model("piper-en-us-joe") / "en_US-joe-medium.onnx")


def latents(voice: PiperVoice) -> tuple[np.ndarray, np.ndarray]:
    return voice.encode(
        voice.ids("h\u0259l\u02c8o\u028a w\u02c8\u025c\u02d0ld, " * 4), speed=1.0, options=voice.options()
    )


@pytest.mark.engines
def test_chunks_equal_the_whole(voice):
    made, _ = latents(voice)
    chunks = list(voice.decode(made, options=voice.options()))
    chunked = np.concatenate(chunks)
    (whole,) = voice._run(voice._decoder, None, {"/Mul_7_output_0": made}, voice.options())
    whole = whole.reshape(-1)
    assert len(chunks) > 3
    assert len(chunks[0]) == FIRST_CHUNK * SAMPLES_PER_FRAME
    assert max(map(len, chunks)) < (LARGEST_CHUNK + FIRST_CHUNK) * SAMPLES_PER_FRAME
    assert len(chunked) == len(whole) == made.shape[2] * SAMPLES_PER_FRAME
    noise = float(np.mean((chunked - whole) ** 2)) or 1e-20
    assert 10 * np.log10(float(np.mean(whole**2)) / noise) > 80


@pytest.mark.engines
def test_every_symbol_ends_within_the_sound_and_in_order(voice):
    made, ends = latents(voice)
    assert (np.diff(ends) >= 0).all()
    assert ends[0] > 0
    assert ends[-1] <= made.shape[2]


@pytest.mark.engines
def test_twice_the_speed_takes_about_half_the_time(voice):
    ids = voice.ids("h\u0259l\u02c8o\u028a w\u02c8\u025c\u02d0ld, " * 6)
    slow, fast = (voice.encode(ids, speed=speed, options=voice.options())[0].shape[2] for speed in (1.0, 2.0))
    assert 0.3 < fast / slow < 0.8


@pytest.mark.engines
def test_stopped_work_is_an_engine_error(voice):
    options = voice.options()
    options.terminate = True
    with pytest.raises(EngineError):
        voice.encode(voice.ids("a"), speed=1.0, options=options)
