import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tricky_texts import TEXTS

from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.cells import clusters, text_width
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.layout import count_help_pages, help_rows, line_rows, live_rows, window
from realtime_chat.cli.pending import Line, LineState
from realtime_chat.cli.rows import Style, row_text, row_width
from realtime_chat.cli.view import Picture, Status, View
from realtime_chat.protocol.printable import is_bidi_control
from realtime_chat.session.notices import (
    Cause,
    Closed,
    DeviceChanged,
    Fault,
    Interrupted,
    Phase,
    Placed,
    Ready,
    Transcript,
)
from realtime_chat.session.settings import TurnMode


def texts(rows):
    return [row_text(row) for row in rows]


def test_lines_then_what_is_typed_then_the_status():
    line = Line("u", "user", "Hello", LineState.HEARD)
    picture = Picture(lines=(line,), phase=Phase.LISTENING, tokens=3, entry=Entry("abc", 1))
    rows = live_rows(picture, Bindings(), 80, 24)
    assert texts(rows)[:2] == ["you: Hello", "> abc"]
    assert [run.text for run in rows[1] if run.style is Style.CURSOR] == ["b"]
    assert texts(rows)[2].startswith("◉ listening")
    assert texts(rows)[3:] == ["3 tokens", "Enter sends · Esc cancels"]


def test_a_question_is_shown_whole_in_as_many_rows_as_it_needs():
    rows = texts(live_rows(Picture(question='May it call pay(to="Ann", sum=3)?'), Bindings(), 20, 24))
    assert rows[:3] == ["May it call", 'pay(to="Ann",', "sum=3)?  y/n"]


@pytest.mark.parametrize("height", [2, 3, 4, 6, 12])
@pytest.mark.parametrize("columns", [8, 20, 80])
def test_a_question_that_fills_the_screen_keeps_its_beginning_and_its_answers(columns, height):
    picture = Picture(question=f"May it call pay({'x' * 500}, {'word ' * 20})?", entry=Entry("abc", 1))
    rows = texts(live_rows(picture, Bindings(), columns, height))
    assert len(rows) < height
    assert all(text_width(row) <= columns for row in rows)
    asked = [number for number, row in enumerate(rows) if row.endswith("y/n")]
    assert len(asked) == (height > 3)
    if height > 4 and columns > 8:
        assert rows[0].startswith("May it call")


def test_rows_of_an_indented_line_stay_indented_and_keep_their_styles():
    line = Line(
        "a", "assistant", "so:\n    one two three four\nend", LineState.GROWING, spoken=len("so:\n    one two t")
    )
    rows = line_rows(line, 12)
    assert texts(rows) == ["model: so:", "    one two", "    three", "    four", "end"]
    assert [(run.text, run.style) for run in rows[2] if run.text.strip()] == [
        ("t", Style.PLAIN),
        ("hree", Style.DIM),
    ]
    assert texts(line_rows(line, 6)) == ["model:", "so:", "one", "two", "three", "four", "end"]


def test_without_a_keyboard_there_are_no_hints():
    assert len(live_rows(Picture(), None, 80, 24)) == 1


def test_help():
    rows = texts(live_rows(Picture(help_page=0), Bindings(), 80, 24))
    assert rows[: len(help_rows(Bindings(), TurnMode.LOCAL, 80))] == texts(help_rows(Bindings(), TurnMode.LOCAL, 80))
    assert "any key closes this" in rows
    assert any("mute the microphone" in row for row in rows)


def test_of_the_help_a_low_terminal_shows_what_is_needed_most_and_then_the_rest():
    whole = texts(help_rows(Bindings(), TurnMode.LOCAL, 80))
    rows = texts(live_rows(Picture(help_page=0), Bindings(), 80, 10))
    assert len(rows) == 9
    assert [row.split("  ")[-1] for row in rows[:4]] == [
        "stop the answer",
        "mute the microphone, or no longer",
        "type a message",
        "quit",
    ]
    assert rows[6:] == ["  ?  the rest of this help", *rows[7:8], "any key closes this"]
    assert rows[:6] == whole[:6]
    assert texts(live_rows(Picture(help_page=1), Bindings(), 80, 10))[: len(whole) - 6] == whole[6:]


@pytest.mark.parametrize("height", range(3, 14))
def test_every_key_is_explained_however_low_the_terminal(height):
    picture = Picture(help_page=0, entry=None)
    seen = []
    for page in range(count_help_pages(picture, Bindings(), 80, height)):
        rows = live_rows(replace(picture, help_page=page), Bindings(), 80, height)
        assert len(rows) < height
        seen += [row for row in texts(rows) if row.startswith("  ") and "the rest of this" not in row]
    assert seen == texts(help_rows(Bindings(), TurnMode.LOCAL, 80))


def test_a_low_terminal_keeps_the_status():
    line = Line("u", "user", "word " * 100, LineState.HEARD)
    (row,) = live_rows(Picture(lines=(line,), help_page=0), Bindings(), 40, 2)
    assert "connecting" in row_text(row)


LONG = " ".join(f"word{number}" for number in range(300))


def test_of_a_written_answer_that_fills_the_screen_the_end_is_shown():
    line = Line("a", "assistant", LONG, LineState.GROWING, len(LONG))
    rows = live_rows(Picture(lines=(line,)), Bindings(), 40, 12)
    assert len(rows) == 11
    assert texts(rows)[-3].endswith("word299")


def test_of_an_answer_that_fills_the_screen_the_words_being_spoken_are_shown():
    places = []
    for number in range(300):
        spoken = LONG.index(f"word{number}") + len(f"word{number}")
        line = Line("a", "assistant", LONG, LineState.SAID, spoken)
        rows = live_rows(Picture(lines=(line,)), Bindings(), 40, 12)
        assert len(rows) == 11
        shown = texts(rows)[:-2]
        (at,) = [at for at, row in enumerate(shown) if f"word{number}" in row.split()]
        places.append(at)
        # Every row from the one before to a few ahead of the voice, without a gap.
        assert " ".join(shown).removeprefix("model: ") in LONG
    assert places == sorted(places[:250]) + places[250:]  # the voice never jumps back up, until the end is on screen
    assert set(places[100:200]) == {5}


def test_before_the_voice_begins_the_beginning_of_the_answer_is_shown():
    line = Line("a", "assistant", LONG, LineState.GROWING)
    lines = (Line("u", "user", "Count", LineState.SETTLED, 5), line)
    rows = texts(live_rows(Picture(lines=lines), Bindings(), 40, 12))
    assert rows[0] == "you: Count"
    assert rows[1].startswith("model: word0 ")


def test_what_happened_since_a_long_answer_began_is_shown_too():
    line = Line("a", "assistant", LONG, LineState.SAID, 100)
    news = tuple(Line(number, "fault", f"Trouble {number}", LineState.SETTLED, 9) for number in range(5))
    rows = texts(live_rows(Picture(lines=(line, *news)), Bindings(), 40, 12))
    assert rows[6:9] == ["Trouble 2", "Trouble 3", "Trouble 4"]
    assert any(LONG[:100].split()[-1] in row.split() for row in rows[:6])


@given(st.lists(st.tuples(TEXTS.filter(bool), st.integers(0, 300)), min_size=1), st.integers(8, 60), st.integers(2, 30))
def test_wherever_the_voice_is_its_row_is_shown(answers, columns, room):
    lines = [
        Line(str(number), "assistant", text, LineState.SAID, min(spoken, len(text)))
        for number, (text, spoken) in enumerate(answers)
    ]
    rows = window(lines, columns, room)
    assert len(rows) == min(room, sum(len(line_rows(line, columns)) for line in lines))
    voice = next((line for line in lines if line.spoken < len(line.text)), None)
    if voice is not None and voice.spoken:
        assert any(run.style is Style.PLAIN and run.text for row in rows for run in row)


def styles(line):
    return [(run.text, run.style) for row in line_rows(line, 80) for run in row]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Line("1", "user", "so far", LineState.HEARD), [("you: ", Style.YOU), ("so far", Style.DIM)]),
        (Line("1", "user", "all", LineState.SETTLED, 3), [("you: ", Style.YOU), ("all", Style.PLAIN)]),
        (
            Line("1", "assistant", "heard to come", LineState.GROWING, 5),
            [("model: ", Style.MODEL), ("heard", Style.PLAIN), (" to come", Style.DIM)],
        ),
        (
            Line("1", "assistant", "cut", LineState.INTERRUPTED, 3),
            [("model: ", Style.MODEL), ("cut", Style.PLAIN), (" (interrupted)", Style.NOTE)],
        ),
        (Line(1, "news", "Now", LineState.SETTLED, 3), [("Now", Style.NEWS)]),
        (Line(1, "fault", "Oh", LineState.SETTLED, 2), [("Oh", Style.FAULT)]),
    ],
)
def test_how_a_line_looks(line, expected):
    assert styles(line) == expected


NASTY = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            ["\x1b[2J", "\x1b]0;t\x07", "\x9b31m", "\u202e", "\u2066", "\u200f", "\n", "\r", "\x7f", "漢", "a"]
        ),
        max_size=8,
    ).map("".join),
)


@given(NASTY, NASTY, NASTY, st.booleans())
def test_nothing_that_a_terminal_would_obey_is_ever_shown(text, other, typed, is_over):
    view = View(talk_key="space")
    notices = [
        Ready(text, other),
        Placed(text, "user", other),
        Transcript("user", text, False, other),
        Transcript("assistant", other, True, text),
        DeviceChanged("input", text),
        DeviceChanged("output", other),
        Fault(text, other),
        Interrupted(text, 10),
        *([Closed(Cause.LOST, text)] if is_over else []),
    ]
    for notice in notices:
        view.apply(notice)
    picture = view.picture(Status(entry=Entry().insert(typed).left().insert(text)), now=0.0)
    rows = live_rows(picture, Bindings(), 40, 30) + [row for line in view.settled() for row in line_rows(line, 40)]
    shown = "".join(texts(rows))
    assert not [character for character in shown if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not any(map(is_bidi_control, shown))


LINES = st.builds(
    lambda role, text, state, spoken: Line("1", role, text, state, min(spoken, len(text))),
    st.sampled_from(["user", "assistant", "news", "fault"]),
    TEXTS.filter(bool),
    st.sampled_from(list(LineState)),
    st.integers(0, 20),
)


@given(
    st.lists(LINES, max_size=4),
    TEXTS,
    st.one_of(st.none(), TEXTS.map(lambda text: Entry().insert(text))),
    st.booleans(),
    st.sampled_from(list(TurnMode)),
    st.integers(1, 60),
    st.integers(2, 30),
)
def test_no_row_is_wider_than_the_terminal_nor_the_region_higher(lines, model, entry, has_help, turns, columns, height):
    picture = Picture(lines=tuple(lines), model=model, entry=entry, help_page=0 if has_help else None, turns=turns)
    rows = live_rows(picture, Bindings(), columns, height)
    assert 1 <= len(rows) < height
    pieces = [piece for text in [model, *(line.text for line in lines)] for piece in clusters(text)]
    pieces += clusters(entry.text) if entry else []
    widest = max(map(text_width, pieces), default=0)
    assert all(row_width(row) <= max(columns, widest) for row in rows)


@given(LINES, st.integers(1, 60))
def test_a_line_holds_every_word_once(line, columns):
    words = "".join(texts(line_rows(line, columns))).replace(" ", "")
    assert line.text.replace(" ", "") in words
    assert len(words) <= len(line.text) + len("model:(interrupted)")


def test_a_question_stands_above_the_status():
    rows = live_rows(Picture(question="May it call pay?"), Bindings(), 80, 24)
    assert texts(rows)[0] == "May it call pay?  y/n"
    assert rows[0][0].style is Style.ALARM
    assert texts(rows)[-1] == "y allows it · n does not"
    assert all(row_width(row) <= 10 for row in live_rows(Picture(question="May it call pay?"), Bindings(), 10, 24))


def test_a_call_is_a_line_of_its_own():
    (row,) = line_rows(Line(1, "tool", "calls pay()", LineState.SETTLED, spoken=11), 80)
    assert [(run.text, run.style) for run in row if run.text] == [("calls pay()", Style.NOTE)]


def test_an_answer_in_writing_has_its_lines():
    text = "one\n\n    two"
    rows = line_rows(Line("1", "assistant", text, LineState.SETTLED, spoken=len(text)), 80)
    assert texts(rows) == ["model: one", "", "    two"]


def test_what_was_cut_in_its_first_word_looks_cut():
    rows = line_rows(Line("1", "assistant", "", LineState.INTERRUPTED), 80)
    assert texts(rows) == ["model: (interrupted)"]
