"""What objects look like in the beta protocol: sessions, answers, items. Each function takes any JSON value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from realtime_chat.protocol.dialects.shape import Field, Path, Shape

_RATE: Final = 24_000
_FORMATS: Final = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
_NAMES: Final = {ga: beta for beta, ga in _FORMATS.items()}


def _format_in(value: Any) -> Any:
    """An unknown name becomes a format of that name, so that whoever reads it says which one is wrong."""
    if not isinstance(value, str):
        return value
    kind = _FORMATS.get(value, value)
    return {"type": kind, "rate": _RATE} if kind == "audio/pcm" else {"type": kind}


def _format_out(value: Any) -> Any:
    """The beta has PCM at 24 kHz only: another rate stays as it is, and is refused by whoever reads it."""
    if not isinstance(value, dict) or value.get("rate", _RATE) != _RATE:
        return value
    kind = value.get("type")
    return _NAMES.get(kind, value) if isinstance(kind, str) else value


def _modalities_in(value: Any) -> Any:
    return ["audio"] if isinstance(value, list) and "audio" in value else value


def _modalities_out(value: Any) -> Any:
    return ["text", "audio"] if value == ["audio"] else value


def _only(known: Collection[str], value: Any) -> Any:
    return {key: inner for key, inner in value.items() if key in known} if isinstance(value, dict) else value


def _transcription_out(value: Any) -> Any:
    return _only(("model", "language", "prompt"), value)


def _noise_out(value: Any) -> Any:
    return _only(("type",), value)


def _detection_out(value: Any) -> Any:
    return {key: v for key, v in value.items() if key != "idle_timeout_ms"} if isinstance(value, dict) else value


_INPUT: Final[Path] = ("audio", "input")
_OUTPUT: Final[Path] = ("audio", "output")
_MODALITIES: Final = Field("modalities", ("output_modalities",), _modalities_in, _modalities_out)
_VOICE: Final = Field("voice", (*_OUTPUT, "voice"))
_OUTPUT_FORMAT: Final = Field("output_audio_format", (*_OUTPUT, "format"), _format_in, _format_out)
_MOST_TOKENS: Final = Field("max_response_output_tokens", ("max_output_tokens",))
_HEARD: Final = (
    Field("input_audio_format", (*_INPUT, "format"), _format_in, _format_out),
    Field("input_audio_transcription", (*_INPUT, "transcription"), from_ga=_transcription_out),
    Field("input_audio_noise_reduction", (*_INPUT, "noise_reduction"), from_ga=_noise_out),
    Field("turn_detection", (*_INPUT, "turn_detection"), from_ga=_detection_out),
)
_NEW: Final = frozenset({"parallel_tool_calls", "reasoning", "prompt"})
_TEMPERATURE: Final = frozenset({"temperature"})

SESSION: Final = Shape(
    (_MODALITIES, *_HEARD, _OUTPUT_FORMAT, _VOICE, Field("speed", (*_OUTPUT, "speed")), _MOST_TOKENS),
    only_flat=_TEMPERATURE | {"client_secret"},
    only_nested=_NEW | {"type", "truncation", "include"},
)
"""The session of a conversation."""

TRANSCRIPTION: Final = Shape(
    _HEARD, only_flat=frozenset({"client_secret", "modalities"}), only_nested=frozenset({"type"})
)
"""The session that only writes down what it hears."""

REQUEST: Final = Shape((_MODALITIES, _OUTPUT_FORMAT, _VOICE, _MOST_TOKENS), _TEMPERATURE, _NEW)
"""What ``response.create`` asks for."""

ANSWER: Final = Shape((_MODALITIES, _OUTPUT_FORMAT, _VOICE), _TEMPERATURE)
"""The answer, as ``response.created`` and ``response.done`` have it."""

_PARTS: Final = {"text": "output_text", "audio": "output_audio"}
"""The content of an assistant's message. The person's is ``input_text`` and ``input_audio`` in both protocols."""
_BETA_PARTS: Final = {ga: beta for beta, ga in _PARTS.items()}


def item_in(item: Any) -> Any:
    """Give GA's item."""
    return _with_parts(item, _PARTS)


def item_out(item: Any) -> Any:
    """Give the beta's item."""
    return _with_parts(item, _BETA_PARTS)


def items_in(items: Any) -> Any:
    """Give GA's items."""
    return [item_in(item) for item in items] if isinstance(items, list) else items


def items_out(items: Any) -> Any:
    """Give the beta's items."""
    return [item_out(item) for item in items] if isinstance(items, list) else items


def _with_parts(item: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(item, dict) or item.get("role") != "assistant" or not isinstance(item.get("content"), list):
        return item
    return item | {"content": [_renamed(part, names) for part in item["content"]]}


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    return part | {"type": names[kind]} if isinstance(kind, str) and kind in names else part
