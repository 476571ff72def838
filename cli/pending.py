"""`PendingLines`: the lines of a conversation that may still change, in its true order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

MOST_PENDING = 6
"""Items whose lines may wait for their last word; then the oldest leaves as it is, or the live region would fill the
screen where a server never finishes a transcript."""

MOST_ASIDE = 24
"""Lines of the program's own that may wait behind those: more than are said while an answer sounds, its tools' calls
among them, so that only a server that floods pushes one out."""

_MOST_BEHIND_NOTHING = 3
"""Lines that may wait, with nothing to come, behind one without words, which may never have any."""

_MOST_REMEMBERED = 256
"""Items whose lines have left, so that what comes too late for them is known as that."""

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
        before: Its words by the time when it had to leave before its last one came: they are shown, and this is the
            rest.
        topic: What a line of the program's own is about, if the next one about it says all that counts.
    """

    key: str | int
    role: Role
    text: str
    state: LineState
    spoken: int = 0
    before: str = ""
    topic: str = ""

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
        return bool(self.words) or self.state is LineState.INTERRUPTED

    @property
    def words(self) -> str:
        """What of its text is still to be shown."""
        if not self.before:
            return self.text
        if not (self.text.startswith(self.before) or self.before.startswith(self.text)):
            return self.text  # others than were shown
        rest = self.text[len(self.before) :]
        return f"…{rest}" if rest or self.state is LineState.INTERRUPTED else ""

    @property
    def ending(self) -> str:
        """What stands behind its words."""
        return "(interrupted)" if self.state in {LineState.INTERRUPTED, LineState.WITHDRAWN} else ""

    def as_shown(self, spoken: int) -> Line:
        """Give it with no text but the words that are to be shown; so many characters of all its text are certain."""
        words = self.words
        return replace(self, text=words, spoken=max(0, spoken - len(self.text) + len(words)), before="")


class PendingLines:
    """Keeps lines until they leave for good."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._gone: dict[str, Line | None] = {}  # in the order of the conversation; None where nothing can follow
        self._said = 0

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def find(self, item_id: str) -> Line | None:
        """Give an item's line, if it is still here."""
        return next((line for line in self._lines if line.key == item_id), None)

    def has_left(self, item_id: str) -> bool:
        """Say whether an item's line has left for good: nothing can be added to it."""
        return item_id in self._gone and self._gone[item_id] is None

    def resume(self, item_id: str) -> Line | None:
        """Give an item's line, also where it had to leave before its last word: then it goes on in another.

        Returns:
            None where there was none, or it has left for good.
        """
        known = self.find(item_id)
        had_to_leave = self._gone.get(item_id)
        if known is not None or had_to_leave is None:
            return known
        line = replace(had_to_leave, before=had_to_leave.text)
        self._lines.insert(self._behind_gone(item_id), line)
        return line

    def place(self, item_id: str, role: Literal["user", "assistant"], after: str | None = None) -> Line | None:
        """Give an item's line; a new one goes behind that of ``after``, or last where that is unknown.

        Returns:
            None where the line has left for good.
        """
        known = self.resume(item_id)
        if known is not None or item_id in self._gone:
            return known
        # A person's words need no hearing: they were theirs.
        line = Line(item_id, role, "", LineState.HEARD if role == "user" else LineState.GROWING)
        self._lines.insert(self._behind(after), line)
        return line

    def put(self, line: Line) -> None:
        """Put ``line`` in the place of the one with its key."""
        self._lines = [line if known.key == line.key else known for known in self._lines]

    def say(self, role: Literal["tool", "news", "fault"], text: str, *, topic: str = "") -> None:
        """Add a line of the program's own, behind all others; one with the topic of the last takes its place."""
        if topic and self._lines and self._lines[-1].topic == topic:
            self._lines.pop()
        self._said += 1
        self._lines.append(Line(self._said, role, text, LineState.SETTLED, topic=topic))

    def hear(self) -> None:
        """All words there are were heard."""
        self._lines = [replace(line, state=line.state.after_hearing()) for line in self._lines]

    def hear_said(self) -> None:
        """All that was said to its last word was heard; what still grows may be another answer, which was not."""
        for line in self._lines:
            if line.state is LineState.SAID:
                self.put(replace(line, state=line.state.after_hearing()))

    def end(self) -> None:
        """No more words will come, and none will be heard."""
        self._lines = [replace(line, state=line.state.after_last_word().after_hearing()) for line in self._lines]

    def leave(self) -> list[Line]:
        """Take out the lines that nothing can change any more, and before which none is left, as they are shown.

        Each leaves once, but for one that was in the way of too many others: what comes of it later leaves, too.
        """
        leaving: list[Line] = []
        while self._lines and self._may_leave():
            line = self._lines.pop(0)
            if line.is_shown:
                leaving.append(line.as_shown(len(line.text)))
            # One that had no word, and could be waited for no longer, comes anew with its first.
            if isinstance(line.key, str) and (line.is_shown or line.is_settled):
                self._gone[line.key] = None if line.is_settled else line
        while len(self._gone) > _MOST_REMEMBERED:
            del self._gone[next(iter(self._gone))]
        return leaving

    def _may_leave(self) -> bool:
        first = self._lines[0]
        items = sum(isinstance(line.key, str) for line in self._lines)
        if first.is_settled or items > MOST_PENDING or len(self._lines) - items > MOST_ASIDE:
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
        return self._behind_gone(after) if after is not None and after in self._gone else len(keys)

    def _behind_gone(self, item_id: str) -> int:
        """Give the place behind a line that has left: the first one, or behind what goes on of those before it."""
        left = list(self._gone)
        earlier = set(left[: left.index(item_id) + 1])
        return max((place for place, line in enumerate(self._lines, 1) if line.key in earlier), default=0)
