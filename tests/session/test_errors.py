from __future__ import annotations

import pytest

from realtime_chat.session import errors
from realtime_chat.session.errors import (
    BadAddress,
    CannotConnect,
    ConnectionLost,
    InsecureAddress,
    InvalidArguments,
    Refused,
    ServerSilent,
    SessionError,
    SessionRejected,
    ToolFailed,
    ToolsMissing,
    ToolsUnusable,
    UnusableKey,
    WrongKey,
)

ALL = [
    CannotConnect("wss://h/v1/realtime", "nobody listens there"),
    BadAddress("hello", "it names no host"),
    InsecureAddress("ws://h/v1/realtime", "it would travel unencrypted"),
    UnusableKey(),
    Refused("wss://h", 404, "no such model"),
    Refused("wss://h", 429, ""),
    Refused("wss://h", 500, ""),
    WrongKey("wss://h", 401, ""),
    SessionRejected("c", "m"),
    SessionRejected("", ""),
    ServerSilent("wss://h", 20.0),
    ConnectionLost(1006, ""),
    ConnectionLost(1001, "session expired"),
    ToolsUnusable("tools.py", "line 3: invalid syntax"),
    ToolsMissing("files", "the package mcp"),
    ToolFailed("The disk is full, says the tool."),
    InvalidArguments("The argument `city` is missing."),
]


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
def test_each_is_one_sentence(error: SessionError) -> None:
    assert isinstance(error, SessionError)
    assert "\n" not in str(error)
    assert len(str(error)) > 20


def test_the_tree_at_the_top_names_them_all() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SessionError)}
    assert kinds == {type(error) for error in ALL} | {SessionError}
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


def test_where_a_key_comes_from_is_not_known_here() -> None:
    error = WrongKey("wss://h", 401, "")
    assert (error.address, error.status) == ("wss://h", 401)
    assert not any(word.isupper() and "_" in word for word in str(error).split())
    assert "--" not in str(error)
