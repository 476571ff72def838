"""The events by which a server tells of its buffers of sound: the one that it hears, and the one that it plays."""

from __future__ import annotations

from realtime_chat.protocol.event import ServerEvent


class BufferCleared(ServerEvent, tag="input_audio_buffer.cleared", kw_only=True):
    """The input buffer is empty."""


class BufferCommitted(ServerEvent, tag="input_audio_buffer.committed", kw_only=True):
    """The input buffer became an item."""

    item_id: str
    previous_item_id: str | None = None


class SpeechStarted(ServerEvent, tag="input_audio_buffer.speech_started", kw_only=True):
    """The server hears the person; milliseconds of audio since the session began."""

    audio_start_ms: int
    item_id: str


class SpeechStopped(ServerEvent, tag="input_audio_buffer.speech_stopped", kw_only=True):
    """The person stopped; milliseconds of audio since the session began."""

    audio_end_ms: int
    item_id: str


class TimeoutTriggered(ServerEvent, tag="input_audio_buffer.timeout_triggered", kw_only=True):
    """Nobody said anything for the idle time-out."""

    audio_start_ms: int
    audio_end_ms: int
    item_id: str


class DtmfReceived(ServerEvent, tag="input_audio_buffer.dtmf_event_received", kw_only=True):
    """A key of a telephone; it has no ``event_id``."""

    event: str
    received_at: int


class _OutputBuffer(ServerEvent, kw_only=True):
    response_id: str


class OutputBufferStarted(_OutputBuffer, tag="output_audio_buffer.started", kw_only=True):
    """The server began to play (WebRTC and SIP only)."""


class OutputBufferStopped(_OutputBuffer, tag="output_audio_buffer.stopped", kw_only=True):
    """The server played all (WebRTC and SIP only)."""


class OutputBufferCleared(_OutputBuffer, tag="output_audio_buffer.cleared", kw_only=True):
    """The server stopped the sound (WebRTC and SIP only)."""
