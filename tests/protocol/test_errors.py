from __future__ import annotations

from realtime_chat.protocol import errors
from realtime_chat.protocol.errors import MalformedEvent, ProtocolError, UnknownEventType


def test_the_tree_at_the_top_names_them_all() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProtocolError)}
    assert kinds == {ProtocolError, MalformedEvent, UnknownEventType}
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)
    assert issubclass(UnknownEventType, MalformedEvent)
    assert str(MalformedEvent("c", "What is wrong.")) == "What is wrong."
