from dataclasses import replace

from realtime_chat.cli.pending import MOST_PENDING, LineState, PendingLines


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
