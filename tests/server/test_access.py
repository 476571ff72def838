import pytest

from realtime_chat.server.access import Access, check_access, offered_key

KEY = "the key"


@pytest.mark.parametrize(
    ("headers", "key", "access"),
    [
        ({"host": "127.0.0.1:8080"}, None, Access.GRANTED),
        ({"host": "localhost"}, None, Access.GRANTED),
        ({"host": "[::1]:8080"}, None, Access.GRANTED),
        ({"host": "evil.example:8080", "origin": "http://evil.example:8080"}, None, Access.FOREIGN_NAME),
        ({"host": "evil.example"}, KEY, Access.NO_KEY),
        ({"host": "[::1"}, None, Access.FOREIGN_NAME),
        ({}, None, Access.FOREIGN_NAME),
        ({}, KEY, Access.NO_KEY),
        ({"authorization": f"Bearer {KEY}"}, KEY, Access.GRANTED),
        ({"authorization": f"bearer {KEY}"}, KEY, Access.GRANTED),
        ({"authorization": f"Basic {KEY}"}, KEY, Access.NO_KEY),
        ({"authorization": "Bearer wr\u00f6ng"}, KEY, Access.NO_KEY),
        ({"sec-websocket-protocol": f"realtime, openai-insecure-api-key.{KEY}"}, KEY, Access.GRANTED),
        ({"origin": "https://evil.example", "host": "127.0.0.1:8080"}, None, Access.FOREIGN_PAGE),
        ({"origin": "null", "host": "127.0.0.1:8080"}, None, Access.FOREIGN_PAGE),
        ({"origin": "http://[", "host": "127.0.0.1:8080"}, None, Access.FOREIGN_PAGE),
        ({"origin": "http://[", "authorization": f"Bearer {KEY}"}, KEY, Access.FOREIGN_PAGE),
        ({"origin": "http://127.0.0.1:8080", "host": "127.0.0.1:8080"}, None, Access.GRANTED),
    ],
)
def test_who_may_use_the_server(headers, key, access):
    assert check_access(headers, key) is access


def test_no_key_offered():
    assert offered_key({"sec-websocket-protocol": "realtime"}) is None
