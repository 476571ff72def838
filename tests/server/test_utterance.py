from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.utterance import PARTIAL_EVERY, SPECULATE_AFTER, VOICE_TAIL, Utterance

words = st.lists(st.sampled_from(["one", "two", "three", "four", "five"]), max_size=8).map(" ".join)


def test_silence_alone_is_never_decoded():
    assert not Utterance("item").wants(10 * PARTIAL_EVERY, 0)


def test_a_growing_utterance_is_decoded_now_and_then():
    utterance = Utterance("item")
    assert not utterance.wants(PARTIAL_EVERY - 1, PARTIAL_EVERY - 1)
    assert utterance.wants(PARTIAL_EVERY, PARTIAL_EVERY)
    utterance.asked(PARTIAL_EVERY)
    assert not utterance.wants(5 * PARTIAL_EVERY, 5 * PARTIAL_EVERY)
    utterance.learned(PARTIAL_EVERY, "hello")
    assert utterance.wants(2 * PARTIAL_EVERY, 2 * PARTIAL_EVERY)


def test_the_first_silence_is_decoded_once():
    utterance = Utterance("item")
    voiced_end = 10_000
    length = voiced_end + SPECULATE_AFTER
    assert utterance.wants(length, voiced_end)
    utterance.asked(length)
    utterance.learned(length, "hello there")
    assert utterance.settled(voiced_end)
    assert not utterance.wants(length + PARTIAL_EVERY, voiced_end)
    assert not utterance.settled(length)


def test_a_decode_that_stops_short_of_the_voice_settles_nothing():
    utterance = Utterance("item")
    utterance.learned(10_000, "hello")
    assert not utterance.settled(10_000 - VOICE_TAIL + 1)


def test_shown_words_are_those_two_decodes_agree_on_less_the_last():
    utterance = Utterance("item")
    assert utterance.learned(1, "what is the") == ""
    assert utterance.learned(2, "what is the cat") == "what is"
    assert utterance.learned(3, "what is the capital of") == ""
    assert utterance.learned(4, "what is the capital of France") == " the capital"
    assert utterance.rest("what is the capital of France?") == " of France?"


def test_an_older_decode_changes_nothing():
    utterance = Utterance("item")
    utterance.learned(5, "new words")
    assert utterance.learned(2, "old") == ""
    assert utterance.text == "new words"


def test_a_decode_that_failed_is_not_under_way_any_more():
    utterance = Utterance("item")
    utterance.asked(100)
    assert utterance.busy
    utterance.gave_up()
    assert not utterance.busy


@given(st.lists(words, max_size=6), words)
def test_what_is_shown_only_grows_and_the_rest_completes_it(hypotheses, final):
    utterance = Utterance("item")
    shown = ""
    for length, text in enumerate(hypotheses, 1):
        shown += utterance.learned(length, text)
    rest = utterance.rest(final)
    before, after = shown.split(), final.split()
    continues = after[: len(before)] == before and len(after) > len(before)
    assert (shown + rest == final) if continues else (rest == "")
