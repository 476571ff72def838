import re
import unicodedata

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflowing_terminal import ReflowingTerminal

from realtime_chat.cli.cells import wrap
from realtime_chat.cli.painter import RESTORE, Painter
from realtime_chat.cli.rows import Run, Style, cut, row_text

SIZE = (20, 8)


def row(text, style=Style.PLAIN):
    return (Run(text, style),)


class Screen:
    """A terminal that does not break its rows anew."""

    def __init__(self, size=SIZE):
        self.screen = pyte.HistoryScreen(*size, history=1000)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text):
        self._stream.feed(text)

    @property
    def lines(self):
        top = [[line[x].data for x in range(self.screen.columns)] for line in self.screen.history.top]
        shown = ["".join(cells) for cells in top] + self.screen.display
        while shown and not shown[-1].strip():
            shown.pop()
        return [unicodedata.normalize("NFC", line.rstrip()) for line in shown]


def test_first_rows_then_only_what_changed():
    painter, screen = Painter(), Screen()
    screen.feed(painter.paint([row("one"), row("two")], size=SIZE))
    assert screen.lines == ["one", "two"]
    assert painter.paint([row("one"), row("two")], size=SIZE) == ""
    change = painter.paint([row("one"), row("twelve")], size=SIZE)
    assert "one" not in change
    assert "elve" in change
    assert "tw" not in change
    screen.feed(change)
    assert screen.lines == ["one", "twelve"]


def test_a_style_that_changes_is_written_too():
    painter, screen = Painter(), Screen()
    screen.feed(painter.paint([row("one two")], size=SIZE))
    screen.feed(painter.paint([(Run("one "), Run("two", Style.BOLD))], size=SIZE))
    assert [screen.screen.buffer[0][x].bold for x in (0, 4)] == [False, True]


def test_rows_come_and_go():
    painter, screen = Painter(), Screen()
    for rows in (["a"], ["a", "b", "c"], ["a", "x"], ["z"]):
        screen.feed(painter.paint(list(map(row, rows)), size=SIZE))
        assert screen.lines == rows
        assert (screen.screen.cursor.x, screen.screen.cursor.y) == (0, 0)


def test_history_stays_above_and_scrolls_away():
    painter, screen = Painter(), Screen()
    for number in range(30):
        screen.feed(painter.paint([row("live"), row("status")], history=[row(f"line {number}")], size=SIZE))
    assert screen.lines == [*(f"line {number}" for number in range(30)), "live", "status"]
    screen.feed(painter.erase() + RESTORE)
    assert screen.lines == [f"line {number}" for number in range(30)]
    assert not screen.screen.cursor.hidden


def test_what_a_terminal_shows_wider_than_it_is_counted_pushes_nothing_down():
    painter, screen = Painter(), Screen((5, 4))
    screen.feed(painter.paint([row("x" * 12), row("ok")], size=(5, 4)))
    assert screen.lines[-1] == "ok"
    assert len(screen.lines) == 2


LETTERS = st.sampled_from([*"abc  xyz", "漢", "é", "e\u0301", "ü", "…", "م", "👍"])
STYLES = st.sampled_from([Style.PLAIN, Style.DIM, Style.YOU])


@st.composite
def painted_rows(draw):
    """A row that fits, of runs in any style."""
    parts = draw(st.lists(st.tuples(st.lists(LETTERS, min_size=1, max_size=6), STYLES), max_size=3))
    runs = [Run("".join(letters), style) for letters, style in parts]
    # One column less: pyte, and no real terminal, begins a new row for a mark behind the last column.
    fitting, *_ = wrap("".join(run.text for run in runs), SIZE[0] - 1) or [(0, 0)]
    return cut(runs, *fitting)


ROWS = painted_rows()
PAINTED = st.lists(st.tuples(st.lists(ROWS, min_size=1, max_size=SIZE[1]), st.lists(ROWS, max_size=3)), max_size=8)


@given(PAINTED)
def test_whatever_was_shown_before_the_terminal_shows_history_and_then_the_rows(painted):
    painter, screen = Painter(), Screen()
    told = []
    for rows, history in painted:
        screen.feed(painter.paint(rows, history=history, size=SIZE))
        told += history
        expected = [unicodedata.normalize("NFC", row_text(row).rstrip()) for row in told + rows]
        while expected and not expected[-1]:
            expected.pop()
        assert screen.lines == expected
        assert screen.screen.cursor.x == 0
    screen.feed(painter.erase())
    assert len(screen.lines) <= len(told)


SIZES = [(80, 10), (30, 10), (100, 20), (17, 6), (40, 10)]


@pytest.mark.parametrize("is_reflowing", [True, False])
def test_a_resize_leaves_no_row_behind_and_takes_none_away(is_reflowing):
    painter = Painter()
    terminal = ReflowingTerminal(*SIZES[0]) if is_reflowing else Screen(SIZES[0])
    told = []
    for number, size in enumerate(SIZES * 3):
        if is_reflowing:
            terminal.resize(*size)
        else:
            terminal.screen.resize(lines=SIZES[0][1], columns=size[0])  # pyte loses track of the cursor when rows go
        line = row(f"line {number}")
        rows = [row("words " * 2), row("x" * size[0]), row("status")]
        told.append(line)
        terminal.feed(painter.paint(rows, history=[line], size=size))
        assert terminal.lines[-3:] == ["words words", "x" * size[0], "status"]
        assert terminal.lines[:-3] == [row_text(line) for line in told]


def test_everything_is_put_back_in_what_restores():
    assert set(re.findall(r"\x1b\[\??\d*[a-z]", RESTORE)) >= {"\x1b[?7h", "\x1b[?25h", "\x1b[m", "\x1b[?2026l"}
