import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.meter import METER_STEPS
from realtime_chat.cli.pending import MOST_ASIDE, MOST_PENDING, LineState
from realtime_chat.cli.view import Status, View
from realtime_chat.protocol.responses import Usage
from realtime_chat.session.notices import (
    Cause,
    Closed,
    DeviceChanged,
    Fault,
    Ignored,
    Interrupted,
    Phase,
    PhaseChanged,
    Placed,
    Ready,
    SpeechStarted,
    ToolCall,
    ToolOutcome,
    ToolResult,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.settings import TurnMode


def picture(view, **status):
    return view.picture(Status(**status), now=0.0)


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
    assert [line.text for line in picture(view).lines] == ["What is"]


def test_a_persons_last_word_settles_their_line():
    view, left = follow(user("What is"), user("What is it?", final=True))
    assert [line.text for line in left] == ["What is it?"]
    assert picture(view).lines == ()


def test_an_answer_settles_when_it_was_heard():
    view, left = follow(model("Paris.", final=True))
    assert left == []
    view.apply(TURN)
    assert [line.text for line in view.settled()] == ["Paris."]
    assert picture(view).latency_ms == 400


def test_the_latency_of_an_answer_that_is_read_is_that_of_its_first_word():
    view, _ = follow(VoiceChanged(False), Turn(None, None, 120, None))
    assert picture(view).latency_ms == 120
    view.apply(Turn(None, None, None, None))
    assert picture(view).latency_ms is None


@pytest.mark.parametrize("phase", [Phase.HEARING, Phase.THINKING])
def test_the_next_turn_begins_without_the_last_ones_latency(phase):
    view, _ = follow(model("Paris.", final=True), PhaseChanged(Phase.LISTENING), TURN)
    assert picture(view).latency_ms == 400
    view.apply(PhaseChanged(phase))
    assert picture(view).latency_ms is None


def test_an_answer_that_was_heard_settles_with_its_last_word():
    view, left = follow(model("Paris"), PhaseChanged(Phase.LISTENING))
    assert left == []
    assert not picture(view).lines[0].is_final
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
    assert picture(view).lines == ()


def test_an_answer_that_failed_settles_too():
    _, left = follow(model("Half an", final=True), Fault("server_error", "It broke."), PhaseChanged(Phase.LISTENING))
    assert [line.text for line in left] == ["Half an", "It broke."]


def test_what_comes_after_a_line_has_left_changes_nothing():
    view, left = follow(user("Yes.", final=True), user("Yes. Or no.", final=True))
    assert [line.text for line in left] == ["Yes."]
    assert picture(view).lines == ()


def test_the_end_settles_everything():
    view, left = follow(user("Half a", final=False), model("", item="a2"), Closed(Cause.QUIT))
    assert [line.text for line in left] == ["Half a"]
    assert picture(view).phase is Phase.CLOSED


def test_lines_that_never_end_do_not_pile_up():
    _, left = follow(*(user(f"Question {n}", item=f"u{n}") for n in range(20)))
    assert [line.text for line in left] == [f"Question {n}" for n in range(14)]


def test_state_and_meters():
    view, _ = follow(Ready("m", "v"), SpeechStarted(), Ignored("x", "y"))
    assert picture(view).phase is Phase.LISTENING
    assert picture(view, microphone=2.0, speaker=-1.0).microphone == METER_STEPS
    assert picture(view, microphone=0.5, is_muted=True).microphone == 0
    assert picture(view, speaker=0.500) == picture(view, speaker=0.501)


def test_what_only_the_status_knows_is_in_the_picture():
    shown = picture(View(), turns=TurnMode.TAP, is_voice_on=False, volume=0.7, help_page=1)
    assert (shown.turns, shown.is_voice_on, shown.volume, shown.help_page) == (TurnMode.TAP, False, 70, 1)


def test_tokens_add_up():
    view, _ = follow(
        Ready("gpt\x07-realtime", "v"),
        Turn(None, None, None, Usage(total_tokens=300)),
        TURN,
        Turn(None, None, None, Usage(total_tokens=12)),
        Turn(None, None, None, Usage(total_tokens=-5)),
    )
    assert (picture(view).tokens, picture(view).model) == (312, "gpt-realtime")
    view.apply(Turn(None, None, None, Usage(total_tokens=10**5000)))
    assert picture(view).tokens == 10**12


def test_a_question_that_was_placed_first_stays_first():
    _, left = follow(
        Placed("u1", "user", None),
        Placed("a1", "assistant", "u1"),
        model("Paris.", final=True),
        TURN,
        user("Capital?", final=True),
    )
    assert [line.text for line in left] == ["Capital?", "Paris."]


def test_a_question_that_is_placed_late_comes_before_its_answer():
    _, left = follow(
        user("First?", final=True, item="u0"),
        model("Paris.", final=True),
        Placed("u1", "user", "u0"),
        TURN,
        user("Capital?", final=True),
    )
    assert [line.text for line in left] == ["First?", "Capital?", "Paris."]


def test_an_interrupted_answer_is_cut_at_what_was_heard():
    _, left = follow(model("A long answer"), model("A long", final=True), Interrupted("a1", 700))
    assert [(line.text, line.state) for line in left] == [("A long", LineState.INTERRUPTED)]


def test_words_that_were_final_are_cut_too():
    _, left = follow(model("A long answer", final=True), model("A", final=True), Interrupted("a1", 700))
    assert [line.text for line in left] == ["A"]


def spoken(view, **status):
    return [line.text[: line.spoken] for line in picture(view, **status).lines]


def test_how_far_an_answer_was_spoken():
    view, _ = follow(user("Hm"), model("One two three"), model("Four", item="a2"))
    assert spoken(view) == ["", "", ""]
    assert spoken(view, spoken=("a1", 0)) == ["", "", ""]
    assert spoken(view, spoken=("a1", 5)) == ["", "One two", ""]
    assert spoken(view, spoken=("a1", 99)) == ["", "One two three", ""]
    assert spoken(view, spoken=("a2", 2)) == ["", "One two three", "Four"]
    view.apply(model("Four five", item="a2"))
    assert spoken(view) == ["", "One two three", "Four"]  # between two items nothing sounds
    assert spoken(view, spoken=("unknown", 2)) == ["", "One two three", "Four"]
    view.apply(PhaseChanged(Phase.LISTENING))
    assert spoken(view) == ["", "One two three", "Four five"]


def test_of_what_nobody_hears_and_of_what_is_written_how_much_was_spoken():
    view, _ = follow(model("One two three"))
    assert spoken(view, spoken=("unknown", 2)) == [""]
    assert spoken(view, is_voice_on=False) == ["One two three"]


def test_what_leaves_is_spoken():
    _, left = follow(user("Yes.", final=True), model("No", final=True), TURN)
    assert [line.spoken for line in left] == [4, 2]


def test_what_the_program_says_stands_where_it_was_said():
    _, left = follow(
        user("Yes.", final=True),
        DeviceChanged("output", None),
        TurnsChanged(TurnMode.HOLD),
        VoiceChanged(True),
        Fault("c", "It broke."),
    )
    assert [line.role for line in left] == ["user", "news", "news", "news", "fault"]
    assert left[2].text == "Hold space down while you speak."


def test_untrusted_words_are_cleaned():
    view, _ = follow(model("\x1b[2Jgone\nnext \u202eback"))
    assert picture(view).lines[0].text == "gone next back"


NOTICES = st.lists(
    st.one_of(
        st.builds(
            Transcript,
            st.sampled_from(["user", "assistant"]),
            st.sampled_from(["", "a", "a b"]),
            st.booleans(),
            st.sampled_from(["1", "2", "3", "4"]),
        ),
        st.builds(Interrupted, st.sampled_from(["1", "2", "3", "4"]), st.sampled_from([0, 10, None])),
        st.builds(PhaseChanged, st.sampled_from(list(Phase))),
        st.just(TURN),
        st.builds(
            Placed, st.sampled_from(["1", "2", "3", "4"]), st.just("user"), st.sampled_from([None, "1", "2", "9"])
        ),
        st.just(Fault("c", "m")),
    ),
    max_size=40,
)


@given(NOTICES)
def test_each_item_leaves_at_most_once(notices):
    """But for one that had to leave before its end: it goes on."""
    view, left = follow(*notices, Closed(Cause.QUIT))
    items = [line.key for line in left if not line.text.startswith("…")]
    assert len(items) == len(set(items))
    told = {n.item_id for n in notices if isinstance(n, Transcript | Interrupted)}
    assert told >= {key for key in items if isinstance(key, str)}
    assert view.settled() == []
    assert picture(view).lines == ()


@given(NOTICES)
def test_lines_leave_in_the_order_of_the_conversation(notices):
    """With few enough of them that none is given up."""
    told = [n for n in notices if isinstance(n, Transcript)][:3]
    _, left = follow(*told, Closed(Cause.QUIT))
    first_told = list(dict.fromkeys(n.item_id for n in told))
    assert [line.key for line in left] == [item for item in first_told if item in [line.key for line in left]]


def test_calls_of_tools_are_lines_in_their_place():
    _, left = follow(
        user("Weather?", final=True),
        ToolCall("c", "weather", '{"city": "Paris"}'),
        ToolResult("c", "weather", ToolOutcome.DONE, "12\ndegrees", 300),
        model("Cold.", final=True),
        TURN,
    )
    assert [(line.role, line.text) for line in left] == [
        ("user", "Weather?"),
        ("tool", 'calls weather(city="Paris")'),
        ("tool", "weather: 12 degrees (0.3 s)"),
        ("assistant", "Cold."),
    ]


def test_a_question_is_shown_as_the_status_has_it():
    assert picture(View(), question="May it?").question == "May it?"


WRITTEN = "line one\r\nline two\n\n\n- a\x1b[2J\n\n```py\n\tprint(1)  # x\n```\n"
LINES = "line one\nline two\n\n- a\n\n```py\n    print(1)  # x\n```"


def test_an_answer_in_writing_keeps_its_lines():
    view, _ = follow(VoiceChanged(False), model(WRITTEN))
    assert picture(view, is_voice_on=False).lines[-1].text == LINES
    view.apply(VoiceChanged(True))
    view.apply(model(WRITTEN, final=True))
    view.apply(TURN)
    assert [line.text for line in view.settled() if line.role == "assistant"] == [LINES]


def test_neither_a_spoken_answer_nor_a_person_has_lines():
    _, left = follow(model("a\nb", final=True), TURN, VoiceChanged(False), user("c\nd", final=True))
    assert [line.text for line in left if line.role != "news"] == ["a b", "c d"]


def test_an_answer_that_was_cut_in_its_first_word_is_marked():
    view, left = follow(model("Extraordinary"), model("", final=True), Interrupted("a1", 300))
    assert [(line.text, line.state) for line in left] == [("", LineState.INTERRUPTED)]
    view, left = follow(model("Extraordinary"), model("", final=True), Interrupted("a1", 0), user("So?", final=True))
    assert [line.text for line in left] == ["So?"]
    assert picture(view).lines == ()


ASIDE = [
    TurnsChanged(TurnMode.TAP),
    VoiceChanged(True),
    Fault("c", "It broke."),
    ToolCall("c", "look", "{}"),
    ToolResult("c", "look", ToolOutcome.DONE, "found", 1),
]


@pytest.mark.parametrize("aside", [*([notice] * 6 for notice in ASIDE), ASIDE * 2])
def test_whatever_else_is_said_an_answer_grows_on_and_is_cut_and_marked(aside):
    cut = [model("One two three four."), model("One two", final=True), Interrupted("a1", 900)]
    _, left = follow(model("One"), *aside, *cut, Closed(Cause.QUIT))
    assert [(line.text, line.ending) for line in left if line.role == "assistant"] == [("One two", "(interrupted)")]
    assert left[0].role == "assistant"


def test_of_changes_of_turns_behind_an_answer_the_last_one_is_told():
    view, left = follow(model("One"), *(TurnsChanged(mode) for mode in TurnMode), TurnsChanged(TurnMode.TAP))
    assert left == []
    assert [line.text for line in picture(view).lines] == [
        "One",
        "Press space to begin your turn, and again to end it.",
    ]


def test_an_answer_behind_a_spoken_preamble_was_not_heard_with_it():
    view, left = follow(model("Let me look."), model("It is cold", item="a2"), model("Let me look.", final=True), TURN)
    assert [line.text for line in left] == ["Let me look."]
    assert spoken(view) == [""]
    view.apply(model("It is", final=True, item="a2"))
    assert view.settled() == []
    view.apply(Interrupted("a2", 600))
    assert [(line.text, line.ending) for line in view.settled()] == [("It is", "(interrupted)")]


@pytest.mark.parametrize("final", [False, True])
def test_an_answer_that_is_read_is_marked_where_it_was_stopped(final):
    _, left = follow(VoiceChanged(False), model("One\ntwo", final=final), Interrupted("a1", None))
    assert [(line.text, line.ending) for line in left[1:]] == [("One\ntwo", "(interrupted)")]


FLOOD = [Fault("c", str(number)) for number in range(MOST_ASIDE + 1)]


def test_what_a_flood_of_news_pushes_out_goes_on_below_it():
    view, left = follow(model("One two"), *FLOOD, model("One two three four"))
    assert [line.text for line in left] == ["One two", *(notice.message for notice in FLOOD)]
    assert [line.text for line in picture(view).lines] == ["… three four"]
    assert spoken(view, spoken=("a1", 13)) == ["… three"]
    view.apply(model("One two three", final=True))
    view.apply(Interrupted("a1", 900))
    assert [(line.text, line.spoken, line.ending) for line in view.settled()] == [("… three", 7, "(interrupted)")]


@pytest.mark.parametrize("heard_ms", [None, 0, 900])
def test_what_a_flood_of_news_pushes_out_is_marked_also_where_it_was_cut_before(heard_ms):
    _, left = follow(model("One two"), *FLOOD, model("One", final=True), *[Interrupted("a1", heard_ms)] * 2)
    assert [(line.text, line.ending) for line in left[len(FLOOD) + 1 :]] == [("…", "(interrupted)")]


@given(st.lists(st.integers(0, 2 * MOST_PENDING) | st.sampled_from(ASIDE), max_size=100), st.integers(1, 40))
def test_nothing_piles_up_and_no_word_is_lost_where_no_line_ever_ends(steps, every):
    view, left = View(), []
    words = {}
    for number, step in enumerate(steps):
        if isinstance(step, int):
            words.setdefault(str(step), []).append(f"w{number}")
            view.apply(model(" ".join(words[str(step)]), item=str(step)))
        else:
            view.apply(step)
        if number % every == 0:
            left += view.settled()
            assert len(picture(view).lines) <= MOST_PENDING + MOST_ASIDE
    left += view.settled()
    for item in words:
        view.apply(Interrupted(item, 10))
    left += view.settled()
    assert picture(view).lines == ()
    assert list(dict.fromkeys(line.key for line in left if isinstance(line.key, str))) == list(words)
    for item, said in words.items():
        own = [line for line in left if line.key == item]
        assert "".join(line.text.removeprefix("…") for line in own) == " ".join(said)
        assert [line.state is LineState.INTERRUPTED for line in own] == [False] * (len(own) - 1) + [True]
