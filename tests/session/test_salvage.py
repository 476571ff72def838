"""Whatever shape an event has: what is salvaged of it is sound, and nothing raises."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.response_events import ResponseCreated, ResponseDone
from realtime_chat.protocol.server_events import Error, SessionUpdated, Unknown
from realtime_chat.session.salvage import salvaged

KINDS = {
    "session.updated": SessionUpdated,
    "response.created": ResponseCreated,
    "response.done": ResponseDone,
    "error": Error,
}
KEYS = st.sampled_from(["session", "response", "error", "id", "status", "model", "audio", "output", "voice", "code"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(kind=st.sampled_from([*KINDS, "vendor.news"]), fields=st.dictionaries(KEYS, JSON, max_size=4))
def test_it_is_the_event_it_says_it_is_or_nothing(kind: str, fields: dict[str, Any]) -> None:
    event = salvaged(Unknown(kind, "x", fields))
    if event is not None:
        assert isinstance(event, KINDS[kind])
    if isinstance(event, ResponseCreated | ResponseDone):
        assert isinstance(event.response.id, str)
        assert event.response.id


def test_an_end_of_an_unknown_kind_is_an_end() -> None:
    event = salvaged(Unknown("response.done", "x", {"response": {"id": "r1", "status": "exploded", "output": 4}}))
    assert isinstance(event, ResponseDone)
    assert (event.response.id, event.response.status) == ("r1", "completed")
