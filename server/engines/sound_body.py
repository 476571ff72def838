"""A body that holds sound, as it comes: raw PCM or WAV in, PCM at the rate that is wanted out."""

from __future__ import annotations

import re
import struct
from enum import Enum, auto

import numpy as np

from realtime_chat.audio.resample import Resampler
from realtime_chat.server.engines.seam import SPEAKING_RATE

_LONGEST_HEADER = 1 << 16
"""Bytes before the samples of a WAV; what says more about itself is none."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES = range(8_000, 192_001)
_MOST_CHANNELS = 8

_PACKED = (b"ID3", b"OggS", b"fLaC")
"""How packed sound begins: MP3, Ogg and FLAC. Other marks are too short to be told from a first sample."""

_NO_SOUND = re.compile(r"text/|application/(?!octet-stream)|audio/(mpeg|mp3|ogg|opus|flac|aac|mp4|webm)")
_RATE = re.compile(r"rate\s*=\s*\"?(\d{4,6})")


class _State(Enum):
    BEGINNING = auto()
    HEADER = auto()
    SAMPLES = auto()
    OVER = auto()


class SoundBody:
    """Turns the bytes of a body into PCM16 mono at one rate, however the bytes are cut.

    A body that begins like a WAV is one, whatever was asked for. Any other is PCM16 little-endian mono, at the rate
    that its content type names, else at `SPEAKING_RATE`, which is what OpenAI's API means by ``pcm``.

    Args:
        content_type: The header; "" where there is none.
        rate: Samples a second of what is given.

    Raises:
        ValueError: It is something else; ``str()`` says what.
    """

    def __init__(self, content_type: str = "", *, rate: int = SPEAKING_RATE) -> None:
        kind = content_type.strip().lower()
        if _NO_SOUND.match(kind):
            raise ValueError("what is neither PCM nor WAV")
        named = _RATE.search(kind)
        self._given_rate = int(named[1]) if named else SPEAKING_RATE
        self._rate = rate
        self._state = _State.BEGINNING
        self._held = b""
        self._left = 0
        self._frame = 2
        self._channels = 1
        self._float = False
        self._resampler: Resampler | None = None

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; give the sound they make sure of.

        Raises:
            ValueError: This is no sound that can be used.
        """
        if self._state is _State.OVER:
            return b""
        self._held += data
        if self._state is _State.BEGINNING and len(self._held) >= 4:
            if self._held.startswith(b"RIFF"):
                self._state = _State.HEADER
            elif self._held.startswith(_PACKED):
                raise ValueError("what is neither PCM nor WAV")
            else:
                self._begin(self._given_rate, 1 << 62)
        if self._state is _State.HEADER:
            self._read_header()
        return self._samples() if self._state is _State.SAMPLES else b""

    def end(self) -> bytes:
        """Give what was held back.

        Raises:
            ValueError: The body ended before its sound began.
        """
        if self._state is _State.HEADER:
            raise ValueError("a WAV without sound")
        return self._resampler.flush() if self._resampler else b""

    def _begin(self, rate: int, size: int) -> None:
        if rate not in _RATES:
            raise ValueError(f"sound at {rate} Hz")
        self._resampler = Resampler(rate, self._rate)
        self._left = size
        self._state = _State.SAMPLES

    def _read_header(self) -> None:
        """Walk the chunks up to the samples, as far as they have come."""
        at = 12
        rate = 0
        while len(self._held) >= at + 8:
            name, size = self._held[at : at + 4], struct.unpack_from("<I", self._held, at + 4)[0]
            if name == b"data":
                if not rate:
                    raise ValueError("a WAV that does not say what it holds")
                self._held = self._held[at + 8 :]
                # A stream does not know its length: it says 0, or as much as fits.
                self._begin(rate, size if 0 < size < 0x7FFF_0000 else 1 << 62)
                return
            if name == b"fmt " and len(self._held) >= at + 8 + min(size, 26):
                rate = self._read_format(self._held[at + 8 : at + 8 + size])
            at += 8 + size + size % 2
            if at > _LONGEST_HEADER:
                raise ValueError("a WAV without sound")

    def _read_format(self, form: bytes) -> int:
        if len(form) < 16:
            raise ValueError("a WAV that does not say what it holds")
        kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
        if kind == _EXTENSIBLE and len(form) >= 26:
            kind = struct.unpack_from("<H", form, 24)[0]
        if (kind, bits) not in ((_PCM, 16), (_FLOAT, 32)) or not 1 <= channels <= _MOST_CHANNELS:
            raise ValueError(f"a WAV of kind {kind} with {bits} bits and {channels} channels")
        self._channels, self._float = channels, kind == _FLOAT
        self._frame = channels * bits // 8
        return int(rate)

    def _samples(self) -> bytes:
        assert self._resampler is not None  # noqa: S101 - made when the samples began
        size = min(len(self._held), self._left) // self._frame * self._frame
        data, self._held = self._held[:size], self._held[size:]
        self._left -= size
        if self._left < self._frame:  # what comes after the samples is no sound
            self._state, self._held = _State.OVER, b""
        return self._resampler.push(self._to_mono(data))

    def _to_mono(self, data: bytes) -> bytes:
        if not self._float and self._channels == 1:
            return data
        samples = np.frombuffer(data, "<f4" if self._float else "<i2").reshape(-1, self._channels)
        mono = samples.astype(np.float32).mean(axis=1) * (32767.0 if self._float else 1.0)
        pcm: bytes = np.clip(np.rint(np.nan_to_num(mono)), -32768, 32767).astype("<i2").tobytes()
        return pcm
