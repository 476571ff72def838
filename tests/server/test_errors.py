from __future__ import annotations

import pytest

from realtime_chat.server import errors

LEAVES = [
    errors.ConversationTooLong(900, 700),
    errors.AddressInUse("127.0.0.1", 8765, "Address already in use"),
    errors.OpenToAll("0.0.0.0", "REALTIME_CHAT_SERVER_KEY"),  # noqa: S104 - nothing listens
    errors.KeyUnfit("server.key", "others can read it", "run `chmod 600 server.key`"),
    errors.KeyUnfit("REALTIME_CHAT_SERVER_KEY", "it is too short", "make another"),
    errors.KeyNeeded("REALTIME_CHAT_SERVER_KEY"),
    errors.ClusterArgument("colour", "it is none of engines, model"),
    errors.ModelUnknown("gpt", ("a", "b")),
    errors.ModelMissing("tiny"),
    errors.ModelCorrupt("tiny", "weights.bin", "a" * 64, "b" * 64),
    errors.ModelsWrong(("tiny", "small")),
    errors.ModelUnavailable("tiny", ("hub: answered HTTP 404", "the package x 1: no such version")),
    errors.SourceFailed("hub", "answered HTTP 404"),
    errors.SourceBroke("hub", "the connection broke"),
    errors.StoreFull("models", "No space left on device"),
]


def concrete(base: type[Exception]) -> set[type[Exception]]:
    """Every class below ``base`` that has fields, and so a sentence."""
    found = set()
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            found |= concrete(child) | ({child} if "__dataclass_fields__" in vars(child) else set())
    return found


def test_every_error_of_the_tree_is_here():
    assert {type(error) for error in LEAVES} == concrete(errors.ServerError)


@pytest.mark.parametrize("error", LEAVES, ids=lambda error: type(error).__name__)
def test_an_error_is_one_line_with_its_fields_in_it(error):
    said = str(error)
    assert "\n" not in said
    first = next(iter(vars(error).values()))
    assert all(str(value) in said for value in (first if isinstance(first, tuple) else (first,)))


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (errors.ModelMissing("tiny"), "realtime-chat models pull tiny"),
        (errors.ModelCorrupt("tiny", "weights.bin", "a" * 64, "b" * 64), "realtime-chat models pull tiny"),
        (errors.ModelsWrong(("tiny", "small")), "realtime-chat models pull tiny small"),
        (errors.ModelUnavailable("tiny", ("hub: cannot be reached",)), "check the network"),
        (errors.StoreFull("models", "No space left on device"), "REALTIME_CHAT_MODELS"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_names_the_next_step(error, step):
    assert step in str(error)
