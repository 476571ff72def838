import pytest

from realtime_chat.cli.bindings import DEFAULTS, Action, Bindings
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.key_names import canonical
from realtime_chat.session.settings import TurnMode

BY_EAR, BY_KEY = [TurnMode.LOCAL, TurnMode.SERVER, TurnMode.SEMANTIC], [TurnMode.TAP, TurnMode.HOLD]


@pytest.mark.parametrize("turns", BY_EAR)
def test_space_interrupts_where_the_ear_says_whose_turn_it_is(turns):
    bindings = Bindings()
    assert bindings.action_of("space", turns) is Action.INTERRUPT
    assert bindings.keys_of(Action.INTERRUPT, turns) == ("space", "esc")
    assert bindings.keys_of(Action.TALK, turns) == ()


@pytest.mark.parametrize("turns", BY_KEY)
def test_space_talks_where_a_key_does(turns):
    bindings = Bindings()
    assert bindings.action_of("space", turns) is Action.TALK
    assert bindings.action_of("esc", turns) is Action.INTERRUPT
    assert bindings.keys_of(Action.INTERRUPT, turns) == ("esc",)
    assert bindings.label(Action.TALK, turns) == "space"


def test_every_action_has_a_key_by_its_one_name():
    assert set(DEFAULTS) == set(Action)
    assert all(canonical(key) == key for keys in DEFAULTS.values() for key in keys)


def test_keys_of_ones_own():
    bindings = Bindings.from_config({"mute": "F5", "quit": ["ctrl+q", "x", "X"], "voice": [], "talk": "v"})
    assert bindings.action_of("f5", TurnMode.LOCAL) is Action.MUTE
    assert bindings.action_of("m", TurnMode.LOCAL) is None
    assert bindings.keys_of(Action.QUIT, TurnMode.LOCAL) == ("ctrl-q", "x")
    assert bindings.label(Action.QUIT, TurnMode.LOCAL) == "Ctrl-Q/x"
    assert bindings.label(Action.VOICE, TurnMode.LOCAL) == ""
    assert bindings.action_of("v", TurnMode.LOCAL) is None
    assert bindings.action_of("v", TurnMode.TAP) is Action.TALK
    assert bindings.action_of("space", TurnMode.TAP) is Action.INTERRUPT
    assert bindings.talk_key == "v"


def test_talking_may_have_no_key():
    assert "bind" in Bindings.from_config({"talk": []}).talk_key


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"mut": "m"}, "There is no action 'mut' to bind a key to: take one of interrupt, mute, "),
        ({"mute": "meta"}, "There is no key 'meta' to bind to mute: write a character, or a name such as space"),
        ({"mute": [3]}, "There is no key '3' to bind to mute"),
        ({"mute": 3}, "The keys of mute are neither a name nor a list of names: write mute = ['x', 'f5']."),
        ({"mute": "q"}, "The key 'q' is bound twice, to mute and quit: give each action keys of its own."),
        ({"talk": "q"}, "The key 'q' is bound twice, to quit and talk: give each action keys of its own."),
        ({"mute": "ctrl-c"}, "The key 'ctrl-c' cannot be bound to mute: it always ends the program."),
        ({"mute": "ctrl-i"}, "The key 'ctrl-i' cannot be bound to mute: terminals send it for tab."),
        ({"\x1b[2Jx": "m"}, "There is no action 'x' to bind a key to"),
        ({"x" * 99: "m"}, f"There is no action '{'x' * 40}' to bind"),
    ],
)
def test_what_cannot_be_bound(config, sentence):
    with pytest.raises(WrongUsage) as error:
        Bindings.from_config(config)
    assert str(error.value).startswith(sentence)


def test_a_key_that_is_named_twice_outside_a_configuration():
    with pytest.raises(WrongUsage, match="bound twice, to mute:"):
        Bindings({Action.MUTE: ("m", "m")})
