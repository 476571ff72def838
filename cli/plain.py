"""A spoken conversation as plain lines, where nothing can be drawn: words on stdout, the rest on stderr."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from realtime_chat.cli.pending import Line
from realtime_chat.cli.terminal import say, write
from realtime_chat.cli.tool_text import question_text
from realtime_chat.cli.view import View
from realtime_chat.session.notices import Notice, Ready, ToolQuestion, Turn

_NAMES = {"user": "you", "assistant": "model"}


class PlainLines:
    """Writes a line when its last word is said, in the order of the conversation, and each answer's latency."""

    def __init__(
        self,
        *,
        quiet: bool = False,
        hints: str = "",
        talk_key: str = "space",
        can_type: bool = False,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Make one.

        Args:
            quiet: Words and faults only.
            hints: The keys that work; ``""`` where there is no keyboard.
            talk_key: The key that begins a turn, as a person calls it.
            can_type: There is a key to type with.
            aside: Makes room for lines where one is being typed.
        """
        self._view = View(talk_key, can_type=can_type)
        self._aside = aside
        self._hints = hints
        self._quiet = quiet

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        self._view.apply(notice)
        for line in self._view.settled():
            self._show(line)
        if isinstance(notice, ToolQuestion):
            self._say(f"{question_text(notice)} y/n")
        if self._quiet:
            return
        if isinstance(notice, Ready):
            self._say(f"Connected. {self._hints}".rstrip())
        elif isinstance(notice, Turn) and (latencies := latencies_of(notice)):
            self._say(latencies)

    def _show(self, line: Line) -> None:
        if line.role == "fault" or (line.role in {"news", "tool"} and not self._quiet):
            self._say(line.text)
        elif line.role in _NAMES:
            with self._aside():
                write(f"{_NAMES[line.role]}: {' '.join(filter(None, (line.text, line.ending)))}")

    def _say(self, text: str) -> None:
        with self._aside():
            say(text)


def latencies_of(turn: Turn) -> str:
    """Give a turn's latencies as a line, or ``""`` where none was measured."""
    measured = (
        ("voice to voice", turn.voice_to_voice_ms),
        ("turn end to first sound", turn.turn_end_to_audio_ms),
    )
    return ", ".join(f"{name} {ms} ms" for name, ms in measured if ms is not None)
