"""What a session has room for: how much a conversation may hold, and how much may wait. Pure.

Sound is not limited here: `History` drops what is too much of it.

What a response reads and what an update changes is gone through item by item, so that the number of items is what one
client can cost the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from realtime_chat.audio.frame import ms_to_samples
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.server.history import History
from realtime_chat.server.input_buffer import MAX_SAMPLES

MAX_ITEMS = 2_000
"""Items of a conversation: an hour in which something is said every two seconds."""

MAX_TEXTS = 4 * 1024 * 1024
"""Characters of text that a client may bring, in all items together: more than any language model reads."""

MAX_PICTURES = 64_000_000
"""The same of pictures, which are only kept to be told again."""

MAX_INPUT = 500
"""Items that one response may be given to read instead of the conversation."""

MAX_AWAITED = 8
"""Items of a session whose words are being recognised, at most; each is a place in the engine's queue."""

MIN_COMMIT = ms_to_samples(100)
"""The least sound that can be committed, as at OpenAI."""


def is_full(history: History) -> bool:
    """Say whether there is no room for another item."""
    return len(history) >= MAX_ITEMS


def check(history: History, param: str | None, *, text: int = 0, pictures: int = 0) -> None:
    """Check that an item may be added.

    Args:
        history: The conversation.
        param: Where the item is in the event.
        text: Characters of text it brings.
        pictures: The same of pictures.

    Raises:
        MalformedEvent: There is no room for it.
    """
    if is_full(history):
        what = f"{MAX_ITEMS} items"
    elif text and history.text + text > MAX_TEXTS:
        what = f"{MAX_TEXTS} characters of text"
    elif pictures and history.pictures + pictures > MAX_PICTURES:
        what = f"{MAX_PICTURES} characters of pictures"
    else:
        return
    raise MalformedEvent("conversation_full", f"A conversation may have up to {what}: delete some items.", param)


def check_commit(samples: int) -> None:
    """Check that there is enough sound to make an item of.

    Raises:
        MalformedEvent: There is next to nothing.
    """
    if samples < MIN_COMMIT:
        reason = (
            "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
            f"but buffer only has {samples / ms_to_samples(1):.2f}ms of audio."
        )
        raise MalformedEvent("input_audio_buffer_commit_empty", reason)


def check_waiting(waiting: Sequence[int], more: Sequence[int], param: str | None) -> None:
    """Check that so many more items may be recognised.

    Args:
        waiting: Samples of those that are being.
        more: The same of those to come.
        param: Where they are in the event.

    Raises:
        MalformedEvent: It would be too many, or too much sound.
    """
    if len(waiting) + len(more) > MAX_AWAITED or (sum(waiting) + sum(more) > MAX_SAMPLES and waiting):
        reason = (
            f"Rate limit reached: up to {MAX_AWAITED} items, together ten minutes of sound, are recognised at a "
            "time. Wait until one is done."
        )
        raise MalformedEvent("rate_limit_exceeded", reason, param)
