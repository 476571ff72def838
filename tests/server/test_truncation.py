from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.sessions import RetentionRatio
from realtime_chat.server.engines.seam import ChatMessage, Tool, Toolbox
from realtime_chat.server.errors import ConversationTooLong
from realtime_chat.server.truncation import (
    AUTO,
    Strategy,
    Truncation,
    truncated,
    truncation_of,
)

SYSTEM = ChatMessage("system", "s" * 10)


def length(message: ChatMessage) -> int:
    return len(message.text)


def turns(*sizes: int) -> list[ChatMessage]:
    """Turns of a person and the model by their sizes, the person first."""
    return [ChatMessage("user" if i % 2 == 0 else "assistant", "x" * size) for i, size in enumerate(sizes)]


def keep(ratio: float, limit: int | None = None) -> Truncation:
    return Truncation(Strategy.RETENTION_RATIO, ratio, limit)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("auto", AUTO),
        ("disabled", Truncation(Strategy.DISABLED)),
        (RetentionRatio(retention_ratio=0.8), keep(0.8)),
        (RetentionRatio(retention_ratio=0.5, token_limits={"post_instructions": 99}), keep(0.5, 99)),
        (None, AUTO),
    ],
)
def test_what_the_session_asks_for(asked, expected):
    assert truncation_of(asked) == expected


def test_what_fits_stays_whole():
    messages = [SYSTEM, *turns(10, 10, 10)]
    for wanted in (AUTO, Truncation(Strategy.DISABLED), keep(0.1)):
        assert truncated(messages, wanted, context=50, max_tokens=10, count=length) == tuple(messages)
        assert truncated(messages, wanted, context=None, count=length) == tuple(messages)


def test_nothing_may_be_left_out():
    messages = [SYSTEM, *turns(10, 10, 11)]
    with pytest.raises(ConversationTooLong) as caught:
        truncated(messages, Truncation(Strategy.DISABLED), context=50, max_tokens=10, count=length)
    assert (caught.value.tokens, caught.value.room) == (31, 30)
    assert "about 31 tokens" in str(caught.value)


def test_a_share_is_kept():
    messages = [SYSTEM, *turns(10, 10, 10, 10, 10)]
    kept = truncated(messages, keep(0.5), context=60, max_tokens=10, count=length)
    assert kept == (SYSTEM, *messages[-1:])
    assert truncated(messages, keep(1.0), context=60, max_tokens=10, count=length) == (SYSTEM, *messages[3:])
    assert truncated(messages, keep(1.0, 30), context=None, count=length) == (SYSTEM, *messages[3:])


def test_tools_and_the_answer_need_room_too():
    messages = turns(10, 10, 10)
    tools = Toolbox((Tool("f" * 30, "", {}),))
    assert truncated(messages, keep(1.0), context=40, max_tokens=10, count=length) == tuple(messages)
    assert truncated(messages, keep(1.0), context=40, max_tokens=10, tools=tools, count=length) == (messages[2],)
    assert truncated(messages, keep(1.0), context=33, count=length) == (messages[2],)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(0, 100), st.floats(0, 1))
def test_a_cut_keeps_the_end_and_is_found_again(sizes, limit, ratio):
    messages = [SYSTEM, *turns(*sizes)]
    kept = truncated(messages, keep(ratio, limit), context=None, count=length)
    rest = kept[1:]
    assert kept[0] == SYSTEM
    assert rest == tuple(messages[len(messages) - len(rest) :])
    assert rest[0].role == "user"
    fits = sum(map(length, rest)) <= limit
    assert fits or all(message.role != "user" for message in rest[1:])
    if fits:
        small = ChatMessage("assistant", "")
        assert truncated([*messages, small], keep(ratio, limit), context=None, count=length) == (*kept, small)
