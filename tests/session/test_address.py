from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from realtime_chat.session.address import endpoint
from realtime_chat.session.errors import BadAddress


@pytest.mark.parametrize(
    ("address", "model", "url"),
    [
        ("wss://api.openai.com/v1", "m", "wss://api.openai.com/v1/realtime?model=m"),
        ("https://api.openai.com/v1/", None, "wss://api.openai.com/v1/realtime"),
        (" http://127.0.0.1:8000/v1\n", "m", "ws://127.0.0.1:8000/v1/realtime?model=m"),
        ("ws://127.0.0.1:8000/v1/realtime", "m", "ws://127.0.0.1:8000/v1/realtime?model=m"),
        ("ws://h/v1/realtime/?model=a&x=1", "b c", "ws://h/v1/realtime?x=1&model=b+c"),
        ("ws://h/v1/realtime?model=a", None, "ws://h/v1/realtime?model=a"),
        ("ws://h?empty=", "m", "ws://h/realtime?empty=&model=m"),
        ("http://[::1]:8000/v1#part", None, "ws://[::1]:8000/v1/realtime"),
        ("wss://bücher.example/v1", None, "wss://xn--bcher-kva.example/v1/realtime"),
        ("ws://h/v1", "\ud800", "ws://h/v1/realtime?model=%3F"),
    ],
)
def test_addresses(address: str, model: str | None, url: str) -> None:
    found = endpoint(address, model)
    assert found.url == url
    assert found.is_secure == url.startswith("wss")
    assert found.shown == url.split("?", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [
        ("ws://127.0.0.1", True),
        ("ws://127.9.9.9:1", True),
        ("ws://[::1]", True),
        ("ws://localhost:8000", True),
        ("ws://LOCALHOST", True),
        ("ws://localhost.example.com", False),
        ("ws://127.0.0.1.example.com", False),
        ("ws://10.0.0.1", False),
        ("ws://0.0.0.0", False),
    ],
)
def test_loopback(address: str, is_loopback: bool) -> None:
    assert endpoint(address).is_loopback is is_loopback


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hello",
        "api.openai.com/v1",
        "ftp://h/v1",
        "file:" + "///v1",
        "ws://",
        "ws:///v1",
        "ws://h:port/v1",
        "ws://h:99999/v1",
        "ws://[::1/v1",
        "ws://a b/v1",
        "ws://h/\x1b[2J",
        "ws://h/\r\nX: y",
        f"ws://{'x' * 64}.com",
        "ws://h\u202e/v1",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        endpoint(address)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("address", ["ws://me:pass-word@h/v1", "ws://pass-word@h/v1", "ws://h:x/?key=pass-word"])
def test_a_password_in_an_address_is_not_shown(address: str) -> None:
    with pytest.raises(BadAddress) as caught:
        endpoint(address)
    assert "pass-word" not in str(caught.value) + repr(caught.value)


def test_a_query_is_not_shown() -> None:
    found = endpoint("wss://h/v1?api-key=pass-word")
    assert "pass-word" in found.url
    assert "pass-word" not in found.shown + repr(found)


@given(st.text(), st.none() | st.text())
def test_any_text_is_an_address_or_is_not(address: str, model: str | None) -> None:
    try:
        said = endpoint(address, model).url
    except BadAddress as error:
        said = str(error)
    assert said.isprintable()


@given(st.text(alphabet=st.characters(codec="utf-8")), st.text(min_size=1))
def test_any_path_and_model_make_an_address(path: str, model: str) -> None:
    address = f"wss://example.test/{path}".strip()
    assume(address.isprintable() and " " not in address)
    assert endpoint(address, model).url.startswith("wss://example.test/")
