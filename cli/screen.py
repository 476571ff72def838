"""The live screen of a spoken conversation: finished lines become history of the terminal, the rest is drawn below.

Texts of others are given to rich as `Text`, never as markup.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from realtime_chat.cli.keys import HINTS, around_stop
from realtime_chat.cli.view import METER_STEPS, Line, LineState, Picture, View
from realtime_chat.session.notices import Notice, Phase

DRAWS_A_SECOND = 12
"""Enough for a meter to look alive; a terminal over a slow link still keeps up."""

_NAMES = {"user": "you", "assistant": "model", "notice": ""}
_COLOURS = {"user": "cyan", "assistant": "green", "notice": "yellow"}
_STATES = {
    Phase.CONNECTING: ("connecting", "yellow"),
    Phase.LISTENING: ("listening", "green"),
    Phase.HEARING: ("hearing you", "bold green"),
    Phase.THINKING: ("thinking", "yellow"),
    Phase.SPEAKING: ("speaking", "bold magenta"),
    Phase.CLOSED: ("closed", "dim"),
}
_STATE_WIDTH = max(len(name) for name, _ in _STATES.values())
"""All take as much room, so that the meters keep their place."""

_BELOW = 3
"""Rows kept free for the status, the hints, and the cursor."""

_LATE_MS = 1000
"""A longer silence after a question feels like a fault."""


class Screen:
    """Draws a conversation on a terminal.

    Give it each notice by calling it; what it shows besides is asked of ``levels`` and ``is_muted`` when it draws.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        levels: Callable[[], tuple[float, float]],
        is_muted: Callable[[], bool],
        hints: str = HINTS,
    ) -> None:
        """Make a screen that draws nothing yet.

        Args:
            stream: The terminal.
            levels: Gives the level of the microphone and of the speaker, each 0..1.
            is_muted: Says whether the microphone is muted.
            hints: The keys that work; ``""`` where there is no keyboard.
        """
        self._console = Console(file=stream, markup=False, highlight=False, emoji=False)
        self._view = View()
        self._levels = levels
        self._is_muted = is_muted
        self._hints = hints
        self._drawn: Picture | None = None
        self._live = self._new_live()

    def __call__(self, notice: Notice) -> None:
        """Take what happened; it is drawn with the next picture."""
        self._view.apply(notice)

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Draw for the length of an ``async with``; at its end all lines are history, and nothing else is left."""
        self._live.start()
        try:
            painter = asyncio.create_task(self._paint())
            try:
                with around_stop(self._pause, self._go_on):
                    yield
            finally:
                painter.cancel()
                await asyncio.wait([painter])
                self._draw()
        finally:
            self._live.stop()
        if not painter.cancelled():
            painter.result()

    def _new_live(self) -> Live:
        return Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")

    def _pause(self) -> None:
        """Take the live region away and show the cursor: the shell comes."""
        self._live.stop()

    def _go_on(self) -> None:
        # A new one: the old one would look for its rows above, where the shell has written since.
        self._live, self._drawn = self._new_live(), None
        self._live.start()

    async def _paint(self) -> None:
        while True:
            self._draw()
            await asyncio.sleep(1 / DRAWS_A_SECOND)

    def _draw(self) -> None:
        settled = self._view.settled()
        microphone, speaker = self._levels()
        picture = self._view.picture(microphone=microphone, speaker=speaker, is_muted=self._is_muted())
        if picture == self._drawn and not settled:
            return
        self._drawn = picture
        with self._console:  # one write, so that nothing flickers
            if settled:
                self._console.print(Text("\n").join(line_text(line) for line in settled))
            self._live.update(self._render(picture), refresh=True)

    def _render(self, picture: Picture) -> Group:
        width, height = self._console.size
        rows = [row for line in picture.lines for row in line_text(line).wrap(self._console, width)]
        # Of words that fill the screen, the last ones are those that count.
        rows = rows[-max(1, height - _BELOW) :]
        return Group(*rows, status_text(picture), Text(self._hints, style="dim", no_wrap=True, overflow="ellipsis"))


def line_text(line: Line) -> Text:
    """Give a line as it is shown; words that may still change are grey."""
    name = _NAMES[line.role]
    text = Text(f"{name}: " if name else "", style=_COLOURS[line.role])
    text.append(line.text, style="default" if line.is_final else "default dim")
    if line.state is LineState.INTERRUPTED:
        text.append(" (interrupted)", style="dim italic")
    return text


def status_text(picture: Picture) -> Text:
    """Give the status row: state, meters and the last latency."""
    name, style = _STATES[picture.phase]
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"● {name:{_STATE_WIDTH}}", style=style)
    text.append("  mic ")
    text.append(meter(picture.microphone), style="cyan")
    text.append("  voice ")
    text.append(meter(picture.speaker), style="magenta")
    if picture.is_muted:
        text.append("  muted", style="bold red")
    if picture.latency_ms is not None:
        style = "red" if picture.latency_ms >= _LATE_MS else "dim"
        text.append(f"  answered after {picture.latency_ms} ms", style=style)
    return text


def meter(steps: int) -> str:
    """Give a level of 0..METER_STEPS as a bar that is always as wide."""
    return "▮" * steps + "▯" * (METER_STEPS - steps)
