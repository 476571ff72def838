"""What a response cost, said the way the API says it. Pure.

Text is what the language model's engine counted; it reads the transcript of what was said, never the sound. Sound is
counted apart, at the rate the API publishes, and only where there was some: what a person said counts once, in the
first response that reads it; what the voice said counts as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from realtime_chat.audio.frame import ms_to_samples
from realtime_chat.protocol.items import MessageItem
from realtime_chat.protocol.responses import CachedTokenDetails, InputTokenDetails, OutputTokenDetails, Usage
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.entry import Entry

INPUT_TOKEN = ms_to_samples(100)
"""Samples of a person's sound for a token; the published rate."""

OUTPUT_TOKEN = ms_to_samples(50)
"""Samples of the model's sound for a token; the published rate."""


def take_heard(entries: Iterable[Entry]) -> int:
    """Give the samples of speech in ``entries`` that no response counted yet, and note that one does now."""
    samples = 0
    for entry in entries:
        if not entry.counted and isinstance(entry.item, MessageItem) and entry.item.role == "user":
            entry.counted = True
            samples += entry.samples
    return samples


def usage_of(counted: TokenUsage | None, heard: int, spoken: int) -> Usage:
    """Put a response's usage together.

    Args:
        counted: What the engine counted; ``None`` where it was stopped before it did.
        heard: Samples of speech that this response read first.
        spoken: Samples of sound that were sent.
    """
    text = counted or TokenUsage(0, 0, 0)
    audio_in, audio_out = -(-heard // INPUT_TOKEN), -(-spoken // OUTPUT_TOKEN)
    input_tokens, output_tokens = text.input_tokens + audio_in, text.output_tokens + audio_out
    return Usage(
        total_tokens=input_tokens + output_tokens,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        input_token_details=InputTokenDetails(
            text_tokens=text.input_tokens,
            audio_tokens=audio_in,
            cached_tokens=text.cached_tokens,
            cached_tokens_details=CachedTokenDetails(text_tokens=text.cached_tokens),
        ),
        output_token_details=OutputTokenDetails(text_tokens=text.output_tokens, audio_tokens=audio_out),
    )
