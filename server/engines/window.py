"""The part of a conversation that a language model's context has room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realtime_chat.server.engines.seam import ChatMessage


def estimate(message: ChatMessage) -> int:
    """Guess a message's tokens, rather too many than too few.

    A third of the UTF-8 bytes: English has about 4.2 bytes a token, most other languages over 3. Eight more
    for the marks that a chat template puts around it, and sixteen for those around a call.
    """
    size = estimate_text(message.text) + 8
    return size + sum(estimate_text(call.name + call.arguments) + 16 for call in message.calls)


def estimate_text(text: str) -> int:
    """Guess a text's tokens likewise."""
    return len(text.encode(errors="replace")) // 3


def fit(
    messages: Sequence[ChatMessage], limit: int, count: Callable[[ChatMessage], int] = estimate
) -> list[ChatMessage]:
    """Leave out the oldest turns until the rest is at most ``limit`` tokens.

    The system messages at the start stay, and so does the last message, even where they alone are too long; where
    that is the result of a call, it stays with the call and its other results. The rest begins with a user's
    message, or with that call, so that no result is without its call. Where something must go, so much goes that
    the next turns fit without another cut, and the same cut is found again for the same conversation grown
    longer: a model that remembers the prompt before this one then reads little anew.

    Args:
        messages: The whole conversation.
        limit: Tokens.
        count: Tokens of one message.
    """
    lead = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    room = limit - sum(map(count, messages[:lead]))
    sizes = [count(message) for message in messages[lead:]]
    rest = messages[lead:]

    start, total, last = 0, 0, 0
    for end, size in enumerate(sizes):  # the conversation as it grew, so that every cut is made where it was
        total += size
        if not (rest[end].role == "tool" and last < end and (rest[last].calls or rest[last].role == "tool")):
            last = end
        if total > room:
            while start < last and total > room // 2:
                total -= sizes[start]
                start += 1
    while 0 < start < last and rest[start].role != "user":
        start += 1
    if 0 < start == last and rest[start].calls and rest[start - 1].role == "user":
        start -= sum(sizes[start - 1 :]) <= room  # what the call is about
    return [*messages[:lead], *rest[start:]]
