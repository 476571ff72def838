"""Model files on disk: where they lie, whether they are whole, and how a new one moves in.

A file lies at ``<root>/<model>/<file>``. It is written to ``<file>.part`` beside it, checked, and moved into place
in one rename, so a file under its own name was whole once. Which files were checked is kept in ``.verified.json``,
with the size and the time of change that each had then: while those are the same, starting up hashes nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path

from realtime_chat.server.errors import ModelCorrupt, ModelMissing, StoreFull
from realtime_chat.server.models import lock
from realtime_chat.server.models.manifest import MODELS, Model, ModelFile, find

_CHUNK = 1 << 20
_MARKER = ".verified.json"
_ROOM = 32 << 20
"""Bytes left free on the disk whatever is pulled: a disk filled to the brim breaks other programs."""

PART = ".part"
"""How the name of something ends that has not come whole yet."""
WHEEL = ".whl"

ENVIRONMENT = "REALTIME_CHAT_MODELS"


class Status(Enum):
    """How much of a model is in the store."""

    MISSING = "missing"
    """Nothing of it."""
    PARTIAL = "partial"
    """Some files, or the beginning of one or of a package that carries one: a pull goes on from there."""
    CHANGED = "changed"
    """Every file is there, but one is not the file that was checked: `ModelStore.verify` tells."""
    PRESENT = "present"
    """Every file is there and was checked."""


def default_root() -> Path:
    """Give the folder that REALTIME_CHAT_MODELS names, else one in the user's cache."""
    if named := os.environ.get(ENVIRONMENT, "").strip():
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("realtime-chat", appauthor=False) / "models"


def sha256_of(path: Path, advanced: Callable[[int], None] | None = None) -> str:
    """Give the sha256 of a file in hex, calling ``advanced`` with the bytes read so far.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if advanced is not None:
                advanced(done)
    return digest.hexdigest()


class ModelStore:
    """The folder that holds the models.

    Args:
        root: Made when first written to.
        models: What it may hold.
    """

    def __init__(self, root: Path, models: Sequence[Model] = MODELS) -> None:
        self.root = root
        self.models = tuple(models)

    def folder(self, name: str) -> Path:
        """Give the folder of a model whose files are all there and right, hashing only what changed.

        Raises:
            ModelUnknown: No model is called that.
            ModelMissing: A file is not there.
            ModelCorrupt: A file is not the right one.
        """
        model = find(name, self.models)
        status = self.status(model)
        if status in {Status.MISSING, Status.PARTIAL}:
            raise ModelMissing(name)
        if status is Status.CHANGED:
            self.verify(model)
        return self.root / name

    def status(self, model: Model) -> Status:
        """Say how much of ``model`` is there, by names, sizes and times alone."""
        there = [file for file in model.files if self.path(model, file).is_file()]
        if len(there) < len(model.files):
            begun = there or any(self.part(model, file).is_file() for file in model.files) or self._wheels(model)
            return Status.PARTIAL if begun else Status.MISSING
        known = self._marker(model)
        if all(known.get(file.name) == self._mark(model, file) for file in model.files):
            return Status.PRESENT
        return Status.CHANGED

    def verify(self, model: Model, advanced: Callable[[ModelFile, int], None] | None = None) -> None:
        """Hash every file of ``model`` and remember those that are right.

        Args:
            model: One whose files are there.
            advanced: Called with a file and the bytes of it that were read.

        Raises:
            ModelMissing: A file is not there.
            ModelCorrupt: A file is not the right one.
        """
        for file in model.files:
            path = self.path(model, file)
            mark = self._mark(model, file)
            try:
                found = sha256_of(path, _of_file(file, advanced))
            except FileNotFoundError:
                raise ModelMissing(model.name) from None
            except OSError as error:
                raise StoreFull(str(self.root), _reason(error)) from error
            if found != file.sha256:
                self._remember(model, file, None)
                raise ModelCorrupt(model.name, file.name, file.sha256, found)
            self._remember(model, file, mark)

    def holds(self, model: Model, file: ModelFile) -> bool:
        """Say whether the right ``file`` is there, hashing it if it changed; a wrong one is removed.

        Only the holder of `held` may ask.

        Raises:
            StoreFull: The file could not be read or removed.
        """
        path, mark = self.path(model, file), self._mark(model, file)
        if mark is None:
            return False
        if self._marker(model).get(file.name) == mark:
            return True
        with self.writing():
            if mark[0] == file.size and sha256_of(path) == file.sha256:
                self._remember(model, file, mark)
                return True
            path.unlink()
        return False

    def path(self, model: Model, file: ModelFile) -> Path:
        """Where a whole file lies."""
        return self.root / model.name / file.name

    def part(self, model: Model, file: ModelFile) -> Path:
        """Where a file lies while it comes; only the holder of `held` writes it."""
        return self.root / model.name / f"{file.name}{PART}"

    def scratch(self, model: Model) -> Path:
        """The folder for packages that carry a file of the model; only the holder of `held` writes it.

        A whole one ends in `WHEEL`, one that has begun to come in `PART` after that. The folder goes once the model
        is there.
        """
        return self.root / model.name / ".carrier"

    @contextlib.contextmanager
    def held(self, model: Model, waiting: Callable[[], None]) -> Iterator[None]:
        """Make the model's folder and keep other processes from writing to it for the length of a ``with``.

        Raises:
            StoreFull: The folder cannot be written to.
        """
        with contextlib.ExitStack() as stack:
            with self.writing():
                (self.root / model.name).mkdir(parents=True, exist_ok=True)
                stack.enter_context(lock.exclusive(self.root / f".{model.name}.lock", waiting))
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the system says when it cannot write here into `StoreFull`."""
        try:
            yield
        except OSError as error:
            raise StoreFull(str(self.root), _reason(error)) from error

    def need(self, size: int) -> None:
        """Make sure that ``size`` more bytes have room.

        Raises:
            StoreFull: They have not.
        """
        free = self.free()
        if free < size + _ROOM:
            reason = f"{_megabytes(size + _ROOM)} are needed and {_megabytes(max(0, free))} are free"
            raise StoreFull(str(self.root), reason)

    def free(self) -> int:
        """Bytes that may still be written to the store's disk."""
        with self.writing():
            return shutil.disk_usage(self.root).free

    def accept(self, model: Model, file: ModelFile) -> None:
        """Move ``file``'s part into place if its hash is right, and remove it if not.

        Raises:
            ModelCorrupt: It was not.
            StoreFull: It could not be moved.
        """
        part, path = self.part(model, file), self.path(model, file)
        with self.writing():
            found = sha256_of(part)
            if found != file.sha256:
                part.unlink()
                raise ModelCorrupt(model.name, file.name, file.sha256, found)
            # Else a power cut could leave a file under its own name whose bytes never reached the disk.
            with part.open("rb+") as handle:
                os.fsync(handle.fileno())
            part.replace(path)
        self._remember(model, file, self._mark(model, file))

    def _wheels(self, model: Model) -> bool:
        return any(path.name.endswith((WHEEL, WHEEL + PART)) for path in self.scratch(model).glob(f"*{WHEEL}*"))

    def _mark(self, model: Model, file: ModelFile) -> list[int | str] | None:
        try:
            stat = self.path(model, file).stat()
        except OSError:
            return None
        return [stat.st_size, stat.st_mtime_ns, file.sha256]

    def _marker(self, model: Model) -> dict[str, object]:
        try:
            known = json.loads((self.root / model.name / _MARKER).read_bytes())
        except (OSError, ValueError):  # a marker that cannot be read costs one more hashing
            return {}
        return known if isinstance(known, dict) else {}

    def _remember(self, model: Model, file: ModelFile, mark: list[int | str] | None) -> None:
        known = self._marker(model)
        if known.get(file.name) == mark:
            return
        known[file.name] = mark
        marker = self.root / model.name / _MARKER
        fresh = marker.with_name(f"{_MARKER}.{os.getpid()}")
        # A store that this user may only read works too; it is hashed at each start.
        with contextlib.suppress(OSError):
            try:
                fresh.write_text(json.dumps(known))
                fresh.replace(marker)
            finally:
                fresh.unlink(missing_ok=True)


def _of_file(file: ModelFile, advanced: Callable[[ModelFile, int], None] | None) -> Callable[[int], None] | None:
    return None if advanced is None else lambda done: advanced(file, done)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
