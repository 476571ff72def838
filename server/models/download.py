"""Fetching a file from an address, on from where an earlier attempt stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import httpx

from realtime_chat.server.errors import SourceBroke, SourceFailed
from realtime_chat.server.models.manifest import Address
from realtime_chat.server.models.store import ModelStore

_SILENCE_SECONDS = 30.0
_ATTEMPTS = 5
"""How often a download whose connection breaks goes on, as long as each attempt brought some bytes."""


class Downloader:
    """Fetches files over HTTP, several through one connection where they share a host. A context manager.

    Args:
        store: Where the bytes go.
        connect_seconds: How long an address may take to accept a connection.
        transport: What carries the requests; ``None`` is the network.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        connect_seconds: float,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._store = store
        self._connect_seconds = connect_seconds
        self._unreachable: dict[str, str] = {}
        self._encrypted = True
        self._client = httpx.Client(
            transport=transport,
            follow_redirects=True,
            timeout=httpx.Timeout(_SILENCE_SECONDS, connect=connect_seconds),
            headers={"User-Agent": "realtime-chat", "Accept-Encoding": "identity"},
            event_hooks={"request": [self._check]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(self, address: Address, part: Path, size: int, advanced: Callable[[int], None]) -> None:
        """Bring ``part`` to ``size`` bytes of what ``address`` gives.

        Args:
            address: Its redirects are followed, but never from https to plain http.
            part: Its bytes are taken for the beginning of the file, where it exists. It is left as it is
                when the fetch fails, for the next attempt.
            size: Bytes of the whole file.
            advanced: Called with the bytes that are there.

        Raises:
            SourceFailed: The address did not give ``size`` bytes.
            SourceBroke: It began to, or might have: it stopped answering, or the connection broke.
            StoreFull: The bytes could not be written.
        """
        host = address.name
        if host in self._unreachable:
            raise SourceFailed(host, self._unreachable[host])
        attempts = 0
        while True:
            attempts += 1
            before = _size(part)
            try:
                self._fetch_rest(address, part, size, advanced)
                return
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                reason = (
                    "cannot be reached"
                    if isinstance(error, httpx.ConnectError)
                    else f"accepted no connection within {self._connect_seconds:g} s"
                )
                # The other files of a model come from the same host: do not wait for it again.
                self._unreachable[host] = reason
                raise SourceFailed(host, reason) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                silent = isinstance(error, httpx.TimeoutException)
                reason = "stopped answering" if silent else "the connection broke"
                if attempts == _ATTEMPTS or _size(part) <= before:
                    raise SourceBroke(host, reason) from error

    def _fetch_rest(self, address: Address, part: Path, size: int, advanced: Callable[[int], None]) -> None:
        have = _size(part)
        if have > size:
            with self._store.writing():
                part.unlink()
            have = 0
        if have == size:
            advanced(have)
            return
        self._encrypted = address.url.startswith("https:")
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", address.url, headers=headers) as response:
            if response.status_code == 206 and _begins_at(response, have):
                mode = "ab"
            elif response.status_code == 200:
                mode, have = "wb", 0  # a server that knows no ranges sends the whole file
            else:
                raise SourceFailed(address.name, f"answered HTTP {response.status_code}")
            self._store.need(size - have)
            advanced(have)
            with self._store.writing(), part.open(mode) as file:  # httpx raises no OSError
                for chunk in response.iter_raw():
                    have += len(chunk)
                    if have > size:
                        raise SourceFailed(address.name, "sent more than the file has")
                    file.write(chunk)
                    advanced(have)
        if have < size:
            raise httpx.RemoteProtocolError("the answer ended early")

    def _check(self, request: httpx.Request) -> None:
        """Called by httpx before each request, those that redirects lead to included."""
        if self._encrypted and request.url.scheme != "https":
            raise SourceFailed(request.url.host, "is an address without encryption, to which a redirect led")


def _begins_at(response: httpx.Response, start: int) -> bool:
    given: str = response.headers.get("Content-Range", "")
    return given.startswith(f"bytes {start}-")


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0
