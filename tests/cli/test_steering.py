from itertools import count
from types import SimpleNamespace

import pytest

from realtime_chat.cli.announcements import announcement
from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.key_names import Edge, KeyPress
from realtime_chat.cli.steering import Steering
from realtime_chat.session.notices import Fault, Phase, ToolOutcome, ToolQuestion, ToolResult, TurnsChanged
from realtime_chat.session.settings import TurnMode


class Talk:
    """Notes what is asked of it."""

    def __init__(self, turns=TurnMode.LOCAL):
        self.asked = []
        self.turns_mode = turns
        self.voice = True
        self.muted = False
        self.phase = Phase.LISTENING
        self.microphone_level = 0.25
        self.speaker_level = 0.5
        self.spoken = ("item", 4)

    def __getattr__(self, name):
        return lambda *given: self.asked.append((name, *given))

    def change_turns(self, mode):
        self.turns_mode = mode


@pytest.fixture
def speaker():
    return SimpleNamespace(volume=1.0)


def controls_of(*, has_screen=True):
    return Controls(Bindings(), acted=lambda *_: None, only=Action.QUIT, has_screen=has_screen)


def steering_of(talk, speaker):
    return Steering(talk, speaker, controls_of(), now=count().__next__)


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("space", ("interrupt",)),
        ("esc", ("interrupt",)),
        ("m", ("toggle_mute",)),
        ("q", ("quit",)),
        ("v", ("set_voice", False)),
    ],
)
def test_a_key_asks_the_conversation(speaker, key, asked):
    talk = Talk()
    steering_of(talk, speaker).controls.take(KeyPress(key))
    assert talk.asked == [asked]


def test_the_volume_goes_in_steps(speaker):
    steering = steering_of(Talk(), speaker)
    for action in (Action.LOUDER, Action.LOUDER, Action.QUIETER):
        steering.act(action, Edge.PRESS)
    assert speaker.volume == 1.1


def test_what_no_notice_tells_is_told_where_there_is_no_screen(speaker):
    talk, replies = Talk(), []

    def toggle():
        talk.muted = not talk.muted

    talk.toggle_mute = toggle
    steering = Steering(talk, speaker, controls_of(has_screen=False))
    steering.reply_to(replies.append)
    for key in ("m", "m", "+", "-"):
        steering.controls.take(KeyPress(key))
    assert replies == [
        "The microphone is muted.",
        "The microphone is on again.",
        "The volume is 110%.",
        "The volume is 100%.",
    ]
    replies.clear()
    steering.controls.take(KeyPress("?"))
    assert replies[:2] == ["space/Esc: stop the answer", "m: mute the microphone, or no longer"]
    assert replies[-1] == "Ctrl-C: end the program"


def test_whoever_cannot_hold_a_key_is_told_what_to_press_once(speaker):
    talk, told = Talk(TurnMode.HOLD), []
    steering_of(talk, speaker).begin(told.append)
    told.append(TurnsChanged(talk.turns_mode))
    sentences = [notice.message if isinstance(notice, Fault) else announcement(notice, "space") for notice in told]
    assert sum("begin your turn" in sentence for sentence in sentences) == 1


def test_who_ends_a_turn_goes_round_without_holding_where_that_cannot_be(speaker):
    talk = Talk()
    steering = steering_of(talk, speaker)
    seen = []
    for _ in range(5):
        steering.act(Action.TURNS, Edge.PRESS)
        seen.append(talk.turns_mode)
    assert seen == [TurnMode.SERVER, TurnMode.SEMANTIC, TurnMode.TAP, TurnMode.LOCAL, TurnMode.SERVER]
    steering.controls.reports_releases = True
    talk.turns_mode = TurnMode.TAP
    steering.act(Action.TURNS, Edge.PRESS)
    assert talk.turns_mode is TurnMode.HOLD


def test_a_tap_begins_and_ends_a_turn(speaker):
    talk = Talk(TurnMode.TAP)
    steering = steering_of(talk, speaker)
    steering.controls.take(KeyPress("space"))
    talk.phase = Phase.HEARING
    steering.controls.take(KeyPress("space"))
    assert talk.asked == [("begin_turn",), ("end_turn",)]


def test_a_key_that_repeats_is_one_tap(speaker):
    talk, times = Talk(TurnMode.TAP), iter((5.0, 5.4, 5.43, 5.46, 6.0))
    steering = Steering(talk, speaker, controls_of(), now=times.__next__)
    for _ in range(5):
        steering.controls.take(KeyPress("space"))
    assert len(talk.asked) == 3


def test_a_held_key_is_a_turn(speaker):
    talk = Talk(TurnMode.HOLD)
    steering = steering_of(talk, speaker)
    steering.controls.reports_releases = True
    steering.controls.take(KeyPress("space"))
    talk.phase = Phase.HEARING
    steering.controls.take(KeyPress("space", edge=Edge.RELEASE))
    assert talk.asked == [("begin_turn",), ("end_turn",)]


def test_where_no_release_is_told_holding_becomes_tapping(speaker):
    talk, told = Talk(TurnMode.HOLD), []
    steering_of(talk, speaker).begin(told.append)
    assert talk.turns_mode is TurnMode.TAP
    assert [type(notice) for notice in told] == [Fault]


def test_where_releases_are_told_nothing_is_said(speaker):
    talk, told = Talk(TurnMode.HOLD), []
    steering = steering_of(talk, speaker)
    steering.controls.reports_releases = True
    steering.begin(told.append)
    assert (talk.turns_mode, told) == (TurnMode.HOLD, [])


def test_the_keys_follow_the_turns(speaker):
    steering = steering_of(Talk(), speaker)
    steering(TurnsChanged(TurnMode.TAP))
    assert steering.controls.turns is TurnMode.TAP


def test_the_screen_is_told_all_it_asks_for(speaker):
    status = steering_of(Talk(), speaker).status()
    assert (status.microphone, status.speaker, status.volume, status.spoken) == (0.25, 0.5, 1.0, ("item", 4))
    assert (status.is_voice_on, status.is_muted, status.turns) == (True, False, TurnMode.LOCAL)


QUESTION = ToolQuestion("c1", "pay", '{"sum": 3}')


@pytest.mark.parametrize(("key", "is_allowed"), [("y", True), ("n", False)])
def test_a_key_answers_whether_a_tool_may_be_called(speaker, key, is_allowed):
    talk = Talk()
    steering = steering_of(talk, speaker)
    steering(QUESTION)
    assert steering.status().question == "May it call pay(sum=3)?"
    steering.controls.take(KeyPress(key, key))
    assert talk.asked == [("allow_tool", "c1", is_allowed)]
    assert steering.status().question == ""


def test_a_question_that_is_over_is_not_answered(speaker):
    talk = Talk()
    steering = steering_of(talk, speaker)
    steering(QUESTION)
    steering(ToolResult("c2", "look", ToolOutcome.DONE, "", 1))
    assert steering.status().question
    steering(ToolResult("c1", "pay", ToolOutcome.INTERRUPTED, "", 1))
    steering.controls.take(KeyPress("y", "y"))
    assert (talk.asked, steering.status().question) == ([], "")


def test_the_answer_may_bring_the_next_question(speaker):
    talk = Talk()
    steering = steering_of(talk, speaker)
    talk.allow_tool = lambda call_id, _: steering(ToolQuestion("c2", "sell", "{}")) if call_id == "c1" else None
    steering(QUESTION)
    steering.controls.take(KeyPress("y", "y"))
    assert steering.status().question == "May it call sell()?"
