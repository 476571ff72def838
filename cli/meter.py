"""`Meter`: a level that rises at once and falls slowly, so that the eye can follow it."""

from __future__ import annotations

METER_STEPS = 8
"""A meter has so many steps that can be told apart: the screen is drawn anew only when one changes."""

FALL_SECONDS = 0.8
"""From full to empty: long enough to see a syllable, short enough to see the pause behind it."""


class Meter:
    """Follows one level."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._at: float | None = None

    def steps(self, level: float, now: float) -> int:
        """Take the level, 0..1, at ``now`` seconds; give what is shown, 0..METER_STEPS."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._shown = max(min(1.0, level), self._shown - passed / FALL_SECONDS, 0.0)
        return round(self._shown * METER_STEPS)

    def silence(self) -> int:
        """Fall to nothing at once, as when the microphone is muted."""
        self._shown = 0.0
        return 0


def bar(steps: int) -> str:
    """Give 0..METER_STEPS as a bar that is always as wide."""
    return "▮" * steps + "▯" * (METER_STEPS - steps)
