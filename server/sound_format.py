"""The formats that sound travels in. Inside it is always PCM16 mono 24 kHz."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from realtime_chat.audio import g711
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from realtime_chat.audio.g711 import Law
from realtime_chat.audio.resample import Resampler
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import (
    AudioConfig,
    AudioFormat,
    InputConfig,
    OutputConfig,
    PcmaFormat,
    PcmFormat,
    PcmuFormat,
    Session,
)

QUICK_SECONDS = 10.0
"""Sound that is decoded at once."""

DELTA_MS = 500
"""The most sound in one delta. As PCM, base64 makes 32 kB of it, far below every client's largest frame."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The formats of a session's two directions."""

    inward: AudioFormat
    outward: AudioFormat


class Inward:
    """Turns what a client sends into PCM16 mono 24 kHz, as it comes.

    PCM goes straight through. G.711 passes a filter that keeps 21 ms back, and gives what it has every 61 ms.
    """

    def __init__(self, wanted: AudioFormat) -> None:
        self._law = _law(wanted)
        self._resampler = None if self._law is None else Resampler(g711.RATE, SAMPLE_RATE)

    def takes(self, data: bytes) -> bool:
        """Say whether ``data`` is whole samples."""
        return self._law is not None or len(data) % SAMPLE_BYTES == 0

    def push(self, data: bytes, param: str = "audio") -> bytes:
        """Take the next bytes; give what they make sure of.

        Raises:
            MalformedEvent: Half a sample, in ``param``.
        """
        if self._law is None or self._resampler is None:
            if not self.takes(data):
                raise MalformedEvent(
                    "invalid_value", f"Invalid '{param}': not a whole number of 16-bit samples.", param
                )
            return data
        return self._resampler.push(g711.decode(data, self._law))

    def flush(self) -> bytes:
        """Give what was kept back; what comes next is other sound."""
        return b"" if self._resampler is None else self._resampler.flush()


class Outward:
    """Turns PCM16 mono 24 kHz into the bytes of a format, in pieces of at most `DELTA_MS`."""

    def __init__(self, wanted: AudioFormat) -> None:
        self._law = _law(wanted)
        self._resampler = None if self._law is None else Resampler(SAMPLE_RATE, g711.RATE)
        self._piece = DELTA_MS * (SAMPLE_RATE * SAMPLE_BYTES if self._law is None else g711.RATE) // 1000

    def push(self, pcm: bytes) -> list[bytes]:
        """Take whole samples; give what they make sure of."""
        if self._law is not None and self._resampler is not None:
            pcm = g711.encode(self._resampler.push(pcm), self._law)
        return self._cut(pcm)

    def flush(self) -> list[bytes]:
        """Give what was kept back: the item ends."""
        if self._law is None or self._resampler is None:
            return []
        return self._cut(g711.encode(self._resampler.flush(), self._law))

    def _cut(self, data: bytes) -> list[bytes]:
        return [data[start : start + self._piece] for start in range(0, len(data), self._piece)]


def decoded(data: bytes, wanted: AudioFormat, param: str) -> bytes:
    """Give a whole piece of sound in a format as PCM16 mono 24 kHz.

    Raises:
        MalformedEvent: Half a sample, in ``param``.
    """
    inward = Inward(wanted)
    return inward.push(data, param) + inward.flush()


def encoded(pcm: bytes | bytearray, wanted: AudioFormat) -> bytes:
    """Give a whole piece of PCM16 mono 24 kHz in a format."""
    outward = Outward(wanted)
    pcm = bytes(pcm)
    if _law(wanted) is None:
        return pcm
    return b"".join([*outward.push(pcm), *outward.flush()])


def seconds_of(data: bytes, wanted: AudioFormat) -> float:
    """Say how long a piece of sound in a format is."""
    return len(data) / (SAMPLE_RATE * SAMPLE_BYTES if _law(wanted) is None else g711.RATE)


def takes_long(data: bytes, wanted: AudioFormat) -> bool:
    """Say whether `decoded` would keep others waiting: G.711 takes half a millisecond a second."""
    return _law(wanted) is not None and seconds_of(data, wanted) > QUICK_SECONDS


def formats_of(session: Session) -> Formats:
    """Give what a session says of its formats; PCM where it says nothing."""
    audio = session.audio if isinstance(session.audio, AudioConfig) else AudioConfig()
    inward = audio.input.format if isinstance(audio.input, InputConfig) else UNSET
    outward = audio.output.format if isinstance(audio.output, OutputConfig) else UNSET
    return Formats(
        PcmFormat() if isinstance(inward, UnsetType) else inward,
        PcmFormat() if isinstance(outward, UnsetType) else outward,
    )


def check_format(wanted: AudioFormat | UnsetType, param: str) -> None:
    """Refuse a format that the API has not.

    Raises:
        MalformedEvent: PCM at another rate than 24 kHz.
    """
    if isinstance(wanted, PcmFormat) and wanted.rate not in (SAMPLE_RATE, UNSET):
        reason = (
            f"Unsupported value for '{param}.rate': audio/pcm is at 24000 Hz here; audio/pcmu and audio/pcma are at "
            "8000 Hz."
        )
        raise MalformedEvent("invalid_value", reason, f"{param}.rate")


def _law(wanted: AudioFormat) -> Law | None:
    match wanted:
        case PcmuFormat():
            return Law.MU
        case PcmaFormat():
            return Law.A
        case _:
            return None
