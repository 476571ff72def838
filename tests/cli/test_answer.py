from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.answer import AnswerText
from realtime_chat.session.notices import Fault, Interrupted, Transcript


def shown(*notices):
    written = []
    answer = AnswerText(written.append)
    for notice in notices:
        answer(notice)
    answer.end()
    return "".join(written)


def said(text, final=False, item="a", role="assistant"):
    return Transcript(role, text, final, item)


@given(st.text(alphabet="ab \n\x1b[m", max_size=30), st.lists(st.integers(0, 30)))
def test_how_an_answer_comes_does_not_change_it(text, cuts):
    whole = shown(said(text, final=True))
    pieces = [said(text[:cut]) for cut in sorted(cuts)]
    assert shown(*pieces, said(text, final=True)) == whole
    assert whole == "" or (whole.endswith("\n") and not whole.endswith("\n\n"))


def test_an_answer_ends_with_one_newline():
    assert shown(said("\n Paris. \n\n", final=True)) == "Paris.\n"


def test_only_the_assistants_words_are_an_answer():
    assert shown(said("Question", role="user"), Fault("c", "m")) == ""


def test_two_items_are_two_paragraphs():
    assert shown(said("One."), said("", item="b"), said("Two.", item="b")) == "One.\n\nTwo.\n"


def test_an_interrupted_answer_is_marked_once():
    cut = [said("One two three"), said("One two"), Interrupted("a", 400), Interrupted("a", 400), said("One two three.")]
    assert shown(*cut, said("Next.", item="b")) == "One two three (interrupted)\n\nNext.\n"


def test_an_answer_that_is_read_is_marked():
    assert shown(said("One two"), said("One two", final=True), Interrupted("a", None)) == "One two (interrupted)\n"


def test_an_answer_that_was_not_begun_is_not_marked():
    assert shown(Interrupted("a", 0), said("Next.", item="b")) == "Next.\n"


def test_words_that_are_taken_back_stay():
    assert shown(said("One two"), said("One")) == "One two\n"


def test_what_is_said_beside_it_begins_a_line_of_its_own():
    written = []
    answer = AnswerText(written.append)
    assert answer.set_apart("x") == "x"
    answer(said("Let me see."))
    assert answer.set_apart("x") == "\nx"
    assert answer.set_apart("y") == "y"
    answer(said("Let me see. Yes"))
    assert answer.set_apart("x") == "\nx"
    answer.end()
    assert answer.set_apart("x") == "x"


def test_an_answer_that_was_ended_is_not_written_again():
    written = []
    answer = AnswerText(written.append)
    answer(said("Half an"))
    answer.end()
    answer(said("Half an", final=True))
    answer(said("Another.", item="b"))
    answer.end()
    assert "".join(written) == "Half an\nAnother.\n"
