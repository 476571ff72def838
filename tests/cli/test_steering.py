import asyncio
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.fade import FADE_SAMPLES
from realtime_chat.audio.frame import SAMPLE_BYTES
from realtime_chat.audio.memory import MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.cli.announcements import announcement
from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.consent import READ_S
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.key_names import Edge, KeyPress
from realtime_chat.cli.steering import Steering
from realtime_chat.cli.tapping import DOUBT_S, LET_GO_S, LONGEST_DELAY_S
from realtime_chat.session.notices import Fault, Phase, ToolOutcome, ToolQuestion, ToolResult, TurnsChanged
from realtime_chat.session.settings import TurnMode


class Talk:
    """Notes what is asked of it, and does it as far as its phase tells."""

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

    def begin_turn(self):
        self.asked.append(("begin_turn",))
        if self.phase not in {Phase.CONNECTING, Phase.CLOSED}:
            self.phase = Phase.HEARING

    def end_turn(self):
        self.asked.append(("end_turn",))
        self.phase = Phase.THINKING if self.phase is Phase.HEARING else self.phase

    def interrupt(self):
        self.asked.append(("interrupt",))
        self.phase = Phase.LISTENING


class Loudness:
    """A speaker of which only this is known."""

    def __init__(self):
        self.volume = 1.0
        self.is_held = False

    def hold(self):
        assert not self.is_held
        self.is_held = True

    def release(self):
        assert self.is_held
        self.is_held = False


class Time:
    """Goes by when it is told to, and then calls whoever waits for it."""

    def __init__(self):
        self.now = 100.0
        self._waiting = {}

    def later(self, seconds, call):
        timer = Timer(self._waiting)
        self._waiting[timer] = (self.now + seconds, call)
        return timer

    def until(self, now):
        while self._waiting:
            timer, (at, call) = min(self._waiting.items(), key=lambda one: one[1][0])
            if at > now:
                break
            timer.cancel()
            self.now = at
            call()
        self.now = now

    @property
    def is_awaited(self):
        return bool(self._waiting)


class Timer:
    def __init__(self, waiting):
        self._waiting = waiting

    def cancel(self):
        self._waiting.pop(self, None)


class Hands:
    """Somebody at the keys of a terminal that tells of presses only, while time goes by."""

    def __init__(self, talk, speaker):
        self.talk, self.speaker, self.time = talk, speaker, Time()
        self.steering = Steering(talk, speaker, controls_of(), now=lambda: self.time.now, later=self.time.later)

    def press(self, key="space"):
        self.steering.controls.take(KeyPress(key))

    def hold(self, key="space", *, delay=0.5, interval=0.033, times=30):
        """Press a key for so many times that it comes again, and let it go."""
        self.press(key)
        self.wait(delay)
        for _ in range(times):
            self.press(key)
            self.wait(interval)

    def wait(self, seconds):
        self.time.until(self.time.now + seconds)


@pytest.fixture
def speaker():
    return Loudness()


@pytest.fixture
def hands(speaker):
    return Hands(Talk(TurnMode.TAP), speaker)


def controls_of(*, has_screen=True):
    return Controls(Bindings(), acted=lambda *_: None, only=Action.QUIT, has_screen=has_screen)


def steering_of(talk, speaker):
    return Hands(talk, speaker).steering


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


BEGIN, END = ("begin_turn",), ("end_turn",)


@pytest.mark.parametrize(("seconds", "is_known_after"), [(0.3, DOUBT_S), (LONGEST_DELAY_S + 0.1, 0)])
def test_a_tap_begins_and_ends_a_turn(hands, seconds, is_known_after):
    hands.press()
    assert (hands.talk.asked, hands.talk.phase) == ([BEGIN], Phase.HEARING)
    hands.wait(seconds)
    hands.press()
    hands.wait(is_known_after)
    assert (hands.talk.asked, hands.talk.phase) == ([BEGIN, END], Phase.THINKING)


@pytest.mark.parametrize(("delay", "interval"), [(0.25, 0.092), (0.5, 0.033), (0.66, 0.04), (1.0, 0.05)])
def test_a_held_key_is_a_turn_also_where_no_release_is_told(hands, delay, interval):
    hands.hold(delay=delay, interval=interval)
    assert (hands.talk.asked, hands.talk.phase) == ([BEGIN], Phase.HEARING)
    hands.wait(LET_GO_S)
    assert (hands.talk.asked, hands.talk.phase) == ([BEGIN, END], Phase.THINKING)
    hands.wait(10)
    hands.hold()
    hands.wait(LET_GO_S)
    assert hands.talk.asked == [BEGIN, END] * 2


@pytest.mark.parametrize("seconds", [0.3, 3])
def test_the_tap_that_ends_a_turn_may_last(hands, seconds):
    hands.press()
    hands.wait(seconds)
    hands.hold()
    hands.wait(10)
    assert hands.talk.asked == [BEGIN, END]


def test_a_tap_interrupts_the_answer_at_once(hands):
    hands.talk.phase = Phase.SPEAKING
    hands.press()
    assert (hands.talk.asked, hands.talk.phase) == ([BEGIN], Phase.HEARING)
    assert not hands.time.is_awaited


@pytest.mark.parametrize("is_held", [False, True])
def test_an_answer_that_comes_quickly_waits_for_who_may_have_interrupted_it(hands, is_held):
    hands.press()
    hands.wait(3)
    hands.press()
    hands.talk.phase = Phase.SPEAKING
    hands.wait(0.5)
    hands.press()  # another tap, or the one before lasts
    assert hands.speaker.is_held
    if is_held:
        hands.wait(0.033)
        hands.press()
    else:
        hands.wait(DOUBT_S)
    assert not hands.speaker.is_held
    assert hands.talk.asked == ([BEGIN, END] if is_held else [BEGIN, END, BEGIN])


@pytest.mark.parametrize("times", [0, 1, 5])
def test_what_is_taken_back_in_mid_turn_is_not_begun_again(hands, times):
    hands.hold(times=times)
    hands.press("esc")
    hands.wait(10)
    assert hands.talk.phase is Phase.LISTENING
    assert hands.talk.asked == [BEGIN, ("interrupt",)]


@pytest.mark.parametrize("times", [0, 1, 5])
def test_a_turn_is_over_when_somebody_else_says_when_it_is(hands, times):
    hands.hold(times=times)
    hands.talk.turns_mode, hands.talk.phase = TurnMode.LOCAL, Phase.THINKING
    hands.steering(TurnsChanged(TurnMode.LOCAL))
    hands.wait(10)
    assert hands.talk.asked == [BEGIN]
    hands.press()
    assert hands.talk.asked == [BEGIN, ("interrupt",)]


@pytest.mark.parametrize("turns", [TurnMode.TAP, TurnMode.HOLD])
@pytest.mark.parametrize("times", [1, 2, 20])
def test_a_key_that_was_held_before_the_session_was_open_opens_no_microphone_for_good(hands, turns, times):
    hands.talk.turns_mode, hands.talk.phase = turns, Phase.CONNECTING
    hands.steering.begin(lambda _: None)
    hands.talk.turns_mode = turns  # it changes when the session is open
    hands.hold(times=20)
    hands.talk.turns_mode, hands.talk.phase = TurnMode.TAP, Phase.LISTENING
    hands.steering(TurnsChanged(TurnMode.TAP))
    for _ in range(times):
        hands.press()
        hands.wait(0.033)
    hands.wait(10)
    assert hands.talk.phase is Phase.LISTENING
    hands.press()
    assert hands.talk.phase is Phase.HEARING


@pytest.mark.parametrize("times", [0, 1, 5])
def test_what_becomes_known_after_the_end_does_nothing(hands, times):
    hands.hold(times=times)
    hands.talk.phase = Phase.CLOSED  # by Ctrl-C
    hands.wait(10)
    assert hands.talk.phase is Phase.CLOSED
    assert hands.talk.asked.count(BEGIN) == 1


def test_a_turn_that_ended_by_itself_is_not_begun_by_the_tap_that_was_to_end_it(hands):
    hands.press()
    hands.wait(0.5)
    hands.press()
    hands.talk.phase = Phase.THINKING  # the microphone was unplugged
    hands.wait(10)
    assert hands.talk.phase is Phase.THINKING


@given(st.lists(st.tuples(st.sampled_from(["space", "esc", "m", "v", "t", "enter", "q"]), st.floats(0, 1.5))))
def test_whatever_is_pressed_nothing_is_left_waiting(presses):
    hands = Hands(Talk(TurnMode.TAP), Loudness())
    hands.talk.phase = Phase.SPEAKING
    for key, seconds in presses:
        hands.press(key)
        hands.wait(seconds)
    hands.wait(max(DOUBT_S, LET_GO_S) + 0.001)
    assert not hands.time.is_awaited
    assert not hands.speaker.is_held


async def test_time_goes_by_on_the_event_loop(speaker):
    talk = Talk(TurnMode.TAP)
    ended = asyncio.Event()
    talk.end_turn = ended.set
    steering = Steering(talk, speaker, controls_of(), now=count().__next__)
    steering.controls.take(KeyPress("space"))
    steering.controls.take(KeyPress("space"))
    await ended.wait()


async def test_the_sound_stops_with_the_first_byte_of_esc_and_goes_on_where_it_was_something_else():
    pcm = bytes(range(1, 241)) * 100
    async with MemorySpeaker(pace=Pace.STEPPED) as speaker:
        talk = Talk()
        talk.phase = Phase.SPEAKING
        controls = Steering(talk, speaker, controls_of()).controls
        speaker.play("a", pcm)
        speaker.advance(2_000)
        controls.foresee("esc")
        speaker.advance(2_000)
        assert speaker.sounding.rendered == 2_000
        controls.take(KeyPress("up"))
        controls.foresee(None)
        speaker.advance(2_000)
        assert speaker.sounding.rendered == 4_000
        assert talk.asked == []
        controls.foresee("esc")
        talk.interrupt = speaker.flush
        controls.take(KeyPress("esc"))
        controls.foresee(None)
        speaker.advance(2_000)
        assert speaker.sounding is None
        assert len(speaker.sounded) <= (4_000 + 2 * FADE_SAMPLES) * SAMPLE_BYTES


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


def asked(speaker):
    """Somebody who was asked, and has read it."""
    hands = Hands(Talk(), speaker)
    hands.steering(QUESTION)
    hands.wait(READ_S)
    return hands


@pytest.mark.parametrize(("key", "is_allowed"), [("y", True), ("n", False)])
def test_a_key_answers_whether_a_tool_may_be_called(speaker, key, is_allowed):
    hands = asked(speaker)
    assert hands.steering.status().question == "May it call pay(sum=3)?"
    hands.press(key)
    assert hands.talk.asked == [("allow_tool", "c1", is_allowed)]
    assert hands.steering.status().question == ""
    hands.press(key)
    assert len(hands.talk.asked) == 1


def test_a_question_that_is_over_is_not_answered(speaker):
    hands = asked(speaker)
    hands.steering(ToolResult("c2", "look", ToolOutcome.DONE, "", 1))
    assert hands.steering.status().question
    hands.steering(ToolResult("c1", "pay", ToolOutcome.INTERRUPTED, "", 1))
    hands.press("y")
    assert (hands.talk.asked, hands.steering.status().question) == ([], "")


def test_the_answer_may_bring_the_next_question_which_a_key_that_is_held_does_not_answer(speaker):
    hands = asked(speaker)
    taken = []

    def allow(call_id, is_allowed):
        taken.append((call_id, is_allowed))
        if call_id == "c1":
            hands.steering(ToolQuestion("c2", "sell", "{}"))

    hands.talk.allow_tool = allow
    hands.hold("y", delay=0.66)
    assert hands.steering.status().question == "May it call sell()?"
    assert taken == [("c1", True)]
    hands.wait(1)
    hands.press("y")
    assert taken == [("c1", True), ("c2", True)]


def test_nobody_says_yes_to_what_has_only_just_come_and_anybody_may_say_no(speaker):
    hands = Hands(Talk(), speaker)
    hands.steering(QUESTION)
    hands.press("y")
    assert hands.steering.status().question
    hands.press("n")
    assert hands.talk.asked == [("allow_tool", "c1", False)]
