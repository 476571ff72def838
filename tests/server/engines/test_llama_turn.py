"""Requests to a library in memory that refuses, breaks off, or has no room."""

import pytest

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.llama_turn import Turn, request_for
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.engines.worker import Cancel


def usage(read: int, written: int) -> dict:
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "prompt_tokens_details": {"cached_tokens": 3},
    }


def too_long(tokens: int) -> dict:
    return {"error": {"type": "exceed_context_size_error", "n_prompt_tokens": tokens, "message": "too long"}}


def chunk(text: str | None, finish: str | None = None, **more: object) -> dict:
    return {"choices": [{"delta": {"content": text}, "finish_reason": finish}], **more}


class Library:
    """Calls back with the next of ``replies``; one that is an exception is raised."""

    def __init__(self, *replies) -> None:
        self.replies = list(replies)

    def handle_chat_completions(self, request, call_back) -> None:
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        for each in reply:
            if call_back(each):
                return


def turn_over(*replies, limit: int | None = 50):
    limits: list[int] = []

    def prompt(limit):
        limits.append(limit)
        return []

    return Turn(Library(*replies), prompt, whole=150, limit=limit, cancel=Cancel()), limits


def test_requests_are_counted_together():
    turn, _ = turn_over(
        [chunk("a"), chunk(None, "stop", usage=usage(9, 2))], [chunk("b", "length", usage=usage(12, 4))]
    )
    written: list[str] = []
    turn.write(written.append)
    turn.write(written.append, begun="a")
    assert written == ["a", "b"]
    assert turn.usage() == TokenUsage(9, 3, 6, reached_limit=True)


def test_without_room_nothing_more_is_asked():
    turn, _ = turn_over([chunk("a", "stop", usage=usage(9, 2))], limit=2)
    turn.write(lambda _: None)
    assert not turn.reached_limit
    turn.write(lambda _: None, begun="a")
    assert turn.reached_limit


def test_without_a_limit_the_room_there_is_ends_the_answer():
    begun = [chunk("a", "stop", usage=usage(9, 190))]
    turn, _ = turn_over(begun, [too_long(201)], [too_long(201)], [too_long(201)], limit=None)
    turn.write(lambda _: None)
    assert not turn.reached_limit
    turn.write(lambda _: None, begun="a")
    assert turn.usage() == TokenUsage(9, 3, 190, reached_limit=True)


@pytest.mark.parametrize(("limit", "asked"), [(None, -1), (1500, 1500)])
def test_the_library_is_asked_for_what_is_wanted(limit, asked):
    assert request_for([], limit)["max_tokens"] == asked


def test_a_prompt_that_is_too_long_is_cut_by_what_the_engine_says():
    turn, limits = turn_over([too_long(300)], [too_long(160)], [chunk("a", "stop", usage=usage(9, 2))])
    turn.write(lambda _: None)
    assert limits == [150, 75, 70]


def test_a_prompt_that_cannot_be_cut_is_refused():
    turn, _ = turn_over([too_long(300)], [too_long(290)], [too_long(290)])
    with pytest.raises(EngineError, match=r"too long .* \(290 tokens .*; shorten it, offer fewer tools"):
        turn.write(lambda _: None)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ([{"error": {"message": "no\x1b[2J template"}}], r"refused the conversation \(no template\)"),
        ([{"error": {}}], "no reason given"),
        (RuntimeError("broken"), r"refused the conversation \(broken\)"),
        (ValueError("odd"), "odd"),
        ([chunk("a")], "stopped in the middle of its answer"),
    ],
)
def test_what_the_library_does_wrong_is_an_error(reply, reason):
    turn, _ = turn_over(reply)
    with pytest.raises(EngineError, match=reason):
        turn.write(lambda _: None)
