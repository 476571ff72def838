"""How the end of a turn is found: what a client asks for, completed and checked, and what it means here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import SemanticVad, ServerVad, TurnDetection
from realtime_chat.server.semantic_end import LONGEST_MS, Eagerness, patience_ms

THRESHOLD = 0.5
"""How sure a voice detector must be; the documented default of the API."""

SILENCE_MS = 500
"""Silence that ends a turn; the API's default."""

PADDING_MS = 300
"""Sound from before the voice that belongs to a turn; the API's default."""

MOST_MS = 10_000
"""The longest silence or padding that makes sense, and that has to be kept in memory."""

LEAST_IDLE_MS = 1_000
"""The shortest idle time-out: a model that goes on after less talks to itself."""

MOST_IDLE_MS = 60_000
"""The longest idle time-out; as much sound is kept in memory."""

_SERVER_DEFAULTS: dict[str, Any] = {
    "threshold": THRESHOLD,
    "prefix_padding_ms": PADDING_MS,
    "silence_duration_ms": SILENCE_MS,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_DEFAULTS: dict[str, Any] = {"eagerness": "auto", "create_response": True, "interrupt_response": True}

_RANGES = {
    "threshold": (0, 1),
    "prefix_padding_ms": (0, MOST_MS),
    "silence_duration_ms": (0, MOST_MS),
    "idle_timeout_ms": (LEAST_IDLE_MS, MOST_IDLE_MS),
}


@dataclass(frozen=True, slots=True)
class Detection:
    """What a turn detection means here.

    Attributes:
        threshold: 0..1, how sure the voice detector must be.
        silence_ms: Silence that ends a turn; the longest one where words have a say.
        padding_ms: Sound from before the voice that belongs to it.
        responds: A turn that ends is answered.
        interrupts: A turn that begins stops the answer.
        eagerness: How soon words that sound finished end a turn; ``None`` where only silence counts.
        idle_ms: After so much silence the model speaks again; ``None`` for never.
    """

    threshold: float
    silence_ms: int
    padding_ms: int
    responds: bool
    interrupts: bool
    eagerness: Eagerness | None = None
    idle_ms: int | None = None

    def patience_ms(self, words: str | None) -> int:
        """Say what silence ends a turn in which ``words`` were said; ``None`` while the last of them is not known."""
        return self.silence_ms if self.eagerness is None else patience_ms(words, self.eagerness)


def completed(wanted: TurnDetection, *, answers: bool = True) -> TurnDetection:
    """Give a turn detection with the default for every field the client left out.

    Args:
        wanted: What the client says.
        answers: The session has responses; else what is about them is left out.
    """
    defaults = _SERVER_DEFAULTS if isinstance(wanted, ServerVad) else _SEMANTIC_DEFAULTS
    full = replace(wanted, **{name: value for name, value in defaults.items() if getattr(wanted, name) is UNSET})
    if not answers:
        full.create_response = full.interrupt_response = UNSET
        if isinstance(full, ServerVad):
            full.idle_timeout_ms = UNSET
    return full


def check(wanted: TurnDetection) -> None:
    """Refuse numbers that make no sense.

    Raises:
        MalformedEvent: Naming the first of them.
    """
    if isinstance(wanted, SemanticVad):
        return
    for name, (least, most) in _RANGES.items():
        value = getattr(wanted, name)
        if isinstance(value, int | float) and not least <= value <= most:
            param = f"session.audio.input.turn_detection.{name}"
            raise MalformedEvent("invalid_value", f"Invalid '{param}': must be between {least} and {most}.", param)


def detection_of(wanted: TurnDetection | None) -> Detection | None:
    """Say what a turn detection means here; ``None`` leaves turns to the client."""
    if wanted is None:
        return None
    full: Any = completed(wanted)
    responds, interrupts = bool(full.create_response), bool(full.interrupt_response)
    if isinstance(full, SemanticVad):
        level = "medium" if full.eagerness in (UNSET, "auto") else full.eagerness
        return Detection(THRESHOLD, LONGEST_MS[level], PADDING_MS, responds, interrupts, eagerness=level)
    return Detection(
        full.threshold,
        full.silence_duration_ms,
        full.prefix_padding_ms,
        responds,
        interrupts,
        idle_ms=full.idle_timeout_ms,
    )
