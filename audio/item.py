"""`Item`: the sound of one message of the assistant, on its way to the speaker."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from realtime_chat.audio.fade import FADE_SAMPLES, is_near_zero, shaped
from realtime_chat.audio.frame import SAMPLE_BYTES


class _Stage(Enum):
    WAITING = auto()
    """Silent: not begun yet, or starved."""
    SOUNDING = auto()
    """Heard, perhaps still fading in."""
    FALLING = auto()
    """Fading out on what was held back, since no more has arrived."""


class Item:
    """Sound that is put in as it arrives and drawn out as it is needed.

    It fades where it would click: at a beginning or an end in mid-wave, and where it starves and goes on. A fade
    changes samples, never how many there are. While more is to come, the last 5 ms are held back: they fade out if
    nothing arrives in time.

    Attributes:
        item_id: Which.
        rendered: Samples that were drawn.
        is_complete: No more is to come.
        last_at: When the last of it was drawn, as the caller says.
    """

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.rendered = 0
        self.is_complete = False
        self.last_at = 0.0
        self._pcm = bytearray()
        self._stage = _Stage.WAITING
        self._step = 0  # of the fade, see `fade.shaped`

    @property
    def pending(self) -> int:
        """Samples that were put and not drawn."""
        return len(self._pcm) // SAMPLE_BYTES

    @property
    def free(self) -> int:
        """Samples that can be drawn and leave what is held back."""
        return self.pending if self.is_complete else max(0, self.pending - FADE_SAMPLES)

    @property
    def received(self) -> int:
        """Samples that were put."""
        return self.rendered + self.pending

    @property
    def is_over(self) -> bool:
        """All of it was put and drawn."""
        return self.is_complete and not self.pending

    @property
    def is_silent(self) -> bool:
        """It has not begun, or it starved and the fade is over."""
        return self._stage is _Stage.WAITING

    @property
    def is_starving(self) -> bool:
        """It began to sound and there is no more, or there was not when that was last looked at."""
        return self._stage is _Stage.FALLING or (self.is_silent and self.rendered > 0)

    def put(self, pcm: bytes) -> None:
        """Add PCM16, which may end inside a sample."""
        self._pcm += pcm

    def complete(self) -> None:
        """Say that this was all; half a sample at its end is dropped."""
        self.is_complete = True
        del self._pcm[self.pending * SAMPLE_BYTES :]

    def draw(self, samples: int) -> bytes:
        """Take up to ``samples`` samples to sound next.

        Fewer come where it is over or starves. Whether it has enough to begin (or to begin again) is the caller's to
        judge: something must be `free`.
        """
        if self._stage is _Stage.WAITING:
            is_soft = not self.rendered and is_near_zero(self._pcm[:SAMPLE_BYTES])
            self._step = FADE_SAMPLES if is_soft else 0
        if self._stage is _Stage.WAITING or self.is_complete:
            self._stage = _Stage.SOUNDING
        drawn = b""
        if self._stage is _Stage.SOUNDING:
            drawn = self._sound(min(samples, self.free))
            if len(drawn) < samples * SAMPLE_BYTES and not self.is_complete:
                self._stage = _Stage.FALLING
        if self._stage is _Stage.FALLING:
            drawn += self._fall(min(samples - len(drawn) // SAMPLE_BYTES, self._step))
        return drawn

    def ahead(self, samples: int) -> bytes:
        """Look at what would sound next if nothing faded: where a fade-out of something else must begin."""
        if self.is_silent:
            return b""
        step = min(self._step, self.pending) if self._is_cut else self._step
        return shaped(bytes(self._pcm[: min(samples, self.pending) * SAMPLE_BYTES]), step)

    def rest(self) -> None:
        """Say that it is silent for a while, and fades in when it goes on."""
        self._stage = _Stage.WAITING

    @property
    def _is_cut(self) -> bool:
        """It ends in mid-wave, and so with a click if nothing were done."""
        return self.is_complete and not is_near_zero(self._pcm[-SAMPLE_BYTES:])

    def _sound(self, samples: int) -> bytes:
        is_ending = self.pending - samples < FADE_SAMPLES and self._is_cut
        steps = None
        if self._step < FADE_SAMPLES or is_ending:
            steps = np.minimum(self._step + 1 + np.arange(samples), FADE_SAMPLES)
            if is_ending:
                steps = np.minimum(steps, np.arange(self.pending - 1, self.pending - 1 - samples, -1))
        self._step = min(self._step + samples, FADE_SAMPLES)
        drawn = self._take(samples)
        return drawn if steps is None else shaped(drawn, steps)

    def _fall(self, samples: int) -> bytes:
        steps = np.arange(self._step - 1, self._step - 1 - samples, -1)
        self._step -= samples
        if not self._step:
            self._stage = _Stage.WAITING
        return shaped(self._take(samples), steps)

    def _take(self, samples: int) -> bytes:
        drawn = bytes(self._pcm[: samples * SAMPLE_BYTES])
        del self._pcm[: samples * SAMPLE_BYTES]
        self.rendered += samples
        return drawn
