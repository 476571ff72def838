import asyncio
import csv
import shutil

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from wer import distance, word_error_rate, words

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.moonshine import DECODER, ENCODER, TOKENS, MoonshineHearing, repetition
from realtime_chat.server.engines.place import Place
from realtime_chat.server.engines.seam import HEARING_RATE
from realtime_chat.server.engines.voiced import split_at_pauses


@pytest.mark.parametrize(
    ("tokens", "repeated"),
    [
        ([], 0),
        ([5] * 11, 0),
        ([5] * 12, 11),
        ([1, 2, 3] * 3, 0),
        ([9, 9, *[1, 2, 3] * 4], 9),
        ([1, 2, 3, 4, 5, 6, 7, 8] * 4, 24),
        ([1, 2, 3] * 4 + [7], 0),
    ],
)
def test_repetition(tokens, repeated):
    assert repetition(tokens) == repeated


@given(st.lists(st.integers(0, 3), max_size=40))
def test_what_is_left_after_a_repetition_went_is_none_itself(tokens):
    if repeated := repetition(tokens):
        assert repeated < len(tokens)
        period_times = tokens[-repeated:]
        assert tokens[: len(tokens) - repeated][-1] == period_times[-1]


@pytest.fixture(scope="module")
def folder(model):
    return model("moonshine-tiny-en")


@pytest.fixture(scope="module")
def hearing(folder):
    engine = MoonshineHearing(folder)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spoken(clips):
    """(words said, samples) of each clip."""
    with (clips / "clips.tsv").open(encoding="utf-8") as table:
        return [(row["transcript"], _read(clips / row["file"])) for row in csv.DictReader(table, delimiter="\t")]


def _read(path):
    samples, rate = soundfile.read(path, dtype="float32")
    return soxr.resample(samples, rate, HEARING_RATE).astype(np.float32)


@pytest.mark.engines
async def test_real_speech_is_recognised(hearing, spoken):
    heard = [(said, await hearing.transcribe(samples)) for said, samples in spoken]
    assert word_error_rate(heard) <= 0.15


@pytest.mark.engines
async def test_what_was_heard_before_makes_it_quicker_but_no_different(folder, spoken):
    fresh = MoonshineHearing(folder)
    grown = MoonshineHearing(folder)
    steps = []
    run = grown._decoder.run

    class Counted:
        def run(self, *args):
            steps.append(args)
            return run(*args)

    grown._decoder = Counted()
    _, samples = spoken[0]
    try:
        for end in range(HEARING_RATE, len(samples), HEARING_RATE):
            await grown.transcribe(samples[:end])
        steps.clear()
        text = await grown.transcribe(samples)
        assert text == await fresh.transcribe(samples)
        growing = len(steps)
        assert growing < len(words(text)), "a step a word would be decoding it anew"
        steps.clear()
        assert await grown.transcribe(samples) == text
        assert len(steps) == 1
        other_said, other = spoken[1]
        assert distance(words(other_said), words(await grown.transcribe(other))) < len(words(other_said))
    finally:
        fresh.close()
        grown.close()


@pytest.mark.engines
async def test_long_speech_lets_others_have_their_turn(folder, spoken):
    pause = np.zeros(HEARING_RATE // 2, np.float32)
    long = np.concatenate([part for _, clip in spoken for part in (clip, pause)])
    engine = MoonshineHearing(folder)
    ended = []

    async def hear(name, samples):
        Place().take()
        assert await engine.transcribe(samples)
        ended.append(name)

    try:
        await asyncio.gather(hear("long", long), hear("short", spoken[0][1]))
    finally:
        engine.close()
    assert ended == ["short", "long"]


@pytest.mark.engines
async def test_speech_longer_than_the_model_takes_is_heard_whole(hearing, spoken):
    pause = np.zeros(HEARING_RATE // 2, np.float32)
    samples = np.concatenate([part for _, clip in spoken for part in (clip, pause)])
    assert len(samples) > 40 * HEARING_RATE
    assert word_error_rate([(" ".join(said for said, _ in spoken), await hearing.transcribe(samples))]) <= 0.2


@pytest.fixture
def counted(folder, monkeypatch):
    """A fresh engine, and the samples of every piece it encodes."""
    engine = MoonshineHearing(folder)
    encoded = []
    run = engine._encoder.run

    class Counted:
        def run(self, names, feeds, options):
            encoded.append(feeds["input_values"].shape[1])
            return run(names, feeds, options)

    engine._encoder = Counted()
    yield engine, encoded
    engine.close()


@pytest.mark.engines
async def test_a_growing_utterance_costs_only_its_last_piece(counted, hearing, spoken):
    engine, encoded = counted
    samples = np.concatenate([clip for _, clip in spoken])[: 40 * HEARING_RATE]
    assert len(samples) == 40 * HEARING_RATE
    samples[35 * HEARING_RATE :] *= 3  # what comes later, however loud, makes nothing new of what was finished
    finished = 0
    for end in range(4, 41, 4):
        grown = samples[: end * HEARING_RATE]
        before, finished = finished, len(split_at_pauses(grown, longest=16 * HEARING_RATE, search=6 * HEARING_RATE)) - 1
        encoded.clear()
        text = await engine.transcribe(grown)
        assert len(encoded) == 1 + finished - before
    assert finished >= 2
    assert text == await hearing.transcribe(samples)
    encoded.clear()
    assert await engine.transcribe(samples) == text
    assert len(encoded) == 1


@pytest.mark.engines
async def test_only_so_many_finished_pieces_are_remembered(counted, spoken, monkeypatch):
    monkeypatch.setattr("realtime_chat.server.engines.moonshine._REMEMBERED", 1)
    engine, encoded = counted
    samples = np.concatenate([clip for _, clip in spoken])[: 40 * HEARING_RATE]
    text = await engine.transcribe(samples)
    assert len(engine._finished) == 1
    pieces = len(encoded)
    assert pieces > 2
    assert await engine.transcribe(samples) == text


@pytest.mark.engines
@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.ones(1, np.float32),
        np.full(HEARING_RATE, np.nan, np.float32),
        np.full(HEARING_RATE, np.inf, np.float32),
        np.where(np.arange(HEARING_RATE) % 7, np.float32(0.3), np.float32(np.nan)),
        np.full(HEARING_RATE, np.finfo(np.float32).max, np.float32),
        np.zeros(HEARING_RATE, np.int16),
    ],
    ids=["empty", "one sample", "nan", "infinite", "some nan", "far too loud", "integers"],
)
async def test_no_sound_breaks_it(hearing, spoken, samples):
    assert isinstance(await hearing.transcribe(samples), str)
    assert await hearing.transcribe(spoken[0][1]), "and the next call works"


@pytest.mark.engines
@pytest.mark.parametrize("seconds", [0, 0.01, 3])
async def test_silence_has_no_words(hearing, seconds):
    assert not await hearing.transcribe(np.zeros(int(seconds * HEARING_RATE), np.float32))


@pytest.mark.engines
@pytest.mark.parametrize("seconds", [0.1, 2])
async def test_noise_is_not_you(hearing, seconds):
    noise = np.random.default_rng(1).normal(0, 0.1, int(seconds * HEARING_RATE)).astype(np.float32)
    assert words(await hearing.transcribe(noise)) != ["you"]


@pytest.mark.engines
async def test_a_cancelled_call_makes_way_for_the_next(hearing, spoken):
    long = np.concatenate([samples for _, samples in spoken])
    for turns in range(3):
        task = asyncio.create_task(hearing.transcribe(long))
        for _ in range(turns):
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await hearing.transcribe(spoken[0][1])


@pytest.mark.engines
@pytest.mark.parametrize("broken", [ENCODER, DECODER, TOKENS])
@pytest.mark.parametrize("how", ["missing", "empty", "short", "other"])
def test_a_broken_file_is_named(folder, tmp_path, broken, how, capfd):
    for name in (ENCODER, DECODER, TOKENS):
        shutil.copy(folder / name, tmp_path / name)
    path = tmp_path / broken
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "short":
        path.write_bytes(path.read_bytes()[:100_000])
    elif broken == TOKENS:
        path.write_bytes(b"\xff" * 1000)
    else:
        shutil.copy(folder / {ENCODER: DECODER, DECODER: ENCODER}[broken], path)
    with pytest.raises(EngineError, match=f"The hearing engine failed: {broken} cannot be loaded"):
        MoonshineHearing(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_no_onnxruntime_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(EngineError, match=r"needs onnxruntime: install it with .*\[local\]"):
        MoonshineHearing(tmp_path)
