import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.view import METER_STEPS, LineState, View
from realtime_chat.session.notices import (
    Cause,
    Closed,
    Fault,
    Ignored,
    Interrupted,
    Phase,
    PhaseChanged,
    Ready,
    SpeechStarted,
    Transcript,
    Turn,
)

TURN = Turn(900, 400, 100, None)


def user(text, final=False, item="u1"):
    return Transcript("user", text, final, item)


def model(text, final=False, item="a1"):
    return Transcript("assistant", text, final, item)


def follow(*notices):
    view = View()
    left = []
    for notice in notices:
        view.apply(notice)
        left += view.settled()
    return view, left


def test_words_in_progress_stay_in_the_live_region():
    view, left = follow(user("What is"))
    assert left == []
    assert [line.text for line in view.picture().lines] == ["What is"]


def test_a_persons_last_word_settles_their_line():
    view, left = follow(user("What is"), user("What is it?", final=True))
    assert [line.text for line in left] == ["What is it?"]
    assert view.picture().lines == ()


def test_an_answer_settles_when_it_was_heard():
    view, left = follow(model("Paris.", final=True))
    assert left == []
    view.apply(TURN)
    assert [line.text for line in view.settled()] == ["Paris."]
    assert view.picture().latency_ms == 400


@pytest.mark.parametrize("phase", [Phase.HEARING, Phase.THINKING])
def test_the_next_turn_begins_without_the_last_ones_latency(phase):
    view, _ = follow(model("Paris.", final=True), PhaseChanged(Phase.LISTENING), TURN)
    assert view.picture().latency_ms == 400
    view.apply(PhaseChanged(phase))
    assert view.picture().latency_ms is None


def test_an_answer_that_was_heard_settles_with_its_last_word():
    view, left = follow(model("Paris"), TURN)
    assert left == []
    assert not view.picture().lines[0].is_final
    view.apply(model("Paris.", final=True))
    assert [(line.text, line.state) for line in view.settled()] == [("Paris.", LineState.SETTLED)]


def test_order_is_that_in_which_items_were_first_told():
    _, left = follow(user(""), model("Paris."), model("Paris.", final=True), TURN, user("Capital?", final=True))
    assert [line.text for line in left] == ["Capital?", "Paris."]


def test_a_placeholder_that_stays_empty_is_not_shown():
    _, left = follow(user(""), user("", final=True), model("Hm?", final=True), TURN)
    assert [line.text for line in left] == ["Hm?"]


def test_an_interrupted_answer_is_marked():
    _, left = follow(model("A long answer", final=True), Interrupted("a1", 700), PhaseChanged(Phase.LISTENING))
    assert [(line.text, line.state) for line in left] == [("A long answer", LineState.INTERRUPTED)]


def test_an_answer_that_nobody_heard_is_not_shown():
    view, left = follow(model("Never heard", final=True), Interrupted("a1", 0), Interrupted("unknown", 5))
    assert left == []
    assert view.picture().lines == ()


def test_an_answer_that_failed_settles_too():
    _, left = follow(model("Half an", final=True), Fault("server_error", "It broke."), PhaseChanged(Phase.LISTENING))
    assert [line.text for line in left] == ["Half an", "It broke."]


def test_what_comes_after_a_line_has_left_changes_nothing():
    view, left = follow(user("Yes.", final=True), user("Yes. Or no.", final=True))
    assert [line.text for line in left] == ["Yes."]
    assert view.picture().lines == ()


def test_the_end_settles_everything():
    view, left = follow(user("Half a", final=False), model("", item="a2"), Closed(Cause.QUIT))
    assert [line.text for line in left] == ["Half a"]
    assert view.picture().phase is Phase.CLOSED


def test_lines_that_never_end_do_not_pile_up():
    _, left = follow(*(user(f"Question {n}", item=f"u{n}") for n in range(20)))
    assert [line.text for line in left] == [f"Question {n}" for n in range(14)]


def test_state_and_meters():
    view, _ = follow(Ready("m", "v"), SpeechStarted(), Ignored("x", "y"))
    assert view.picture().phase is Phase.LISTENING
    assert view.picture(microphone=2.0, speaker=-1.0).microphone == METER_STEPS
    assert view.picture(microphone=0.5, is_muted=True).microphone == 0
    assert view.picture(microphone=0.500) == view.picture(microphone=0.501)


def test_untrusted_words_are_cleaned():
    view, _ = follow(model("\x1b[2Jgone\nnext \u202eback"))
    assert view.picture().lines[0].text == "gone next back"


NOTICES = st.lists(
    st.one_of(
        st.builds(
            Transcript,
            st.sampled_from(["user", "assistant"]),
            st.sampled_from(["", "a", "a b"]),
            st.booleans(),
            st.sampled_from(["1", "2", "3", "4"]),
        ),
        st.builds(Interrupted, st.sampled_from(["1", "2", "3", "4"]), st.sampled_from([0, 10])),
        st.builds(PhaseChanged, st.sampled_from(list(Phase))),
        st.just(TURN),
        st.just(Fault("c", "m")),
    ),
    max_size=40,
)


@given(NOTICES)
def test_each_item_leaves_at_most_once_and_in_order(notices):
    first_told = list(dict.fromkeys(n.item_id for n in notices if isinstance(n, Transcript)))
    view, left = follow(*notices, Closed(Cause.QUIT))
    items = [line.item_id for line in left if line.role != "notice"]
    assert items == [item for item in first_told if item in items]
    assert view.settled() == []
    assert view.picture().lines == ()
