"""`PendingLines`: the lines of a conversation that may still change, in its true order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

MOST_PENDING = 6
"""Lines that may wait for their last word; then the oldest leaves as it is, or the live region would fill the
screen where a server never finishes a transcript."""

_MOST_BEHIND_NOTHING = 3
"""Lines that may wait, with nothing to come, behind one without words, which may never have any."""

_MOST_REMEMBERED = 256
"""Lines that have left, so that what comes too late for them is known as that."""

Role = Literal["user", "assistant", "tool", "news", "fault"]
"""Who says a line; ``tool`` is what the model does besides, and the last two are the program itself."""


class LineState(Enum):
    """What may still happen to a line."""

    GROWING = auto()
    """More words will come, and they are still to be heard."""
    HEARD = auto()
    """More words may come, none of which needs hearing: a person's own, or those of an answer that has sounded."""
    SAID = auto()
    """The last word came, and is still to be heard."""
    SETTLED = auto()
    """Nothing."""
    INTERRUPTED = auto()
    """Nothing: it was cut off while it sounded."""
    WITHDRAWN = auto()
    """Nothing: it was interrupted before anything of it was heard."""

    def after_last_word(self) -> LineState:
        """Give the state once no more words will come."""
        return {LineState.GROWING: LineState.SAID, LineState.HEARD: LineState.SETTLED}.get(self, self)

    def after_hearing(self) -> LineState:
        """Give the state once all words there are were heard."""
        return {LineState.GROWING: LineState.HEARD, LineState.SAID: LineState.SETTLED}.get(self, self)


@dataclass(frozen=True, slots=True)
class Line:
    """One item's words.

    Attributes:
        key: The item, or a number for what the program says.
        role: Who says them.
        text: Cleaned; on one line, unless it is an answer in writing.
        state: What may still happen to it.
        spoken: So many of its first characters are certain: a person's last word came, or the answer's sounded.
    """

    key: str | int
    role: Role
    text: str
    state: LineState
    spoken: int = 0

    @property
    def is_final(self) -> bool:
        """No more words will come."""
        return self.state not in {LineState.GROWING, LineState.HEARD}

    @property
    def is_settled(self) -> bool:
        """Nothing about it can change any more."""
        return self.state in {LineState.SETTLED, LineState.INTERRUPTED, LineState.WITHDRAWN}

    @property
    def is_shown(self) -> bool:
        """It says something: its words, or that it was cut off within the first of them."""
        return bool(self.text) or self.state is LineState.INTERRUPTED

    @property
    def ending(self) -> str:
        """What stands behind its words."""
        return "(interrupted)" if self.state in {LineState.INTERRUPTED, LineState.WITHDRAWN} else ""


class PendingLines:
    """Keeps lines until they leave for good."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._gone: dict[str, None] = {}
        self._said = 0

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def find(self, item_id: str) -> Line | None:
        """Give an item's line, if it is still here."""
        return next((line for line in self._lines if line.key == item_id), None)

    def has_left(self, item_id: str) -> bool:
        """Say whether an item's line has left: nothing can be added to it."""
        return item_id in self._gone

    def place(self, item_id: str, role: Literal["user", "assistant"], after: str | None = None) -> Line | None:
        """Give an item's line; a new one goes behind that of ``after``, or last where that is unknown.

        Returns:
            None where the line has left already.
        """
        known = self.find(item_id)
        if known is not None or self.has_left(item_id):
            return known
        # A person's words need no hearing: they were theirs.
        line = Line(item_id, role, "", LineState.HEARD if role == "user" else LineState.GROWING)
        self._lines.insert(self._behind(after), line)
        return line

    def put(self, line: Line) -> None:
        """Put ``line`` in the place of the one with its key."""
        self._lines = [line if known.key == line.key else known for known in self._lines]

    def say(self, role: Literal["tool", "news", "fault"], text: str) -> None:
        """Add a line of the program's own, behind all others."""
        self._said += 1
        self._lines.append(Line(self._said, role, text, LineState.SETTLED))

    def hear(self) -> None:
        """All words there are were heard."""
        self._lines = [replace(line, state=line.state.after_hearing()) for line in self._lines]

    def end(self) -> None:
        """No more words will come, and none will be heard."""
        self._lines = [replace(line, state=line.state.after_last_word().after_hearing()) for line in self._lines]

    def leave(self) -> list[Line]:
        """Take out the lines that nothing can change any more, and before which none is left; each leaves once."""
        leaving: list[Line] = []
        while self._lines and self._may_leave():
            line = self._lines.pop(0)
            if line.is_shown:
                leaving.append(line)
            # What is said later of one that had no word, and could be waited for no longer, is still to be shown.
            if isinstance(line.key, str) and (line.is_shown or line.is_settled):
                self._gone[line.key] = None
        while len(self._gone) > _MOST_REMEMBERED:
            del self._gone[next(iter(self._gone))]
        return leaving

    def _may_leave(self) -> bool:
        first = self._lines[0]
        if first.is_settled or len(self._lines) > MOST_PENDING:
            return True
        behind = sum(line.is_settled and line.is_shown for line in self._lines)
        return not first.is_shown and behind >= _MOST_BEHIND_NOTHING

    def _behind(self, after: str | None) -> int:
        keys = [line.key for line in self._lines]
        if after in keys:
            place = keys.index(after) + 1
            while place < len(keys) and isinstance(keys[place], int):  # what the program said by then stays there
                place += 1
            return place
        # Behind a line that has left nothing else can have come but what is first here.
        return 0 if after is not None and after in self._gone else len(keys)
