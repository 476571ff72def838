"""How the end of a turn is found: what a client asks for, completed and checked, and what it means here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import SemanticVad, ServerVad, TurnDetection

SILENCE_MS = 500
"""Silence that ends a turn; the documented default of the API."""

PADDING_MS = 300
"""Sound from before the voice that belongs to a turn; the API's default."""

MOST_MS = 10_000
"""The longest silence or padding that makes sense, and that has to be kept in memory."""

SEMANTIC_SILENCE_MS = {"high": 300, "medium": 600, "auto": 600, "low": 1200}
"""Silence that ends a turn for each eagerness of semantic turn detection, which is a timer here."""

_SERVER_DEFAULTS: dict[str, Any] = {
    "threshold": 0.5,
    "prefix_padding_ms": PADDING_MS,
    "silence_duration_ms": SILENCE_MS,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_DEFAULTS: dict[str, Any] = {"eagerness": "auto", "create_response": True, "interrupt_response": True}


@dataclass(frozen=True, slots=True)
class Detection:
    """What a turn detection means here.

    Attributes:
        level: 0..3, how sure the voice detector must be.
        silence_ms: Silence that ends a turn.
        padding_ms: Sound from before the voice that belongs to it.
        responds: A turn that ends is answered.
        interrupts: A turn that begins stops the answer.
    """

    level: int
    silence_ms: int
    padding_ms: int
    responds: bool
    interrupts: bool


def completed(wanted: TurnDetection) -> TurnDetection:
    """Give a turn detection with the default for every field the client left out."""
    defaults = _SERVER_DEFAULTS if isinstance(wanted, ServerVad) else _SEMANTIC_DEFAULTS
    return replace(wanted, **{name: value for name, value in defaults.items() if getattr(wanted, name) is UNSET})


def check(wanted: TurnDetection) -> None:
    """Refuse numbers that make no sense.

    Raises:
        MalformedEvent: Naming the first of them.
    """
    if isinstance(wanted, SemanticVad):
        return
    ranges = {"threshold": (0, 1), "prefix_padding_ms": (0, MOST_MS), "silence_duration_ms": (0, MOST_MS)}
    for name, (least, most) in ranges.items():
        value = getattr(wanted, name)
        if value is not UNSET and not least <= value <= most:
            param = f"session.audio.input.turn_detection.{name}"
            raise MalformedEvent("invalid_value", f"Invalid '{param}': must be between {least} and {most}.", param)


def detection_of(wanted: TurnDetection | None) -> Detection | None:
    """Say what a turn detection means here; ``None`` leaves turns to the client."""
    if wanted is None:
        return None
    full = completed(wanted)
    responds, interrupts = bool(full.create_response), bool(full.interrupt_response)
    if isinstance(full, SemanticVad):
        return Detection(2, SEMANTIC_SILENCE_MS[str(full.eagerness)], PADDING_MS, responds, interrupts)
    values = {name: getattr(full, name) for name in ("threshold", "silence_duration_ms", "prefix_padding_ms")}
    level = min(3, round(values["threshold"] * 4))
    return Detection(level, values["silence_duration_ms"], values["prefix_padding_ms"], responds, interrupts)
