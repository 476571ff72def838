"""`TurnTiming`: how long an answer took, the way a person feels it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from realtime_chat.protocol.responses import Usage
from realtime_chat.session.notices import Turn


@dataclass(slots=True)
class TurnTiming:
    """The moments of one turn, in seconds of one clock.

    Attributes:
        ended: The turn was declared over, or the text was sent.
        voice_ended: The person's voice ended; None for a typed turn.
        text_at: The first word of the answer came.
        audio_at: The first sample of the answer was handed to the speaker.
        spent: What the responses cost that only called tools on the way to the answer.
    """

    ended: float
    voice_ended: float | None = None
    text_at: float | None = None
    audio_at: float | None = None
    spent: Usage | None = None

    def text(self, at: float) -> None:
        """Words of the answer came; only the first count."""
        if self.text_at is None:
            self.text_at = at

    def audio(self, at: float) -> None:
        """Sound of the answer began; only the first counts."""
        if self.audio_at is None:
            self.audio_at = at

    def leave_out(self, seconds: float) -> None:
        """The answer waited so long for the person, who was asked something on the way to it."""
        self.ended += seconds
        if self.voice_ended is not None:
            self.voice_ended += seconds

    def spend(self, usage: Usage | None) -> None:
        """A response on the way to the answer is done; ``usage`` is what it cost, if the server counts."""
        self.spent = added(self.spent, usage)


def added(one: Usage | None, other: Usage | None) -> Usage | None:
    """Give what two responses cost together, as far as the server counts; details only where it gives both."""
    if one is None or other is None:
        return one or other
    return msgspec.convert(_sum(msgspec.to_builtins(one), msgspec.to_builtins(other)), Usage)


def _sum(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _sum(count, other[name]) if isinstance(count, dict) else count + other[name]
        for name, count in one.items()
        if name in other
    }


def turn_notice(timing: TurnTiming | None, usage: Usage | None) -> Turn:
    """Give the notice of an answer that is over; ``timing`` is None where nobody asked for it."""
    if timing is None:
        return Turn(None, None, None, usage)
    usage = added(timing.spent, usage)
    return Turn(
        voice_to_voice_ms=_ms(timing.voice_ended, timing.audio_at),
        turn_end_to_audio_ms=_ms(timing.ended, timing.audio_at),
        turn_end_to_text_ms=_ms(timing.ended, timing.text_at),
        usage=usage,
    )


def _ms(begin: float | None, end: float | None) -> int | None:
    return None if begin is None or end is None else round((end - begin) * 1000)
