import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.bindings import DEFAULTS, Action, Bindings
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.key_names import FOCUS_LOST, Edge, KeyPress, Paste, name_of
from realtime_chat.session.settings import TurnMode


class Hands:
    """Somebody at the keys, and what they brought about."""

    def __init__(self, turns=TurnMode.LOCAL, *, reports_releases=False, **changes):
        self.done = []
        self.said = []
        self.changes = []
        self.controls = Controls(
            Bindings(), acted=lambda *act: self.done.append(act), typed=self.said.append, turns=turns, **changes
        )
        self.controls.reports_releases = reports_releases
        self.controls.on_change(lambda: self.changes.append(self.controls.wants_releases))

    def press(self, *keys):
        for key in keys:
            self.controls.take(KeyPress(name_of(key), key) if len(key) == 1 else KeyPress(key))

    def release(self, key):
        self.controls.take(KeyPress(key, edge=Edge.RELEASE))


def test_keys_act():
    hands = Hands()
    hands.press("m", "space", "esc", "x", "s", "+", "down", "v", "q")
    assert [action for action, _ in hands.done] == [
        Action.MUTE,
        Action.INTERRUPT,
        Action.INTERRUPT,
        Action.TURNS,
        Action.LOUDER,
        Action.QUIETER,
        Action.VOICE,
        Action.QUIT,
    ]
    assert {edge for _, edge in hands.done} == {Edge.PRESS}


def test_a_message_is_typed_while_no_key_acts():
    hands = Hands()
    hands.press("t", "q", "m", " ", "x", "backspace", "left", "home", "ctrl-c", "end", "?")
    assert hands.controls.entry == Entry("qm ?", 4)
    hands.press("enter", "m")
    assert hands.said == ["qm ?"]
    assert [action for action, _ in hands.done] == [Action.MUTE]


@pytest.mark.parametrize("keys", [("t", "a", "esc"), ("t", "enter"), ("t", " ", "enter")])
def test_nothing_is_sent(keys):
    hands = Hands()
    hands.press(*keys)
    assert hands.controls.entry is None
    assert hands.said == []
    assert hands.done == []


def test_what_is_pasted_is_text_and_never_a_command():
    hands = Hands()
    hands.controls.take(Paste("q\nm"))
    assert hands.done == []
    hands.press("t")
    hands.controls.take(Paste("one\ntwo"))
    hands.press("enter")
    assert hands.said == ["one two"]


@pytest.mark.parametrize("key", ["q", "m", "space", "v"])
def test_any_key_closes_the_help_and_acts(key):
    hands, others = Hands(), Hands()
    hands.press("?", key)
    others.press(key)
    assert hands.controls.help_page is None
    assert hands.done == others.done != []


def test_the_help_gives_way_to_what_is_typed():
    hands = Hands()
    hands.press("?", "t", "h", "i", "enter")
    assert hands.said == ["hi"]


@pytest.mark.parametrize("key", ["esc", "?", "x"])
def test_some_keys_only_close_the_help(key):
    hands = Hands()
    hands.press("?", key)
    assert hands.controls.help_page is None
    assert hands.done == []


def test_what_is_pasted_does_not_close_the_help():
    hands = Hands()
    hands.press("?")
    hands.controls.take(Paste("q"))
    assert hands.controls.help_page == 0


@pytest.mark.parametrize("is_asked", [False, True])
def test_esc_in_the_help_stops_an_answer_but_refuses_nothing_that_was_asked(is_asked):
    done, answers = [], []
    controls = Controls(Bindings(), acted=lambda *_: None)
    controls.lead(
        lambda action, _: done.append(action),
        typed=lambda _: None,
        answered=answers.append,
        is_sounding=lambda: True,
        foreseen=lambda _: None,
        turns=TurnMode.LOCAL,
    )
    controls.is_asked = is_asked
    controls.take(KeyPress("?"))
    controls.take(KeyPress("esc"))
    assert (done, answers) == ([] if is_asked else [Action.INTERRUPT], [])


def test_the_help_goes_on_where_it_does_not_fit():
    hands = Hands()
    hands.controls.help_pages = lambda: 3
    pages = []
    for _ in range(4):
        hands.press("?")
        pages.append(hands.controls.help_page)
    assert pages == [0, 1, 2, None]
    hands.press("?", "?", "m")
    assert hands.controls.help_page is None
    assert [action for action, _ in hands.done] == [Action.MUTE]


def test_before_a_conversation_one_key_acts_and_no_other():
    done = []
    controls = Controls(Bindings(), acted=lambda action, edge: done.append((action, edge)), only=Action.QUIT)
    for key in ("t", "?", "space", "y", "x", "esc"):
        controls.take(KeyPress(key, key))
    controls.take(Paste("q"))
    assert (done, controls.entry, controls.help_page) == ([], None, None)
    controls.take(KeyPress("q", "q"))
    assert done == [(Action.QUIT, Edge.PRESS)]


def test_without_a_screen_somebody_else_explains_the_keys():
    hands = Hands(has_screen=False)
    hands.press("?", "m")
    assert [action for action, _ in hands.done] == [Action.HELP, Action.MUTE]


@pytest.mark.parametrize("has_screen", [False, True])
def test_whoever_shows_what_is_typed_is_told_of_each_change(has_screen):
    hands = Hands(has_screen=has_screen)
    entries = []
    hands.controls.on_edit(entries.append)
    hands.press("t", "a", "left")
    hands.controls.take(Paste("b"))
    hands.press("enter")
    assert entries == [Entry(), Entry("a", 1), Entry("a", 0), Entry("ba", 1), None]
    assert hands.said == ["ba"]


def test_a_key_is_held():
    hands = Hands(TurnMode.HOLD, reports_releases=True)
    hands.press(" ", " ")
    hands.release("x")
    assert hands.done == [(Action.TALK, Edge.PRESS)]
    hands.release("space")
    hands.release("space")
    assert hands.done == [(Action.TALK, Edge.PRESS), (Action.TALK, Edge.RELEASE)]


@pytest.mark.parametrize(
    ("turns", "reports_releases"), [(TurnMode.TAP, True), (TurnMode.TAP, False), (TurnMode.HOLD, False)]
)
def test_a_key_is_tapped(turns, reports_releases):
    hands = Hands(turns, reports_releases=reports_releases)
    hands.press(" ", " ")
    hands.release("space")
    assert hands.done == [(Action.TALK, Edge.PRESS)] * 2


def let_go_by_focus(hands):
    hands.controls.take(KeyPress(FOCUS_LOST))


def let_go_by_typing(hands):
    hands.press("t")


def let_go_by_turns(hands):
    hands.controls.turns = TurnMode.LOCAL


@pytest.mark.parametrize("let_go", [let_go_by_focus, let_go_by_typing, let_go_by_turns])
def test_a_microphone_is_never_left_open(let_go):
    hands = Hands(TurnMode.HOLD, reports_releases=True)
    hands.press(" ")
    let_go(hands)
    assert hands.done == [(Action.TALK, Edge.PRESS), (Action.TALK, Edge.RELEASE)]


def test_losing_the_focus_is_no_key():
    hands = Hands(reports_releases=True)
    hands.press("?")
    let_go_by_focus(hands)
    assert hands.controls.help_page == 0


def test_when_releases_are_wanted():
    hands = Hands()
    hands.controls.turns = TurnMode.HOLD
    hands.press("t", "a", "enter")
    hands.controls.turns = TurnMode.TAP
    assert hands.changes == [True, False, True, False]


@pytest.mark.parametrize(("key", "answer"), [("y", True), ("n", False), ("esc", False)])
def test_a_question_is_answered_by_a_key_until_it_is_no_longer_asked(key, answer):
    answers = []
    hands = Hands(answered=answers.append)
    hands.controls.is_asked = True
    hands.press(key, key)
    hands.controls.is_asked = False
    hands.press(key)
    assert answers == [answer, answer]


def test_other_keys_act_while_a_question_is_open():
    answers = []
    hands = Hands(answered=answers.append)
    hands.controls.is_asked = True
    hands.press("m", "space", "t", "y", "enter", "y")
    assert [action for action, _ in hands.done] == [Action.MUTE, Action.INTERRUPT]
    assert (hands.said, answers) == (["y"], [True])


def test_nobody_is_asked_unasked():
    answers = []
    hands = Hands(answered=answers.append)
    hands.press("y", "n")
    assert (answers, hands.done) == ([], [])


def foreseen_by(change=lambda _: None, *, is_sounding=True, turns=TurnMode.LOCAL, keys=DEFAULTS):
    """What is foreseen when Esc has half come, and when it turns out to be something else."""
    foreseen = []
    controls = Controls(Bindings(keys), acted=lambda *_: None)
    controls.foresee("esc")  # before anybody leads it means nothing
    controls.lead(
        lambda *_: None,
        typed=lambda _: None,
        answered=lambda _: None,
        is_sounding=lambda: is_sounding,
        foreseen=foreseen.append,
        turns=turns,
    )
    change(controls)
    controls.foresee("esc")
    controls.foresee(None)
    return foreseen


@pytest.mark.parametrize("turns", TurnMode)
def test_a_key_that_would_stop_the_answer_is_foreseen(turns):
    assert foreseen_by(turns=turns) == [True, False]
    assert foreseen_by(lambda controls: controls.take(KeyPress("?")), turns=turns) == [True, False]
    assert foreseen_by(turns=turns, is_sounding=False) == [False, False]


def test_a_key_that_begins_a_turn_stops_the_answer_too():
    keys = {Action.TALK: ("esc",)}
    assert foreseen_by(turns=TurnMode.TAP, keys=keys) == [True, False]
    assert foreseen_by(turns=TurnMode.LOCAL, keys=keys) == [False, False]


def asked(controls):
    controls.is_asked = True


def asked_in_the_help(controls):
    controls.take(KeyPress("?"))
    controls.is_asked = True


@pytest.mark.parametrize("change", [lambda controls: controls.take(KeyPress("t")), asked, asked_in_the_help])
def test_a_key_that_means_something_else_stops_no_answer(change):
    assert foreseen_by(change) == [False, False]


@given(
    st.sampled_from(TurnMode),
    st.lists(st.sampled_from(["?", "t", "a", "m", "enter", "space"]), max_size=6),
    st.booleans(),
)
def test_what_is_foreseen_is_what_comes(turns, keys, is_asked):
    done, foreseen = [], []
    controls = Controls(Bindings(), acted=lambda *_: None)
    controls.lead(
        lambda action, _: done.append(action),
        typed=lambda _: None,
        answered=lambda _: None,
        is_sounding=lambda: True,
        foreseen=foreseen.append,
        turns=turns,
    )
    for key in keys:
        controls.take(KeyPress(key, key if len(key) == 1 else ""))
    controls.is_asked = is_asked
    done.clear()
    controls.foresee("esc")
    controls.take(KeyPress("esc"))
    assert foreseen == [done == [Action.INTERRUPT]]
