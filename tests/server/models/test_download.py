from __future__ import annotations

import socket

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_chat.server.errors import SourceFailed
from realtime_chat.server.models.download import Downloader
from realtime_chat.server.models.manifest import Address


@pytest.fixture
def store(store_of, model_of):
    store = store_of(model_of())
    store.root.mkdir()
    return store


@pytest.fixture
def part(store):
    return store.root / "weights.bin.part"


@pytest.fixture
def fetch(store, part, weights):
    """Fetches an address into the part, and gives the byte counts it reported."""

    def run(address: Address, transport: httpx.BaseTransport | None = None) -> list[int]:
        done: list[int] = []
        with Downloader(store, connect_seconds=5.0, transport=transport) as downloader:
            downloader.fetch(address, part, len(weights), done.append)
        return done

    return run


def test_a_whole_file(hub, address, page_of, fetch, part, weights):
    done = fetch(address(page_of(weights)))
    assert part.read_bytes() == weights
    assert hub.asked == [("/file-0", None)]
    assert done == sorted(done)
    assert done[-1] == len(weights)


def test_goes_on_where_the_part_ends(hub, address, page_of, fetch, part, weights):
    part.write_bytes(weights[:1000])
    done = fetch(address(page_of(weights)))
    assert part.read_bytes() == weights
    assert hub.asked == [("/file-0", "bytes=1000-")]
    assert done[0] == 1000


def test_begins_anew_with_a_server_that_knows_no_ranges(hub, address, page_of, fetch, part, weights):
    part.write_bytes(b"x" * 1000)
    assert fetch(address(page_of(weights, ranges=False)))[0] == 0
    assert part.read_bytes() == weights


def test_a_whole_part_needs_no_request(hub, address, page_of, fetch, part, weights):
    part.write_bytes(weights)
    fetch(address(page_of(weights)))
    assert hub.asked == []


def test_a_part_that_is_too_long_is_dropped(hub, address, page_of, fetch, part, weights):
    part.write_bytes(weights + b"x")
    fetch(address(page_of(weights)))
    assert part.read_bytes() == weights
    assert hub.asked == [("/file-0", None)]


@pytest.mark.parametrize("length", [True, False])
def test_a_cut_connection_is_taken_up_again(hub, address, page_of, fetch, part, weights, length):
    fetch(address(page_of(weights, cuts=[5000, 7000], length=length)))
    assert part.read_bytes() == weights
    assert [asked[1] for asked in hub.asked] == [None, "bytes=5000-", "bytes=12000-"]


def test_a_server_that_only_cuts_is_given_up_and_its_bytes_are_kept(hub, address, page_of, fetch, part, weights):
    with pytest.raises(SourceFailed, match=r"127\.0\.0\.1: the connection broke"):
        fetch(address(page_of(weights, cuts=[5000] + [0] * 10)))
    assert part.read_bytes() == weights[:5000]
    assert len(hub.asked) == 2


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 100_000), max_size=4), begun=st.integers(0, 1000), ranges=st.booleans())
def test_however_it_is_cut_the_bytes_are_right(hub, address, page_of, fetch, part, weights, cuts, begun, ranges):
    part.write_bytes(weights[:begun])
    page = page_of(weights, ranges=ranges, cuts=list(cuts))
    try:
        fetch(address(page))
    except SourceFailed:
        assert not ranges  # without ranges, a second attempt may bring no more than the first
        assert weights.startswith(part.read_bytes())
    else:
        assert part.read_bytes() == weights


@pytest.mark.parametrize("status", [401, 403, 404, 416, 500, 503])
def test_an_error_status(address, page_of, fetch, part, weights, status):
    with pytest.raises(SourceFailed, match=f"answered HTTP {status}"):
        fetch(address(page_of(weights, status=status)))
    assert not part.exists()


def test_more_bytes_than_the_file_has(address, page_of, fetch, part, weights):
    with pytest.raises(SourceFailed, match="sent more than the file has"):
        fetch(address(page_of(weights * 2)))
    assert part.stat().st_size <= len(weights)


def test_a_redirect_is_followed(hub, address, page_of, fetch, part, weights):
    there = address(page_of(weights))
    fetch(address(page_of(location=there.url)))
    assert part.read_bytes() == weights


def test_redirects_without_end(address, page_of, fetch):
    with pytest.raises(SourceFailed, match="the connection broke"):
        fetch(address(page_of(location="/file-0")))


def test_a_redirect_never_leaves_encryption(fetch, part, weights):
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://mirror.example/weights.bin"})

    with pytest.raises(SourceFailed, match="without encryption"):
        fetch(Address("https://hub.example/weights.bin"), httpx.MockTransport(answer))
    assert asked == ["https://hub.example/weights.bin"]
    assert not part.exists()


def test_an_encrypted_redirect_is_followed(fetch, part, weights):
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "hub.example":
            return httpx.Response(302, headers={"Location": "https://mirror.example/weights.bin"})
        return httpx.Response(200, stream=httpx.ByteStream(weights))

    fetch(Address("https://hub.example/weights.bin"), httpx.MockTransport(answer))
    assert part.read_bytes() == weights


def test_an_unreachable_host_is_asked_once(store, part, weights):
    asked = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ConnectTimeout("too slow", request=request)

    with Downloader(store, connect_seconds=5.0, transport=httpx.MockTransport(refuse)) as downloader:
        for name in ("a", "b"):
            with pytest.raises(SourceFailed, match=r"hub\.example: accepted no connection within 5 s"):
                downloader.fetch(Address(f"https://hub.example/{name}"), part, len(weights), lambda _: None)
    assert asked == ["/a"]


def test_nobody_listens(fetch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(SourceFailed, match="cannot be reached"):
            fetch(Address(f"http://127.0.0.1:{port}/weights.bin"))


def test_a_host_that_falls_silent(fetch, weights):
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    with pytest.raises(SourceFailed, match="stopped answering"):
        fetch(Address("https://hub.example/weights.bin"), httpx.MockTransport(answer))
