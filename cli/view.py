"""What the screen shows, without the screen: notices in, lines and a status out.

A line is an item of the conversation. Lines keep the order in which their items were first told of. A line leaves
the live region, to become ordinary history of the terminal, when nothing about it can change any more and every
line before it has left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Literal

from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import (
    Closed,
    Fault,
    Interrupted,
    Notice,
    Phase,
    PhaseChanged,
    Ready,
    Transcript,
    Turn,
)

METER_STEPS = 8
"""A meter has so many steps that can be told apart: the screen is drawn anew only when one changes."""

_MOST_PENDING = 6
"""Lines that may wait for their last word; then the oldest leaves as it is, or the live region would fill the
screen where a server never finishes a transcript."""


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
        item_id: The item.
        role: Who says them; ``notice`` is the program itself.
        text: On one line, cleaned.
        state: What may still happen to it.
    """

    item_id: str
    role: Literal["user", "assistant", "notice"]
    text: str
    state: LineState

    @property
    def is_final(self) -> bool:
        """No more words will come."""
        return self.state not in {LineState.GROWING, LineState.HEARD}

    @property
    def is_settled(self) -> bool:
        """Nothing about it can change any more."""
        return self.state in {LineState.SETTLED, LineState.INTERRUPTED}


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the live region shows; two equal pictures look the same.

    Attributes:
        lines: Those in progress.
        phase: What the conversation is doing.
        is_muted: The microphone is muted.
        microphone: 0..METER_STEPS.
        speaker: 0..METER_STEPS.
        latency_ms: From the end of the last turn to its answer's first sound.
    """

    lines: tuple[Line, ...]
    phase: Phase
    is_muted: bool
    microphone: int
    speaker: int
    latency_ms: int | None


class View:
    """Follows a conversation."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._gone: set[str] = set()
        self._phase = Phase.CONNECTING
        self._latency: int | None = None
        self._faults = 0

    def apply(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case Ready():
                self._phase = Phase.LISTENING
            case PhaseChanged(phase):
                self._phase = phase
                if phase in {Phase.HEARING, Phase.THINKING}:  # a new turn, which was not answered yet
                    self._latency = None
                if phase is Phase.LISTENING:  # nothing sounds any more, also where an answer failed
                    self._heard()
            case Transcript():
                self._transcript(notice)
            case Interrupted(item_id, heard_ms):
                self._interrupted(item_id, heard_ms)
            case Turn():
                self._latency = notice.turn_end_to_audio_ms
                self._heard()
            case Fault(_, message):
                self._say(message)
            case Closed():
                self._phase = Phase.CLOSED
                for key, line in self._lines.items():
                    self._lines[key] = replace(line, state=line.state.after_last_word().after_hearing())
            case _:
                pass

    def settled(self) -> list[Line]:
        """Give the lines that leave the live region now, in order; each is given once."""
        leaving: list[Line] = []
        for line in list(self._lines.values()):
            if not line.is_settled and len(self._lines) <= _MOST_PENDING:
                break
            del self._lines[line.item_id]
            self._gone.add(line.item_id)
            if line.text:
                leaving.append(line)
        return leaving

    def picture(self, *, microphone: float = 0.0, speaker: float = 0.0, is_muted: bool = False) -> Picture:
        """Give what the live region shows.

        Args:
            microphone: Level of what the microphone hears, 0..1.
            speaker: Level of what sounds, 0..1.
            is_muted: The microphone is muted.
        """
        return Picture(
            lines=tuple(line for line in self._lines.values() if line.text),
            phase=self._phase,
            is_muted=is_muted,
            microphone=0 if is_muted else _steps(microphone),
            speaker=_steps(speaker),
            latency_ms=self._latency,
        )

    def _transcript(self, notice: Transcript) -> None:
        if notice.item_id in self._gone:
            return
        # A person's words need no hearing: they were theirs.
        first = LineState.HEARD if notice.role == "user" else LineState.GROWING
        known = self._lines.get(notice.item_id) or Line(notice.item_id, notice.role, "", first)
        state = known.state.after_last_word() if notice.final else known.state
        self._lines[notice.item_id] = replace(known, text=one_line(notice.text), state=state)

    def _interrupted(self, item_id: str, heard_ms: int) -> None:
        line = self._lines.get(item_id)
        if line is None:
            return
        # Of an item that nobody heard, the server remembers nothing either.
        text = line.text if heard_ms else ""
        self._lines[item_id] = replace(line, text=text, state=LineState.INTERRUPTED)

    def _heard(self) -> None:
        for key, line in self._lines.items():
            self._lines[key] = replace(line, state=line.state.after_hearing())

    def _say(self, message: str) -> None:
        self._faults += 1
        key = f"fault {self._faults}"
        self._lines[key] = Line(key, "notice", one_line(message), LineState.SETTLED)


def _steps(level: float) -> int:
    return round(min(1.0, max(0.0, level)) * METER_STEPS)
