"""The part of a conversation that a language model's context has room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realtime_chat.server.engines.seam import ChatMessage


def estimate(message: ChatMessage) -> int:
    """Guess a message's tokens, rather too many than too few.

    A third of the UTF-8 bytes: English has about 4.2 bytes a token, most other languages over 3. Eight more
    for the marks that a chat template puts around it.
    """
    return len(message.text.encode(errors="replace")) // 3 + 8


def fit(
    messages: Sequence[ChatMessage], limit: int, count: Callable[[ChatMessage], int] = estimate
) -> list[ChatMessage]:
    """Leave out the oldest turns until the rest is at most ``limit`` tokens.

    The system messages at the start stay, and so does the last message, even where they alone are too long.
    The rest begins with a user's message. Where something must go, so much goes that the next turns fit
    without another cut, and the same cut is found again for the same conversation grown longer: a model that
    remembers the prompt before this one then reads little anew.

    Args:
        messages: The whole conversation.
        limit: Tokens.
        count: Tokens of one message.
    """
    lead = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    room = limit - sum(map(count, messages[:lead]))
    sizes = [count(message) for message in messages[lead:]]
    rest = messages[lead:]

    start, total = 0, 0
    for end, size in enumerate(sizes, 1):  # the conversation as it grew, so that every cut is made where it was
        total += size
        if total > room:
            while start < end - 1 and total > room // 2:
                total -= sizes[start]
                start += 1
    while 0 < start < len(rest) - 1 and rest[start].role != "user":
        start += 1
    return [*messages[:lead], *rest[start:]]
