import asyncio
import io

import pyte
import pytest

from realtime_chat.cli import keys
from realtime_chat.cli.screen import Screen, line_text, meter, status_text
from realtime_chat.cli.view import METER_STEPS, Line, LineState, Picture
from realtime_chat.session.notices import (
    Cause,
    Closed,
    Fault,
    Interrupted,
    Phase,
    PhaseChanged,
    Ready,
    Transcript,
    Turn,
)


class Terminal(io.StringIO):
    """A terminal of 60 x 12 that remembers what scrolled away."""

    def __init__(self):
        super().__init__()
        self.screen = pyte.HistoryScreen(60, 12, history=1000, ratio=0.5)
        self._stream = pyte.Stream(self.screen)
        self.writes = 0
        self.changed = asyncio.Event()

    def isatty(self):
        return True

    def write(self, text):
        self.writes += 1
        self.changed.set()
        self._stream.feed(text.replace("\n", "\r\n"))
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
    def scrolled(self):
        return ["".join(line[x].data for x in range(60)).rstrip() for line in self.screen.history.top]


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "12")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def screen_on(terminal, **changes):
    return Screen(terminal, **({"levels": lambda: (0.0, 0.0), "is_muted": lambda: False} | changes))


async def test_words_in_progress_and_words_that_are_said(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Ready("m", "v"))
        screen(Transcript("user", "What is the", False, "u1"))
        await terminal.shows("What is the", "listening", "q quit")
        assert terminal.shown[0] == "you: What is the"
        assert "listening" in terminal.shown[1]
        assert "q quit" in terminal.shown[2]
        screen(Transcript("user", "What is the capital?", True, "u1"))
        screen(PhaseChanged(Phase.SPEAKING))
        screen(Transcript("assistant", "It is", False, "a1"))
        await terminal.shows("capital?", "It is", "speaking")
        assert terminal.shown[:2] == ["you: What is the capital?", "model: It is"]
        assert "speaking" in terminal.shown[2]
        screen(Transcript("assistant", "It is Paris.", True, "a1"))
        screen(Turn(900, 400, 100, None))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["you: What is the capital?", "model: It is Paris."]
    assert not terminal.screen.cursor.hidden


async def test_a_long_conversation_is_ordinary_history_each_line_once(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        for number in range(16):
            screen(Transcript("user", f"Question number {number}", False, f"u{number}"))
            await terminal.shows(f"Question number {number}")
            screen(Transcript("user", f"Question number {number}.", True, f"u{number}"))
        screen(Closed(Cause.QUIT))
    lines = [line for line in terminal.scrolled + terminal.shown if line]
    assert lines == [f"you: Question number {number}." for number in range(16)]


async def test_of_an_answer_that_fills_the_screen_the_end_is_shown(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Ready("m", "v"))
        screen(Transcript("assistant", " ".join(f"word{number}" for number in range(300)), False, "a1"))
        await terminal.shows("word299")
        assert terminal.shown[-3].endswith("word299")
        assert "listening" in terminal.shown[-2]
        screen(Closed(Cause.QUIT))
    assert "word0" in terminal.scrolled[0]
    assert terminal.shown[-1].endswith("word299")


async def test_nothing_is_drawn_where_nothing_changed(terminal):
    looked: asyncio.Queue[None] = asyncio.Queue()

    def levels():
        looked.put_nowait(None)
        return 0.0, 0.0

    screen = screen_on(terminal, levels=levels)
    async with screen.shown():
        screen(Ready("m", "v"))
        await terminal.shows("listening")
        await looked.get()
        before = terminal.writes
        for _ in range(5):
            await looked.get()
        assert terminal.writes == before


async def test_words_of_others_are_neither_markup_nor_escapes(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("assistant", "[bold]x[/bold] :smile: \x1b[2J", True, "a1"))
        screen(Fault("code", "It [red]broke[/red]."))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["model: [bold]x[/bold] :smile:", "It [red]broke[/red]."]


async def test_a_failure_inside_leaves_the_lines(terminal):
    screen = screen_on(terminal)

    async def fail():
        async with screen.shown():
            screen(Transcript("user", "Hello", True, "u1"))
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        await fail()
    assert terminal.shown[0] == "you: Hello"
    assert not terminal.screen.cursor.hidden


async def test_a_failure_to_draw_is_not_swallowed(terminal):
    failed = asyncio.Event()

    def levels():
        failed.set()
        raise ValueError("no level")

    with pytest.raises(ValueError, match="no level"):
        async with screen_on(terminal, levels=levels).shown():
            await failed.wait()


async def test_an_interrupted_answer_is_marked(terminal):
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("assistant", "A long", True, "a1"))
        screen(Interrupted("a1", 200))
        screen(Closed(Cause.QUIT))
    assert terminal.shown == ["model: A long (interrupted)"]


def test_words_that_may_change_are_grey():
    def styles(line):
        return {str(span.style) for span in line_text(line).spans}

    assert "default dim" in styles(Line("1", "user", "words", LineState.HEARD))
    assert "default dim" not in styles(Line("1", "user", "words", LineState.SETTLED))


@pytest.mark.parametrize("phase", list(Phase))
def test_every_state_has_a_name(phase):
    assert len(status_text(Picture((), phase, False, 0, 0, None)).plain) > 10


def test_status():
    text = status_text(Picture((), Phase.LISTENING, True, 0, METER_STEPS, 1200)).plain
    assert "muted" in text
    assert "1200 ms" in text
    assert meter(METER_STEPS) in text


@pytest.mark.parametrize("steps", range(METER_STEPS + 1))
def test_a_meter_is_always_as_wide(steps):
    assert len(meter(steps)) == METER_STEPS


def test_meters_keep_their_place():
    shown = [
        status_text(Picture((), phase, muted, 3, 3, None)).plain.index("mic ")
        for phase in Phase
        for muted in (False, True)
    ]
    assert len(set(shown)) == 1


async def test_the_cursor_is_shown_while_the_program_is_stopped(terminal, monkeypatch):
    stops = []
    monkeypatch.setattr(keys, "_around_stops", stops)
    screen = screen_on(terminal)
    async with screen.shown():
        screen(Transcript("user", "Half a", False, "u1"))
        await terminal.shows("Half a")
        assert terminal.screen.cursor.hidden
        ((before, after),) = stops
        before()
        assert not terminal.screen.cursor.hidden
        assert terminal.shown == []
        terminal.write("$ fg\n")
        after()
        await terminal.shows("Half a")
        assert terminal.screen.cursor.hidden
        assert terminal.shown[0] == "$ fg"
        screen(Closed(Cause.QUIT))
    assert stops == []
    assert terminal.shown == ["$ fg", "you: Half a"]
    assert not terminal.screen.cursor.hidden
