import pyte
import pytest
from entry_edits import EDITS
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.entry import Entry
from realtime_chat.cli.typed_line import TypedLine


class Terminal:
    """Obeys what is written to it."""

    def __init__(self, columns=40):
        self.written = []
        self.screen = pyte.Screen(columns, 10)
        self.screen.set_mode(pyte.modes.LNM)  # as the kernel's terminal does
        self._stream = pyte.Stream(self.screen)
        self.line = TypedLine(self.write, columns=lambda: columns)

    def write(self, text):
        self.written.append(text)
        self._stream.feed(text)

    @property
    def shown(self):
        return [row.rstrip() for row in self.screen.display if row.strip()]


def test_what_is_typed_is_echoed_letter_by_letter():
    terminal = Terminal()
    entry = Entry()
    terminal.line.show(entry)
    for letter in "hey":
        terminal.line.show(entry := entry.insert(letter))
    assert terminal.written == ["> ", "h", "e", "y"]
    terminal.line.show(None)
    assert terminal.written[-1] == "\n"


def test_nothing_is_written_where_nothing_is_typed():
    terminal = Terminal()
    terminal.line.show(None)
    with terminal.line.aside():
        pass
    assert terminal.written == []


def test_other_lines_stand_above_what_is_typed():
    terminal = Terminal()
    terminal.line.show(Entry().insert("hel"))
    with terminal.line.aside():
        terminal.write("model: Paris.\n")
    terminal.line.show(Entry().insert("hello"))
    assert terminal.shown == ["> hel", "model: Paris.", "> hello"]


@pytest.mark.parametrize("columns", [7, 12, 40])
@given(edits=st.lists(st.sampled_from([*EDITS, "ab", "c "]), max_size=30))
def test_the_line_and_the_cursor_are_those_of_the_entry(columns, edits):
    terminal = Terminal(columns)
    entry = Entry()
    terminal.line.show(entry)
    for edit in edits:
        entry = entry.insert(edit) if isinstance(edit, str) else edit(entry)
        terminal.line.show(entry)
        before, at, after = entry.window(max(4, columns - 3))
        assert terminal.shown == [f"> {before}{at}{after}".rstrip()]
        assert (terminal.screen.cursor.y, terminal.screen.cursor.x) == (0, len(f"> {before}"))
        assert not set("".join(terminal.written)) - set("> abc\r\b")
