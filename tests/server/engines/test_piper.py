import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.piper import PiperSpeaking, _phrases, _sounds, limit
from realtime_chat.server.engines.place import Place
from realtime_chat.server.engines.seam import SPEAKING_RATE, Speech, WordTime
from realtime_chat.server.engines.worker import Cancel
from realtime_chat.server.english.normalise import SpokenWord

LONG = "It was 5 km, Dr. Smith said, and $3.50 was too much for that! So we went home at 3:45 pm, all of us together."


@pytest.fixture(scope="module")
def engine(model) -> PiperSpeaking:
    return PiperSpeaking(model("piper-en-us-joe"))


async def whole(speeches: AsyncIterator[Speech]) -> tuple[np.ndarray, list[WordTime]]:
    got = [speech async for speech in speeches]
    pcm = np.frombuffer(b"".join(speech.pcm for speech in got), "<i2")
    return pcm, [word for speech in got for word in speech.words]


@pytest.mark.engines
async def test_sound_comes_in_stretches_and_every_word_has_its_time(engine):
    got = [speech async for speech in engine.speak(LONG)]
    assert len(got) > 4
    pcm, words = await whole(engine.speak(LONG))
    ends = [word.end_char for word in words]
    samples = [word.end_sample for word in words]
    assert [LONG[:end].rsplit(maxsplit=1)[-1].rstrip(".") for end in ends] == [w.rstrip(",!.") for w in LONG.split()]
    assert ends == sorted(set(ends))
    assert samples == sorted(samples)
    assert samples[0] > 0
    assert samples[-1] <= len(pcm)
    assert 2 < len(pcm) / SPEAKING_RATE < 30


@pytest.mark.engines
async def test_a_word_comes_with_or_after_its_sound(engine):
    given_samples = 0
    async for speech in engine.speak(LONG):
        given_samples += len(speech.pcm) // 2
        assert all(word.end_sample <= given_samples for word in speech.words)


@pytest.mark.engines
async def test_it_is_a_voice_without_clipping_and_without_clicks(engine):
    pcm, _ = await whole(engine.speak(LONG))
    sound = pcm / 32768
    assert 0.02 < sound.std() < 0.3
    assert np.abs(pcm).max() < 32767
    # A click between stretches would be a step; speech at this rate never moves so far in one sample.
    assert np.abs(np.diff(sound)).max() < 0.6


@pytest.mark.engines
@pytest.mark.parametrize("text", ["", "   ", "\U0001f600", "**", "\u4f60\u597d"])
async def test_nothing_to_say_is_silence(engine, text):
    pcm, words = await whole(engine.speak(text))
    assert len(pcm) == 0
    assert words == []


@pytest.mark.engines
@pytest.mark.parametrize("speed", [0.25, 4.0, float("inf"), float("nan")])
@pytest.mark.parametrize("text", ["", ".", "\U0001f600" * 9, "\ud800", "a\udfff b", "\0", "'", "''s", "Hi \ud83d you."])
async def test_no_text_and_no_speed_breaks_it(engine, text, speed):
    pcm, words = await whole(engine.speak(text, speed=speed))
    assert bool(len(pcm)) == bool(words)
    assert all(0 < word.end_char <= len(text) for word in words)


@pytest.mark.engines
@pytest.mark.parametrize("anything", ["a", "A", "q ", "7", "!?", "7,", "a'", "\u4f60", "\U0001f600", "I.", "xQz9_"])
async def test_4096_characters_of_anything_begin_to_sound_or_are_silent(engine, anything):
    async with aclosing(engine.speak((anything * 4096)[:4096], speed=4.0)) as speeches:
        first = await anext(speeches, None)
    assert (first is None) == (not any(character.isalnum() and character.isascii() for character in anything))


@pytest.mark.engines
def test_the_first_sound_waits_for_the_words_of_its_own_phrase_only(engine, monkeypatch):
    guessed = []
    guess = engine._phonemes._letters_to_sounds
    monkeypatch.setattr(
        engine._phonemes, "_letters_to_sounds", lambda token: guessed.append(token.text) or guess(token)
    )
    unknown = [f"z{one}{other}" for one in "bcdfg" for other in "npqrstvwxz"]
    speeches = engine._compute(" ".join(unknown), 1.0, Cancel())
    assert next(speeches).pcm
    assert guessed
    assert set(guessed) <= set(unknown[:40])
    speeches.close()


@pytest.mark.engines
async def test_an_unknown_voice_is_the_one_there_is(engine):
    assert engine.voices == ("joe",)
    pcm, _ = await whole(engine.speak("Hello there.", voice="alloy"))
    assert len(pcm)


@pytest.mark.engines
async def test_faster_is_shorter(engine):
    lengths = [len((await whole(engine.speak(LONG, speed=speed)))[0]) for speed in (0.7, 1.0, 2.0)]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.engines
async def test_who_stops_listening_stops_it_and_the_next_text_is_spoken(engine):
    speeches = engine.speak(LONG * 20)
    async with aclosing(speeches):
        await anext(speeches)
    async with asyncio.timeout(10):  # the long text would take longer than this
        pcm, _ = await whole(engine.speak("Hello."))
    assert len(pcm)


@pytest.mark.engines
async def test_two_texts_at_once_are_spoken_one_after_the_other(engine):
    one, other = await asyncio.gather(whole(engine.speak("Hello there.")), whole(engine.speak("Good morning.")))
    assert len(one[0])
    assert len(other[0])


@pytest.mark.engines
async def test_a_long_text_lets_others_have_their_turn(engine):
    ended = []

    async def say(name, text):
        Place().take()
        await whole(engine.speak(text))
        ended.append(name)

    await asyncio.gather(say("long", f"{LONG} " * 4), say("short", "Yes."))
    assert ended == ["short", "long"]


@pytest.mark.engines
async def test_a_closed_engine_says_so(model):
    engine = PiperSpeaking(model("piper-en-us-joe"))
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        await whole(engine.speak("Hello."))


def test_a_folder_without_a_voice_is_an_engine_error(tmp_path):
    pytest.importorskip("onnxruntime")
    with pytest.raises(EngineError, match="cannot be read"):
        PiperSpeaking(tmp_path)


SOUND = arrays.arrays(np.float32, st.integers(0, 50), elements=st.floats(-8, 8, width=32))


@given(SOUND)
def test_no_level_leaves_the_range(sound):
    limited = limit(sound)
    assert (np.abs(limited) <= 1.0).all()
    assert (np.sign(limited) == np.sign(sound)).all()
    quiet = np.abs(sound) < 0.8
    assert (limited[quiet] == sound[quiet]).all()


TEXTS = st.text("ab", min_size=1, max_size=40) | st.text("AB", min_size=1, max_size=10)
WORDS = st.builds(SpokenWord, TEXTS, st.sampled_from(["", ",", ".", "?"]), st.just(1))


@given(st.lists(WORDS, max_size=200))
def test_phrases_are_all_the_words_and_none_is_long(words):
    phrases = list(_phrases(words))
    assert [word for phrase in phrases for word in phrase] == words
    assert all(0 < len(phrase) <= 40 for phrase in phrases)
    assert all(sum(map(_sounds, phrase)) <= 300 for phrase in phrases)


def test_the_first_phrase_of_a_long_sentence_is_short():
    words = [SpokenWord("a", "," if index == 4 else "", index) for index in range(30)]
    assert [len(phrase) for phrase in _phrases(words)] == [5, 25]
