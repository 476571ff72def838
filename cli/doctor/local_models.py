"""The models on this machine, and the room there is for them."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.server.errors import ServerError
from realtime_chat.server.models.manifest import Model
from realtime_chat.server.models.store import ModelStore, Status

DISK = "disk space"

_ROOM = 100 * 10**6
"""Bytes: less than this and other programs begin to fail."""


def look_at_models(
    store: ModelStore, models: Collection[Model], *, is_needed: bool, is_thorough: bool
) -> Iterator[Finding]:
    """Look at each model.

    Args:
        store: Where they are.
        models: Those that a conversation uses.
        is_needed: The embedded server will answer.
        is_thorough: Hash every file, whatever is known of it.
    """
    for model in models:
        yield _look_at(store, model, is_needed=is_needed, is_thorough=is_thorough)


def _look_at(store: ModelStore, model: Model, *, is_needed: bool, is_thorough: bool) -> Finding:
    name = f"model {model.name}"
    status = store.status(model)
    if status in {Status.MISSING, Status.PARTIAL}:
        size = f"{model.size / 1e6:.0f} MB"
        what = "is not on this machine" if status is Status.MISSING else "is here in part only"
        todo = f"run `realtime-chat models pull {model.name}` ({size})"
        if is_needed:
            return Finding(name, Verdict.FAIL, f"{what}, and {model.purpose.value} needs it", todo)
        return Finding(name, Verdict.SKIP, f"{what}; only the embedded server needs it", todo)
    if status is Status.CHANGED or is_thorough:
        try:
            store.verify(model)
        except ServerError as error:
            todo = f"run `realtime-chat models pull {model.name}`, which brings what is wrong anew"
            return Finding(name, Verdict.FAIL if is_needed else Verdict.WARN, str(error), todo)
    how = "every hash is right" if is_thorough else "checked when it came; --thorough hashes it anew"
    return Finding(name, Verdict.OK, f"is here, {how}")


def look_at_disk(store: ModelStore, models: Collection[Model]) -> Iterator[Finding]:
    """Look at the room on the disk where the models are, or will be."""
    missing = sum(model.size for model in models if store.status(model) in {Status.MISSING, Status.PARTIAL})
    folder = _existing(store.root)
    yield judge_disk(shutil.disk_usage(folder).free, missing, str(store.root))


def judge_disk(free: int, missing: int, folder: str) -> Finding:
    """Say whether there is room: ``free`` bytes in ``folder``, where ``missing`` are still to come."""
    what = f"{_shown(free)} free for the models in {folder}"
    if free < missing + _ROOM:
        needed = f", and {_shown(missing)} are still to come" if missing else ""
        todo = "free some space there, or put the models elsewhere with REALTIME_CHAT_MODELS"
        return Finding(DISK, Verdict.FAIL if missing else Verdict.WARN, f"only {what}{needed}", todo)
    return Finding(DISK, Verdict.OK, what)


def _existing(folder: Path) -> Path:
    """Give ``folder``, or where it would be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _shown(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB"
