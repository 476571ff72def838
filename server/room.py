"""What a session has room for: how much a conversation may hold, and how much may wait. Pure.

Sound is not limited here: `History` drops what is too much of it.

What a response reads and what an update changes is gone through item by item, so that the number of items is what one
client can cost the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from realtime_chat.audio.frame import ms_to_samples
from realtime_chat.protocol.brackets import brackets_of
from realtime_chat.protocol.codec import MAX_EVENT, encode
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.items import InputImage, Item, MessageItem
from realtime_chat.protocol.sessions import Session
from realtime_chat.server.history import History
from realtime_chat.server.input_buffer import MAX_SAMPLES

MAX_ITEMS = 2_000
"""Items of a conversation: an hour in which something is said every two seconds."""

MAX_TEXT = MAX_EVENT
"""Characters of one item as `size_of` counts them; a language model's context is full with fewer."""

MAX_TEXTS = 4 * 1024 * 1024
"""The same of all items together that a client may bring: more than any language model reads."""

MAX_PICTURES = 64_000_000
"""Characters of pictures, which are only kept to be told again."""

MAX_SESSION = MAX_EVENT
"""Characters of what a session is like: as many as one update may bring, for every update is answered with all."""

OBJECT = 100
"""Characters that an object or a list counts as, for `{}` takes as much memory as so many."""

MAX_INPUT = 500
"""Items that one response may be given to read instead of the conversation."""

MAX_AWAITED = 8
"""Items of a session whose words are being recognised, at most; each is a place in the engine's queue."""

MIN_COMMIT = ms_to_samples(100)
"""The least sound that can be committed, as at OpenAI."""


def has_room(history: History, items: int = 1) -> bool:
    """Say whether there is room for so many more items."""
    return len(history) + items <= MAX_ITEMS


def size_of(item: Item) -> tuple[int, int]:
    """Say how much there is to keep of an item that comes without its sound: characters of its JSON, and of pictures.

    All of it counts, whatever it is there for: every field is kept and told again.
    """
    pictures = 0
    if isinstance(item, MessageItem):
        pictures = sum(len(part.image_url) for part in item.content if isinstance(part, InputImage))
        content = [replace(part, image_url="") if isinstance(part, InputImage) else part for part in item.content]
        item = replace(item, content=content)
    text = encode(item)
    return len(text) + OBJECT * (len(brackets_of(text)) // 2), pictures


def check_text(text: int, param: str) -> None:
    """Check that what a client brings at once is not too much.

    Args:
        text: Characters of it, as `size_of` counts them.
        param: Where it is in the event.

    Raises:
        MalformedEvent: It is.
    """
    if text > MAX_TEXT:
        reason = f"Invalid '{param}': more than {MAX_TEXT} characters, beside sound and pictures."
        raise MalformedEvent("invalid_value", reason, param)


def check_session(session: Session) -> None:
    """Check that a session is not too large to be told again with every update.

    Raises:
        MalformedEvent: It is.
    """
    if len(encode(session)) > MAX_SESSION:
        reason = f"Invalid 'session': with this update it would be longer than {MAX_SESSION} characters."
        raise MalformedEvent("invalid_value", reason, "session")


def check(history: History, param: str | None, *, text: int = 0, pictures: int = 0) -> None:
    """Check that an item may be added.

    Args:
        history: The conversation.
        param: Where the item is in the event.
        text: Characters it brings, as `size_of` counts them.
        pictures: Characters of pictures.

    Raises:
        MalformedEvent: There is no room for it.
    """
    if not has_room(history):
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
