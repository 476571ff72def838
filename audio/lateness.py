"""`Lateness`: makes one sound of what an echo was taken out of, which is late, and of what came as it is."""

from __future__ import annotations

import numpy as np

from realtime_chat.audio.frame import FRAME_SAMPLES, SAMPLE_BYTES, decibels, ms_to_samples

LATE_SAMPLES = ms_to_samples(8) + 5
"""How much later sound comes out of the canceller, which works in blocks, and of both its resamplers: measured, and
tested."""

_FADE = ms_to_samples(5)

_SETTLED = ms_to_samples(100) // FRAME_SAMPLES
"""Frames without an echo after which sound may come in time again. The canceller itself waits for 700 ms of silence at
the speaker; where there turned out to be no echo, it does not."""

_QUIET_DB = -45.0
"""Where 8 ms are left out, nobody speaks."""

_PATIENCE = ms_to_samples(10_000) // FRAME_SAMPLES
"""Frames after which it comes in time again, whoever speaks: in a loud room it is never quiet."""


class Lateness:
    """Sound must come in order, 20 ms at a time.

    It comes out at once until something is cancelled, and from then on as late as that is: a sentence in which the
    speaker falls silent has no splice. When nothing was cancelled for a while, it catches up where it is quiet.
    """

    def __init__(self) -> None:
        self._kept = bytes(LATE_SAMPLES * SAMPLE_BYTES)
        self._is_late = False
        self._alone = 0

    def push(self, heard: bytes, cancelled: bytes | None) -> bytes:
        """Give what comes next (PCM16 mono 24 kHz, as much as was heard).

        Args:
            heard: What the microphone heard.
            cancelled: The same without the echo, `LATE_SAMPLES` late; None where there is none.
        """
        late = self._kept + heard[: -len(self._kept)]
        self._kept = heard[-len(self._kept) :]
        if cancelled is not None:
            self._alone = 0
            if self._is_late:
                return cancelled
            self._is_late = True
            # What the canceller gives first is the end of what it was given last, before it rested.
            return _faded(heard, cancelled, LATE_SAMPLES)
        if not self._is_late:
            return heard
        self._alone += 1
        if self._alone < _SETTLED or (self._alone < _PATIENCE and decibels(heard) > _QUIET_DB):
            return late
        self._is_late = False
        return _faded(late, heard, 0)


def _faded(old: bytes, new: bytes, begin: int) -> bytes:
    """Go over from one sound to another within 5 ms from sample ``begin`` on."""
    before, after = (np.frombuffer(pcm, "<i2").astype(np.float32) for pcm in (old, new))
    share = np.clip((np.arange(len(before), dtype=np.float32) - begin) / _FADE, 0.0, 1.0)
    return (before + (after - before) * share).round().astype("<i2").tobytes()
