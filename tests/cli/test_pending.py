from dataclasses import replace

import pytest

from realtime_chat.cli.pending import MOST_ASIDE, MOST_PENDING, Line, LineState, PendingLines


def say(lines, item, text, state=LineState.SETTLED, role="user"):
    lines.put(replace(lines.place(item, role), text=text, state=state))


def texts(lines):
    return [line.text for line in lines.leave()]


def test_an_item_keeps_the_place_that_it_was_given():
    lines = PendingLines()
    lines.place("a", "assistant")
    lines.place("c", "assistant")
    lines.place("b", "user", after="a")
    assert [line.key for line in lines] == ["a", "b", "c"]


def test_what_the_program_said_by_then_stays_before_it():
    lines = PendingLines()
    lines.place("a", "user")
    lines.say("fault", "It broke.")
    lines.place("c", "user")
    lines.place("b", "assistant", after="a")
    assert [line.key for line in lines] == ["a", 1, "b", "c"]


def test_behind_a_line_that_has_left_comes_what_is_first_here():
    lines = PendingLines()
    say(lines, "a", "one")
    assert texts(lines) == ["one"]
    lines.place("c", "user", after="unknown")
    lines.place("b", "user", after="a")
    assert [line.key for line in lines] == ["b", "c"]


def test_a_line_without_words_holds_its_place_for_a_while():
    lines = PendingLines()
    lines.place("u", "user")
    for number in range(2):
        say(lines, f"a{number}", f"answer {number}")
    assert texts(lines) == []
    say(lines, "u", "question")
    assert texts(lines) == ["question", "answer 0", "answer 1"]


def test_a_line_without_words_does_not_block_for_ever_and_its_words_are_not_lost():
    lines = PendingLines()
    lines.place("u", "user")
    for number in range(3):
        say(lines, f"a{number}", f"answer {number}")
    assert texts(lines) == ["answer 0", "answer 1", "answer 2"]
    say(lines, "u", "question")
    assert texts(lines) == ["question"]
    assert lines.place("u", "user") is None


def test_a_line_that_nobody_heard_is_gone():
    lines = PendingLines()
    lines.put(replace(lines.place("a", "assistant"), state=LineState.WITHDRAWN))
    assert texts(lines) == []
    assert lines.place("a", "assistant") is None


def test_lines_that_never_end_do_not_pile_up():
    lines = PendingLines()
    for number in range(20):
        say(lines, f"u{number}", f"{number}", state=LineState.HEARD)
        lines.leave()
    assert len(list(lines)) == MOST_PENDING


@pytest.mark.parametrize("state", [LineState.GROWING, LineState.SAID])
def test_what_the_program_says_pushes_out_no_answer_that_grows_or_sounds(state):
    lines = PendingLines()
    say(lines, "a", "One", state=state, role="assistant")
    for number in range(MOST_ASIDE):
        lines.say("news", f"news {number}")
    assert texts(lines) == []
    say(lines, "a", "One two", role="assistant")
    assert texts(lines) == ["One two", *(f"news {number}" for number in range(MOST_ASIDE))]


def pushed_out(text="One two"):
    """Lines of which an answer that grows had to leave, behind more than anybody says meanwhile."""
    lines = PendingLines()
    say(lines, "a", text, state=LineState.GROWING, role="assistant")
    for _ in range(MOST_ASIDE + 1):
        lines.say("fault", "It broke.")
    assert texts(lines) == [text, *["It broke."] * (MOST_ASIDE + 1)]
    return lines


def test_but_what_the_program_says_is_not_kept_back_for_ever():
    assert list(pushed_out()) == []


def test_a_line_that_had_to_leave_goes_on_in_another():
    lines = pushed_out()
    assert not lines.has_left("a")
    say(lines, "a", "One two three", state=LineState.GROWING, role="assistant")
    assert [line.as_shown(13) for line in lines] == [Line("a", "assistant", "… three", LineState.GROWING, spoken=7)]
    say(lines, "a", "One two three four.", role="assistant")
    assert texts(lines) == ["… three four."]
    assert lines.has_left("a")
    assert lines.place("a", "assistant") is None


@pytest.mark.parametrize(
    ("text", "shown"), [("One two", []), ("One", []), ("", []), ("One twofold", ["…fold"]), ("1, 2", ["1, 2"])]
)
def test_of_a_line_that_had_to_leave_only_news_is_shown(text, shown):
    lines = pushed_out()
    say(lines, "a", text, role="assistant")
    assert texts(lines) == shown


@pytest.mark.parametrize(("text", "shown"), [("One", "…"), ("", "…"), ("One two three", "… three")])
def test_a_line_that_had_to_leave_is_marked_where_it_is_interrupted(text, shown):
    lines = pushed_out()
    say(lines, "a", text, state=LineState.INTERRUPTED, role="assistant")
    assert [(line.text, line.ending) for line in lines.leave()] == [(shown, "(interrupted)")]
    assert lines.resume("a") is None


def test_only_a_line_that_had_to_leave_is_resumed():
    lines = pushed_out()
    assert lines.resume("unknown") is None
    resumed = lines.resume("a")
    assert resumed == lines.resume("a")
    assert [line.before for line in lines] == ["One two"]


def test_what_goes_on_stands_before_what_came_after_it():
    lines = PendingLines()
    items = [f"u{number}" for number in range(MOST_PENDING + 2)]
    for item in items:
        say(lines, item, "one", state=LineState.HEARD)
    assert texts(lines) == ["one", "one"]
    for item in reversed(items[2:]):
        say(lines, item, "two")
    lines.say("news", "news")
    assert texts(lines) == ["two"] * MOST_PENDING + ["news"]
    for item in reversed(items[:2]):
        say(lines, item, "one more", state=LineState.HEARD)
    lines.place("new", "user", after=items[0])
    lines.place("late", "user", after=items[2])
    assert [line.key for line in lines] == [items[0], "new", items[1], "late"]


def test_a_line_about_the_same_takes_the_place_of_the_last_one():
    lines = PendingLines()
    lines.place("a", "assistant")
    lines.say("news", "one", topic="turns")
    lines.say("news", "two", topic="turns")
    lines.say("news", "three")
    lines.say("news", "four", topic="turns")
    lines.end()
    assert texts(lines) == ["two", "three", "four"]


def test_what_was_said_to_its_end_was_heard_and_what_grows_was_not():
    lines = PendingLines()
    say(lines, "a", "One", state=LineState.SAID, role="assistant")
    say(lines, "b", "Two", state=LineState.GROWING, role="assistant")
    lines.hear_said()
    assert [line.state for line in lines] == [LineState.SETTLED, LineState.GROWING]


def test_memory_of_what_has_left_is_bounded():
    lines = PendingLines()
    for number in range(5000):
        say(lines, f"u{number}", "words")
        lines.leave()
    assert lines.has_left("u4999")
    assert len(lines._gone) < 1000


def test_an_item_that_is_called_like_a_line_of_the_program_is_another():
    lines = PendingLines()
    lines.say("fault", "It broke.")
    say(lines, "1", "words")
    assert texts(lines) == ["It broke.", "words"]
