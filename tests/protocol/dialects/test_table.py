import pytest

from realtime_chat.cli.options import Dialects
from realtime_chat.protocol.dialects.table import DIALECTS, dialect_of_frame, dialect_of_request


def test_the_option_offers_every_dialect():
    assert [dialect.value for dialect in Dialects] == list(DIALECTS)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, None),
        ({"openai-beta": "realtime=v1"}, "beta"),
        ({"openai-beta": "assistants=v2, realtime=v1"}, "beta"),
        ({"openai-beta": "realtime=v2"}, None),
        ({"sec-websocket-protocol": "realtime, openai-insecure-api-key.x, openai-beta.realtime-v1"}, "beta"),
        ({"sec-websocket-protocol": "realtime"}, None),
    ],
)
def test_what_a_request_names(headers, name):
    dialect = dialect_of_request(headers)
    assert (dialect and dialect.name) == name


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ({"type": "conversation.create"}, "conversation"),
        ({"type": "transcription_session.update"}, "beta"),
        ({"type": "session.update", "session": {"type": "realtime"}}, None),
    ],
)
def test_what_a_frame_gives_away(frame, name):
    dialect = dialect_of_frame(frame)
    assert (dialect and dialect.name) == name


def test_our_client_says_who_it_is_where_the_dialect_wants_it():
    named = {
        name: dialect_of_request({key.lower(): value for key, value in dialect.headers.items()})
        for name, dialect in DIALECTS.items()
    }
    assert named == {"ga": None, "beta": DIALECTS["beta"], "conversation": None}
