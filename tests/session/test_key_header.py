from realtime_chat.session.key_header import BEARER, KeyHeader


def test_a_key_stands_in_its_header():
    assert BEARER.fields("sk-x") == {"Authorization": "Bearer sk-x"}
    assert KeyHeader("api-key").fields("x") == {"api-key": "x"}
