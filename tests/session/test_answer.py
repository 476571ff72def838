"""Whatever is done with an item, in whatever order: it only makes moves that exist, and ends where it must."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.session.answer import COURSES, STAGES, Answer, Course, Output, Stage
from realtime_chat.session.moves import IllegalMove


def item(stage: Stage = Stage.SILENT) -> Output:
    answer = Answer("r1", None)
    output = Output("a1", answer, stage=stage)
    answer.items.append(output)
    return output


def test_each_state_can_be_reached_and_has_its_row() -> None:
    assert set(STAGES) == set(Stage)
    assert set(COURSES) == set(Course)
    assert frozenset().union(*STAGES.values()) == set(Stage) - {Stage.SILENT}
    assert frozenset().union(*COURSES.values()) == set(Course) - {Course.BEGUN}


@given(calls=st.lists(st.sampled_from(["write", "sound", "start", "end"]), max_size=12))
def test_what_a_server_and_a_speaker_say_is_never_illegal(calls: list[str]) -> None:
    output = item()
    for call in calls:
        before = output.stage
        if call == "sound":
            output.sound(1)
        else:
            getattr(output, call)()
        assert output.stage is before or output.stage in STAGES[before]
        assert not output.is_audible or output.is_sounding
        assert not output.is_whole or not output.sound(1)


def test_sound_that_comes_after_the_end_is_not_taken() -> None:
    output = item()
    assert output.sound(2)
    output.start()
    assert output.end()
    assert (output.stage, output.content_index) == (Stage.ENDING, 2)
    assert not output.sound(0)
    assert not output.end()


@pytest.mark.parametrize("stage", [Stage.TAKEN_IN, Stage.WRITTEN])
def test_what_was_heard_or_read_is_not_deleted(stage: Stage) -> None:
    with pytest.raises(IllegalMove, match="cannot become deleted"):
        item(stage).delete()


def test_an_answer_is_cut_once_something_of_it_was_heard() -> None:
    output = item(Stage.SOUNDING)
    answer = output.answer
    answer.give()
    answer.give()
    answer.drop()
    assert (answer.course, answer.is_wanted, answer.is_sounding) == (Course.DROPPED, False, True)
    output.take_in()
    assert (answer.course, answer.is_sounding) == (Course.CUT, False)
    with pytest.raises(IllegalMove):
        answer.drop()


def test_an_answer_of_which_an_item_was_heard_is_cut_at_once() -> None:
    answer = item(Stage.TAKEN_IN).answer
    answer.drop()
    answer.give()
    assert answer.course is Course.CUT
