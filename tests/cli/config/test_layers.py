from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.config.layers import Said, key_bindings, layered

DOCUMENT = {
    "a": 1, "b": 1, "c": 1, "d": 1, "e": 1,
    "talk": {"b": 2, "c": 2, "d": 2},
    "text": {"a": 9},
    "keys": {"mute": "m", "quit": "q"},
}  # fmt: skip
PROFILE = {"c": 3, "d": 3, "e": "", "talk": {"d": 4}, "keys": {"mute": "x"}}


def test_the_more_particular_goes_before_the_more_general():
    assert layered(DOCUMENT, "talk", PROFILE, "work") == {
        "a": Said(1, ""),
        "b": Said(2, "talk"),
        "c": Said(3, "profiles.work"),
        "d": Said(4, "profiles.work.talk"),
    }


def test_without_a_profile():
    assert {key: said.value for key, said in layered(DOCUMENT, "text", {}, "").items()} == {
        "a": 9, "b": 1, "c": 1, "d": 1, "e": 1,
    }  # fmt: skip


def test_keys_of_a_profile_go_before_those_of_the_file():
    assert key_bindings(DOCUMENT, PROFILE) == {"mute": "x", "quit": "q"}
    assert key_bindings({}, {}) == {}


VALUES = st.dictionaries(st.sampled_from("abc"), st.integers() | st.just(""))


@given(VALUES, VALUES, VALUES, VALUES)
def test_the_strongest_layer_that_says_something_is_right_and_an_empty_text_means_the_default(one, two, three, four):
    said = layered({**one, "talk": two}, "talk", {**three, "talk": four}, "p")
    for key in "abc":
        strongest = next((layer[key] for layer in (four, three, two, one) if key in layer), "")
        assert (said[key].value if key in said else "") == strongest
