"""`TranscriptStore`: who said what, in the order of the conversation.

Words come in deltas, out of order between items and sometimes late; a text that is said to be whole wins over its
deltas. How the deltas are split makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from realtime_chat.session.notices import Placed

Role = Literal["user", "assistant"]


class _State(Enum):
    OPEN = auto()
    WHOLE = auto()


@dataclass(slots=True)
class _Part:
    text: str = ""
    state: _State = _State.OPEN


@dataclass(slots=True)
class Line:
    """One item's words.

    Attributes:
        item_id: The item.
        role: Who says them.
    """

    item_id: str
    role: Role
    _parts: dict[int, _Part] = field(default_factory=dict)
    _state: _State = _State.OPEN

    @property
    def text(self) -> str:
        """All words so far; the item's parts are told apart by a space."""
        return " ".join(part.text for _, part in sorted(self._parts.items()) if part.text)

    @property
    def is_final(self) -> bool:
        """No more words are taken."""
        return self._state is _State.WHOLE

    def extend(self, part: int, delta: str) -> bool:
        """Add words to a part; say whether they were taken. Those that come after the whole text are late."""
        held = self._part(part)
        if self.is_final or held.state is _State.WHOLE or not delta:
            return False
        held.text += delta
        return True

    def complete(self, part: int, text: str) -> bool:
        """Take the whole text of a part; say whether that changed the words. An empty one is no news."""
        held = self._part(part)
        if self.is_final or held.state is _State.WHOLE or not text:
            return False
        news = text != held.text
        held.text = text
        held.state = _State.WHOLE
        return news

    def close(self) -> bool:
        """Take no more words; say whether that is news."""
        news = not self.is_final
        self._state = _State.WHOLE
        return news

    def cut(self, text: str) -> None:
        """Keep ``text`` only, for the rest was not heard, and take no more words."""
        self._parts = {0: _Part(text, _State.WHOLE)}
        self._state = _State.WHOLE

    def _part(self, part: int) -> _Part:
        return self._parts.setdefault(part, _Part())


class TranscriptStore:
    """The lines of a conversation."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._order: list[str] = []
        self._placed: list[Placed] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, in the order of the conversation."""
        return tuple(self._lines[item_id] for item_id in self._order)

    def find(self, item_id: str) -> Line | None:
        """Give an item's line, if it has one."""
        return self._lines.get(item_id)

    def place(self, item_id: str, role: Role, after: str | None = None) -> Line:
        """Give an item's line; a new one goes behind that of ``after``, or last where that is unknown.

        An item that has its place keeps it, and its role.
        """
        if item_id in self._lines:
            return self._lines[item_id]
        line = self._lines[item_id] = Line(item_id, role)
        if after is not None and after in self._lines:
            self._order.insert(self._order.index(after) + 1, item_id)
        else:
            after = None
            self._order.append(item_id)
        self._placed.append(Placed(item_id, role, after))
        return line

    def take_placed(self) -> list[Placed]:
        """Give the lines that got their place since the last call, each once."""
        placed, self._placed = self._placed, []
        return placed

    def remove(self, item_id: str) -> None:
        """Take an item's line out, if it has one."""
        if self._lines.pop(item_id, None) is not None:
            self._order.remove(item_id)
