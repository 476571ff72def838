import asyncio
import io

import pyte
import pytest

from realtime_chat.cli import terminal_mode
from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.screen import Screen, terminal_size
from realtime_chat.cli.view import Status
from realtime_chat.session.notices import (
    Cause,
    Closed,
    DeviceChanged,
    Fault,
    Interrupted,
    Phase,
    PhaseChanged,
    Placed,
    Ready,
    Transcript,
    Turn,
)


class Terminal(io.StringIO):
    """A terminal that remembers what scrolled away; its size is what the environment says."""

    encoding = "utf-8"

    def __init__(self, columns=80, height=12):
        super().__init__()
        self.screen = pyte.HistoryScreen(columns, height, history=1000, ratio=0.5)
        self._stream = pyte.Stream(self.screen)
        self.writes = []
        self.changed = asyncio.Event()

    def isatty(self):
        return True

    def write(self, text):
        if text:
            self.writes.append(text)
            self.changed.set()
            self._stream.feed(text)
        return len(text)

    @property
    def shown(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]

    async def shows(self, *words):
        """Wait until all of ``words`` are on the screen."""
        async with asyncio.timeout(30):
            while not all(any(word in line for line in self.shown) for word in words):
                self.changed.clear()
                await self.changed.wait()

    @property
    def lines(self):
        top = [[line[x].data for x in range(self.screen.columns)] for line in self.screen.history.top]
        return [line for line in ["".join(cells).rstrip() for cells in top] + self.shown if line]


def size(monkeypatch, columns, height):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(height))


@pytest.fixture
def terminal(monkeypatch):
    size(monkeypatch, 80, 12)
    return Terminal()


def screen_on(terminal, status=Status):
    return Screen(terminal, status=status, bindings=Bindings())


async def test_words_in_progress_and_words_that_are_said(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Ready("gpt-realtime", "v"))
        screen(Transcript("user", "What is the", False, "u1"))
        await terminal.shows("What is the", "listening", "q quit")
        assert terminal.shown[0] == "you: What is the"
        assert "listening" in terminal.shown[1]
        assert terminal.shown[2] == "gpt-realtime"
        assert "q quit" in terminal.shown[3]
        assert terminal.screen.cursor.hidden
        screen(Transcript("user", "What is the capital?", True, "u1"))
        screen(PhaseChanged(Phase.SPEAKING))
        screen(Transcript("assistant", "It is", False, "a1"))
        await terminal.shows("capital?", "It is", "speaking")
        assert terminal.shown[:2] == ["you: What is the capital?", "model: It is"]
        screen(Transcript("assistant", "It is Paris.", True, "a1"))
        screen(Turn(900, 400, 100, None))
        screen(DeviceChanged("output", "USB \x1b[2JHeadset"))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["you: What is the capital?", "model: It is Paris.", "The speaker is now USB Headset."]
    assert not terminal.screen.cursor.hidden
    assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (0, 3)


async def test_a_long_conversation_is_ordinary_history_each_line_once(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        for number in range(16):
            screen(Placed(f"u{number}", "user", None))
            screen(Transcript("user", f"Question number {number}", False, f"u{number}"))
            await terminal.shows(f"Question number {number}")
            screen(Transcript("user", f"Question number {number}.", True, f"u{number}"))
        screen(Closed(Cause.QUIT))
    assert terminal.lines == [f"you: Question number {number}." for number in range(16)]


async def test_of_an_answer_that_fills_the_screen_all_words_become_history(terminal):
    screen = screen_on(terminal)
    words = " ".join(f"word{number}" for number in range(300))
    async with screen.shown():
        screen(Transcript("assistant", words, False, "a1"))
        await terminal.shows("word0 word1")
        screen(Closed(Cause.QUIT))
    assert " ".join(terminal.lines) == f"model: {words}"


async def test_resizing_leaves_nothing_behind(terminal, monkeypatch):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("user", "First", True, "u0"))
        for number, columns in enumerate([80, 37, 20, 60, 25]):
            size(monkeypatch, columns, 12)
            terminal.screen.resize(columns=columns)
            screen(Transcript("user", f"Now {columns} columns, to be wrapped", False, f"u{number + 1}"))
            await terminal.shows(f"Now {columns}")
            assert sum("connecting" in line for line in terminal.lines) == 1
            screen(Transcript("user", f"Done {columns}", True, f"u{number + 1}"))
            await terminal.shows(f"Done {columns}")
        screen(Closed(Cause.QUIT))
    assert terminal.lines == ["you: First", *(f"you: Done {c}" for c in (80, 37, 20, 60, 25))]


async def test_nothing_is_drawn_where_nothing_changed(terminal):
    looked: asyncio.Queue[None] = asyncio.Queue()

    def status():
        looked.put_nowait(None)
        return Status()

    screen = screen_on(terminal, status)
    async with screen.shown():
        screen(Ready("m", "v"))
        await terminal.shows("listening")
        await looked.get()
        before = len(terminal.writes)
        for _ in range(5):
            await looked.get()
        assert len(terminal.writes) == before


async def test_a_meter_that_moves_costs_few_bytes(terminal):
    level = [0.0]
    screen = screen_on(terminal, lambda: Status(speaker=level[0]))
    async with screen.shown():
        screen(Transcript("assistant", "A long answer " * 10, False, "a1"))
        await terminal.shows("connecting")
        before = len(terminal.writes)
        level[0] = 1.0
        await terminal.shows("▮▮▮▮▮▮▮▮")
        assert len("".join(terminal.writes[before:]).encode()) < 100


async def test_words_of_others_are_neither_markup_nor_escapes(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Ready("\x1b]0;title\x07model", "v"))
        screen(Transcript("assistant", "[bold]x[/bold] :smile: \x1b[2J", True, "a1"))
        screen(Fault("code", "It [red]broke[/red]."))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["model: [bold]x[/bold] :smile:", "It [red]broke[/red]."]
    assert terminal.screen.title == ""


async def test_a_failure_inside_leaves_the_lines(terminal):
    screen = screen_on(terminal)

    async def fail():
        async with screen.shown():
            screen(Transcript("user", "Hello", True, "u1"))
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        await fail()
    assert terminal.shown == ["you: Hello"]
    assert not terminal.screen.cursor.hidden


async def test_a_failure_to_draw_ends_what_goes_on_and_restores_the_terminal(terminal):
    failing = []

    def status():
        if failing:
            raise ValueError("no level")
        return Status()

    screen = screen_on(terminal, status)

    async def hold():
        async with screen.shown():
            screen(Transcript("user", "Half a", False, "u1"))
            await terminal.shows("Half a")
            failing.append(True)
            await asyncio.Event().wait()

    with pytest.raises(ValueError, match="no level"):
        await hold()
    assert terminal.shown == []
    assert not terminal.screen.cursor.hidden
    assert pyte.modes.DECAWM in terminal.screen.mode


async def test_cancelling_is_no_failure(terminal):
    screen = screen_on(terminal)

    async def hold():
        async with screen.shown():
            screen(Transcript("user", "Hello", True, "u1"))
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await terminal.shows("Hello")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert terminal.shown == ["you: Hello"]
    assert not terminal.screen.cursor.hidden


async def test_a_terminal_that_goes_away_at_the_end_is_no_failure(terminal, monkeypatch):
    screen = screen_on(terminal)

    def refuse(_text):
        raise OSError(5, "Input/output error")

    async with screen.shown():
        screen(Transcript("user", "Hello", True, "u1"))
        monkeypatch.setattr(terminal, "write", refuse)


async def test_an_interrupted_answer_is_cut_and_marked(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("assistant", "A long answer", True, "a1"))
        screen(Transcript("assistant", "A long", True, "a1"))
        screen(Interrupted("a1", 200))
        screen(Transcript("assistant", "Never heard", True, "a2"))
        screen(Interrupted("a2", 0))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["model: A long (interrupted)"]


async def test_what_is_typed_is_shown_while_the_talk_goes_on(terminal):
    typed = [Entry("Hello", 5)]
    screen = screen_on(terminal, lambda: Status(entry=typed[0]))
    async with screen.shown():
        await terminal.shows("> Hello", "Enter sends")
        screen(Transcript("assistant", "Meanwhile", False, "a1"))
        await terminal.shows("Meanwhile")
        typed[0] = None
        await terminal.shows("q quit")
        assert not any("Hello" in line for line in terminal.shown)


async def test_the_terminal_is_the_shells_while_the_program_is_stopped(terminal, monkeypatch):
    stops = []
    monkeypatch.setattr(terminal_mode, "_around_stops", stops)
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("user", "Half a", False, "u1"))
        await terminal.shows("Half a")
        ((before, after),) = stops
        before()
        assert not terminal.screen.cursor.hidden
        assert terminal.shown == []
        terminal.write("$ bg\r\n")
        screen(Transcript("user", "Half a word", False, "u1"))
        screen._draw()
        assert terminal.shown == ["$ bg"]
        after()
        await terminal.shows("Half a word")
        assert terminal.screen.cursor.hidden
        assert terminal.shown[0] == "$ bg"
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["$ bg", "you: Half a word"]
    assert not terminal.screen.cursor.hidden


async def test_a_stream_that_cannot_say_everything_says_what_it_can(terminal, monkeypatch):
    monkeypatch.setattr(Terminal, "encoding", "latin-1")
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("user", "Ça va 漢?", True, "u1"))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["you: Ça va ??"]


@pytest.mark.parametrize(("environment", "expected"), [((0, 0), (80, 24)), ((5, 1), (5, 2)), ((100, 40), (100, 40))])
def test_a_size_is_always_one_that_can_be_drawn_on(terminal, monkeypatch, environment, expected):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: environment)
    assert terminal_size(terminal) == expected


class OldTerminal(Terminal):
    encoding = "ascii"


async def test_without_utf_8_the_meters_still_tell_a_level():
    terminal = OldTerminal()
    levels = iter([0.0] + [1.0] * 100)
    screen = Screen(terminal, status=lambda: Status(microphone=next(levels, 1.0)), bindings=Bindings())
    async with screen.shown():
        await terminal.shows("* connecting", "mic ########")
        assert not any("?" in row.replace("? help", "") for row in terminal.shown)
    assert any("--------" in text for text in terminal.writes)
