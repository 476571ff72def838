import pytest

from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.cells import text_width
from realtime_chat.cli.hints import explained, hints
from realtime_chat.session.settings import TurnMode


def test_hints_are_made_of_the_bindings():
    assert hints(Bindings(), TurnMode.LOCAL) == (
        "space/Esc interrupt · m mute · t type · v voice · s turns · ? help · q quit"
    )
    own = Bindings.from_config({"quit": "ctrl-q", "mute": []})
    assert hints(own, TurnMode.HOLD) == "space talk · Esc interrupt · t type · v voice · s turns · ? help · Ctrl-Q quit"


@pytest.mark.parametrize("turns", list(TurnMode))
def test_what_is_needed_most_is_explained_first(turns):
    does = [text for _, text in explained(Bindings(), turns)]
    first = ["stop the answer", "mute the microphone, or no longer", "type a message", "quit"]
    assert [text for text in does if text != "begin your turn, and end it"][:4] == first


@pytest.mark.parametrize("columns", range(10, 90))
def test_what_matters_least_is_left_out(columns):
    text = hints(Bindings(), TurnMode.LOCAL, columns=columns)
    assert text_width(text) <= columns
    assert text.endswith("? help · q quit") or columns < len("? help · q quit")
    assert text.startswith("? help") or "interrupt" in text


@pytest.mark.parametrize("turns", list(TurnMode))
def test_every_key_is_explained(turns):
    told = explained(Bindings(), turns)
    keys = [key for label, _ in told for key in label.split("/")]
    assert len(keys) == len(set(keys))
    assert {"m", "t", "v", "s", "+", "-", "?", "q", "Ctrl-C"} <= set(keys)
    assert len(told) == len(Action) + (1 if turns in {TurnMode.TAP, TurnMode.HOLD} else 0)
