"""How loud a microphone is, and what that means. Pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from realtime_chat.cli.doctor.finding import Finding, Verdict

NAME = "microphone level"

_FULL_SCALE = 32768.0
_QUIETEST_DBFS = -78.0
"""Below this there is only dither: a microphone that is on gives the noise of a quiet room, -60 dBFS or so."""

_CLIPPED = 32767
_MOST_CLIPPED = 3
"""A few samples at the limit may be a knock on the table."""

_CAUSES = {
    "darwin": "unmute it in System Settings > Sound > Input, and allow your terminal in System Settings > Privacy & "
    "Security > Microphone, then start the terminal again",
    "win32": "unmute it in Settings > System > Sound, and let desktop apps use it in Settings > Privacy & security > "
    "Microphone",
}
_ELSEWHERE = (
    "unmute it (`pactl set-source-mute @DEFAULT_SOURCE@ 0`, `pavucontrol` or `alsamixer`; some keyboards have a key "
    "for it), or choose the right one with `--input` (`realtime-chat devices` lists them)"
)


@dataclass(frozen=True, slots=True)
class Level:
    """How loud a piece of sound is.

    Attributes:
        rms_dbfs: Root mean square against full scale, in decibels; None where every sample is zero.
        clipped: Samples at the limit.
    """

    rms_dbfs: float | None
    clipped: int


def level_of(pcm: bytes) -> Level:
    """Measure PCM16."""
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    power = float(np.mean(np.square(samples))) if samples.size else 0.0
    dbfs = 10.0 * float(np.log10(power / _FULL_SCALE**2)) if power else None
    return Level(dbfs, int(np.count_nonzero(np.abs(samples) >= _CLIPPED)))


def judge_level(level: Level, platform: str = sys.platform) -> Finding:
    """Say what a second of the microphone means."""
    silenced = _CAUSES.get(platform, _ELSEWHERE)
    if level.rms_dbfs is None:
        return Finding(NAME, Verdict.WARN, "it gives nothing but zeros: muted, not permitted, or not the one", silenced)
    loud = f"{level.rms_dbfs:.0f} dBFS"
    if level.clipped > _MOST_CLIPPED:
        return Finding(
            NAME,
            Verdict.WARN,
            f"it clips: {level.clipped} samples of a second are at the limit ({loud})",
            "turn its gain down in the system's sound settings, or move away from it",
        )
    if level.rms_dbfs < _QUIETEST_DBFS:
        return Finding(NAME, Verdict.WARN, f"it is all but silent ({loud})", silenced)
    return Finding(NAME, Verdict.OK, f"{loud} in a second of this room")
