"""`AnswerText`: the assistant's words on standard output, as they come and alone."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.protocol.printable import GrowingText
from realtime_chat.session.notices import Interrupted, Notice, Transcript


class AnswerText:
    """Writes each answer as it grows, without white space around it, and one newline after it.

    An interrupted one is marked; that words of it were written which were not heard, cannot be undone.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        """Make one.

        Args:
            write: Takes what is new, and shows it at once.
        """
        self._write = write
        self._texts: dict[str, GrowingText] = {}
        self._shown: dict[str, str] = {}
        self._ended: set[str] = set()
        self._is_open = False  # the line that was begun has not been ended

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        if isinstance(notice, Interrupted) and self._shown.get(notice.item_id):
            if notice.item_id not in self._ended:
                self._write(" (interrupted)")
                self._ended.add(notice.item_id)
            return
        if not isinstance(notice, Transcript) or notice.role != "assistant" or notice.item_id in self._ended:
            return
        # White space at the end is held back until a word follows it.
        text = self._texts.setdefault(notice.item_id, GrowingText()).clean(notice.text).strip()
        shown = self._shown.get(notice.item_id, "")
        if len(text) <= len(shown) or not text.startswith(shown):
            return  # no news, or words that were taken back: what was written stays
        separator = "\n\n" if self._shown and not shown else ""
        self._shown[notice.item_id] = text
        self._write(separator + text[len(shown) :])
        self._is_open = True

    def set_apart(self, text: str) -> str:
        """Give ``text``, which goes to the same terminal by another way, so that it begins a line of its own."""
        is_open, self._is_open = self._is_open, False
        return f"\n{text}" if is_open else text

    def end(self) -> None:
        """The answer is over: end its line, if there is one."""
        if self._shown:
            self._write("\n")
        self._ended.update(self._shown)  # how they end is told once more, where the conversation ends with them
        self._shown.clear()
        self._texts.clear()
        self._is_open = False
