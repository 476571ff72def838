"""Reading a request's body: as much as may be, and as long as it comes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from realtime_chat.server.http import refusals
from realtime_chat.server.http.refusals import TooLong, TooSlow, body_of


def request(*chunks: bytes, pause: float | None = 0.0) -> Request:
    """A request whose body comes in pieces, with a pause before each but the first; None where the rest never comes."""
    left = list(chunks)

    async def receive():
        if len(left) < len(chunks):
            await (asyncio.Event().wait() if pause is None else asyncio.sleep(pause))
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=6), st.integers(0, 30))
def test_a_body_is_read_whole_or_not_at_all(chunks, limit):
    whole = b"".join(chunks)

    async def read() -> bytes | None:
        try:
            return await body_of(request(*chunks), limit)
        except TooLong:
            return None

    assert asyncio.run(read()) == (whole if len(whole) <= limit else None)


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(refusals, "BODY_SECONDS", 0.05)
    with pytest.raises(TooSlow):
        await body_of(request(b"", b"x", pause=None), 10)
    with pytest.raises(TooSlow):
        await body_of(request(b"x" * 10, b"x", pause=None), 1000)  # which is worth next to nothing


async def test_what_comes_steadily_may_take_longer(monkeypatch):
    monkeypatch.setattr(refusals, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(refusals, "BODY_RATE", 0.1)
    assert await body_of(request(b"abc", b"def", b"ghi", pause=0.06), 10) == b"abcdefghi"


async def test_who_is_too_slow_is_told_what_would_be_quick_enough():
    refused = refusals.too_slow()
    assert refused.status_code == 408
    assert refused.headers["connection"] == "close"
    assert b"128 KiB a second" in refused.body
