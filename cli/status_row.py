"""The status of a conversation in a row or two; on a narrow terminal what matters least is left out."""

from __future__ import annotations

from realtime_chat.cli.cells import clip, text_width
from realtime_chat.cli.meter import bar
from realtime_chat.cli.rows import Row, Run, Style, row_width
from realtime_chat.cli.view import Picture
from realtime_chat.session.notices import Phase
from realtime_chat.session.settings import TurnMode

_STATES = {
    Phase.CONNECTING: ("connecting", Style.WAITING),
    Phase.LISTENING: ("listening", Style.MODEL),
    Phase.HEARING: ("hearing you", Style.ALIVE),
    Phase.THINKING: ("thinking", Style.WAITING),
    Phase.SPEAKING: ("speaking", Style.SPEAKING),
    Phase.CLOSED: ("closed", Style.DIM),
}
_STATE_WIDTH = max(len(name) for name, _ in _STATES.values())
"""All take as much room, so that the meters keep their place."""

_TURNS = {
    TurnMode.SERVER: "server turns",
    TurnMode.SEMANTIC: "semantic turns",
    TurnMode.TAP: "tap to talk",
    TurnMode.HOLD: "hold to talk",
}
_LATE_MS = 1000
"""A longer silence after a question feels like a fault."""

_GAP = Run("  ")
_DOT = Run(" · ", Style.DIM)


def status_row(picture: Picture, columns: int) -> Row:
    """Give the row that lives: state, meters, and how the conversation is held where that is not the usual way."""
    name, style = _STATES[picture.phase]
    parts: list[tuple[int, Row]] = [(0, (Run(f"◉ {name:{_STATE_WIDTH}}", style),))]
    microphone = bar(picture.microphone)
    parts.append((2, (Run("mic ", Style.DIM), Run(microphone, Style.DIM if picture.is_muted else Style.YOU))))
    if picture.is_voice_on:
        parts.append((3, (Run("voice ", Style.DIM), Run(bar(picture.speaker), Style.VOICE))))
    else:
        parts.append((3, (Run("voice off", Style.WAITING),)))
    if picture.is_muted:
        parts.append((1, (Run("muted", Style.ALARM),)))
    if picture.turns in _TURNS:
        parts.append((4, (Run(_TURNS[picture.turns], Style.DIM),)))
    if picture.volume != 100:
        parts.append((5, (Run(f"volume {picture.volume} %", Style.DIM),)))
    return _joined(parts, _GAP, columns)


def details_row(picture: Picture, columns: int) -> Row:
    """Give the row that changes from turn to turn: the last latency, tokens, the model; empty where none is known."""
    parts: list[tuple[int, Row]] = []
    if picture.latency_ms is not None:
        style = Style.FAULT if picture.latency_ms >= _LATE_MS else Style.DIM
        parts.append((0, (Run(f"answered after {picture.latency_ms} ms", style),)))
    if picture.tokens:
        parts.append((1, (Run(_tokens(picture.tokens), Style.DIM),)))
    if picture.model:
        parts.append((2, (Run(clip(picture.model, columns), Style.DIM),)))
    return _joined(parts, _DOT, columns)


def _tokens(count: int) -> str:
    if count < 10_000:
        return f"{count} token{'' if count == 1 else 's'}"
    return f"{count / 1000:.1f}k tokens" if count < 1_000_000 else f"{count / 1_000_000:.1f}M tokens"


def _joined(parts: list[tuple[int, Row]], gap: Run, columns: int) -> Row:
    """Put as many parts as fit into a row, the most important first in the choice (the lowest number)."""
    kept: set[int] = set()
    used = 0
    for importance, part in sorted(parts, key=lambda part: part[0]):
        width = row_width(part) + (text_width(gap.text) if kept else 0)
        if used + width > columns:
            if not kept:
                return (Run(clip("".join(run.text for run in part), columns), part[0].style),)
            continue
        kept.add(importance)
        used += width
    row: list[Run] = []
    for importance, part in parts:
        if importance in kept:
            row += [gap, *part] if row else part
    return tuple(row)
