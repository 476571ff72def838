"""What is left out of a conversation that is longer than the language model's context. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import msgspec
from msgspec import UNSET, UnsetType

from realtime_chat.protocol.sessions import RetentionRatio
from realtime_chat.server.engines.seam import ChatMessage, Toolbox
from realtime_chat.server.engines.window import estimate
from realtime_chat.server.errors import ConversationTooLong


class Strategy(Enum):
    """The three ways of the API."""

    AUTO = auto()
    """The oldest turns are left out, as many as the engine finds necessary."""
    DISABLED = auto()
    """Nothing is left out: a conversation that is too long is an error."""
    RETENTION_RATIO = auto()
    """The oldest turns are left out until a share of the room is used, so that the next turns fit as well."""


@dataclass(frozen=True, slots=True)
class Truncation:
    """What a session asks for.

    Attributes:
        strategy: One of the three.
        ratio: With `Strategy.RETENTION_RATIO`: the share of the room, 0..1, that is used after a cut.
        limit: Tokens of the conversation without instructions and tools; ``None`` for what the model has room for.
    """

    strategy: Strategy
    ratio: float = 1.0
    limit: int | None = None


_JSON = msgspec.json.Encoder()

AUTO = Truncation(Strategy.AUTO)


def truncation_of(asked: object) -> Truncation:
    """Say what ``session.truncation`` means."""
    if asked == "disabled":
        return Truncation(Strategy.DISABLED)
    if isinstance(asked, RetentionRatio):
        limits: dict[str, int] | UnsetType = asked.token_limits
        limit = None if limits is UNSET else limits.get("post_instructions")
        return Truncation(Strategy.RETENTION_RATIO, asked.retention_ratio, limit)
    return AUTO


def truncated(
    messages: Sequence[ChatMessage],
    wanted: Truncation,
    *,
    context: int | None,
    max_tokens: int | None = None,
    tools: Toolbox | None = None,
    count: Callable[[ChatMessage], int] = estimate,
) -> tuple[ChatMessage, ...]:
    """Leave out of a conversation what a session wants left out.

    The system messages at the start stay, and so does what comes from the last message of a person on. What is kept
    of the rest begins with a person's message, so that no result of a call comes without the call. The same cut is
    found again for the same conversation grown longer: what the model remembers of it stays of use.

    Args:
        messages: The whole conversation.
        wanted: What the session asks for.
        context: Tokens that the model has for instructions, tools, conversation and answer; ``None`` where nobody
            knows.
        max_tokens: The most tokens of the answer, ``None`` for no limit: an eighth of the context is kept for it.
        tools: What the model may call.
        count: Tokens of one message.

    Raises:
        ConversationTooLong: Nothing may be left out, and not everything fits.
    """
    if wanted.strategy is Strategy.AUTO:
        return tuple(messages)
    lead = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    rest = messages[lead:]
    sizes = [count(message) for message in rest]
    before = sum(map(count, messages[:lead])) + _tokens_of(tools)
    room = None if context is None else context - min(max_tokens or context // 8, context // 2) - before
    limit = min((tokens for tokens in (wanted.limit, room) if tokens is not None), default=None)
    if limit is None:
        return tuple(messages)
    if wanted.strategy is Strategy.DISABLED:
        if sum(sizes) > limit:
            raise ConversationTooLong(sum(sizes), max(0, limit))
        return tuple(messages)
    start = _cut([message.role == "user" for message in rest], sizes, limit, wanted.ratio)
    return (*messages[:lead], *rest[start:])


def _cut(may_begin: Sequence[bool], sizes: Sequence[int], limit: int, ratio: float) -> int:
    """Give the index of the first message that is kept."""
    start, total = 0, 0
    for end, size in enumerate(sizes):  # the conversation as it grew, so that every cut is made where it was
        total += size
        if total <= limit:
            continue
        for candidate in range(start + 1, end + 1):
            if total <= limit * ratio:
                break
            if may_begin[candidate]:
                total -= sum(sizes[start:candidate])
                start = candidate
    return start


def _tokens_of(tools: Toolbox | None) -> int:
    """Guess the tokens of the tools' descriptions; a third of the bytes, as `estimate` does."""
    if tools is None:
        return 0
    return sum(len(_JSON.encode([tool.name, tool.description, tool.parameters])) // 3 + 8 for tool in tools.tools)
