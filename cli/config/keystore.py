"""The keys of servers that a person stored: in the system's keyring where one works, else in a file of their own.

The file (``keys.json``, mode 0600) names every stored key in either case, so that a keyring, which may ask for a
password, is only opened for a key that is in it. As with ssh, a file that others may read is not used.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, cast

from realtime_chat.cli.config.places import keys_file
from realtime_chat.cli.config.writing import write_privately
from realtime_chat.cli.errors import KeyStoreFailed
from realtime_chat.cli.redaction import hide

SERVICE = "realtime-chat"
"""What the keyring files the keys under."""

_LARGEST = 1_000_000
_RECOMMENDED = 1
"""The lowest priority of a keyring that the library itself recommends; those below keep keys in readable files."""

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Ring(Protocol):
    """What is used here of the system's keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        """Give a key, None where there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a key."""

    def delete_password(self, service: str, username: str) -> None:
        """Forget a key."""


class Place(StrEnum):
    """Where a stored key is."""

    KEYRING = "keyring"
    FILE = "file"


def system_keyring() -> Ring | None:
    """Give the system's keyring, None where there is none that works."""
    try:
        import keyring

        ring = keyring.get_keyring()
        # Its methods are wrapped so that their types are lost.
        return cast("Ring", ring) if ring.priority >= _RECOMMENDED else None
    except Exception:  # noqa: BLE001 - its parts are others', and each may fail in its own way
        return None


class KeyStore:
    """The stored keys.

    Every key that comes out of it, or goes into it, is hidden from then on (see `redaction`).

    Args:
        path: The file.
        keyring: Gives the system's keyring; asked only when it is needed.
    """

    def __init__(self, path: Path, keyring: Callable[[], Ring | None] = system_keyring) -> None:
        self.path = path
        self._keyring = keyring

    def places(self) -> dict[str, Place]:
        """Say where each stored key is, by its name.

        Raises:
            KeyStoreFailed: The file cannot be read, or others may read it.
        """
        return {name: Place.FILE if entry else Place.KEYRING for name, entry in self._read().items()}

    def get(self, name: str) -> str | None:
        """Give a stored key, None where none is stored.

        Raises:
            KeyStoreFailed: The file or the keyring cannot be read.
        """
        entries = self._read()
        if name not in entries:
            return None
        key = entries[name] or self._from_keyring(name)
        hide(key)
        return key

    def put(self, name: str, key: str) -> Place:
        """Store a key in the place of an older one, and say where it is.

        Raises:
            KeyStoreFailed: The file cannot be read or written.
        """
        hide(key)
        entries = self._read()
        place = Place.KEYRING if self._to_keyring(name, key) else Place.FILE
        if place is Place.FILE and entries.get(name) == "":
            self._forget(name)
        self._write(entries | {name: "" if place is Place.KEYRING else key})
        return place

    def remove(self, name: str) -> bool:
        """Forget a stored key; say whether there was one.

        Raises:
            KeyStoreFailed: The file cannot be read or written.
        """
        entries = self._read()
        if name not in entries:
            return False
        if entries.pop(name) == "":
            self._forget(name)
        self._write(entries)
        return True

    def _from_keyring(self, name: str) -> str:
        reason = "there is none that works here"
        ring = self._keyring()
        if ring is not None:
            try:
                if key := ring.get_password(SERVICE, name):
                    return key
                reason = "it is not there any more"
            except Exception as error:  # noqa: BLE001 - whatever the keyring raises, the key is not to be had
                reason = str(error) or type(error).__name__
        raise KeyStoreFailed(
            f"The key {name!r} is in the system's keyring and cannot be read ({reason})",
            f"unlock the keyring, or store the key again with `realtime-chat config key set {name}`",
        )

    def _to_keyring(self, name: str, key: str) -> bool:
        """Say whether the key is in the keyring now."""
        ring = self._keyring()
        if ring is None:
            return False
        try:
            ring.set_password(SERVICE, name, key)
            return ring.get_password(SERVICE, name) == key
        except Exception:  # noqa: BLE001 - whatever it raises, it does not work
            return False

    def _forget(self, name: str) -> None:
        ring = self._keyring()
        if ring is None:
            return
        try:
            ring.delete_password(SERVICE, name)
        except Exception:  # noqa: BLE001 - it is gone already, or the keyring does not work any more
            return

    def _read(self) -> dict[str, str]:
        """Give what the file knows: each key, ``""`` for one in the keyring."""
        try:
            with self.path.open("rb") as file:
                self._check_mode(os.fstat(file.fileno()).st_mode)
                content = file.read(_LARGEST)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeyStoreFailed(
                f"The stored keys in {str(self.path)!r} cannot be read ({error.strerror or error})",
                "mend that, or remove the file and store them again",
            ) from error
        try:
            return _entries(json.loads(content))
        except (ValueError, RecursionError) as error:
            raise KeyStoreFailed(
                f"{str(self.path)!r} does not hold stored keys", "remove it and store them again"
            ) from error

    def _check_mode(self, mode: int) -> None:
        if sys.platform != "win32" and mode & _FOR_OTHERS:
            raise KeyStoreFailed(
                f"Others may read or change the stored keys in {str(self.path)!r} (mode {stat.S_IMODE(mode):03o})",
                f"run `chmod 600 {self.path}`, and get new keys if somebody may have read these",
            )

    def _write(self, entries: dict[str, str]) -> None:
        table = {name: {"key": key} if key else {"keyring": True} for name, key in entries.items()}
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sys.platform != "win32":
                self.path.parent.chmod(0o700)
            write_privately(self.path, json.dumps(table, indent=2, sort_keys=True) + "\n")
        except OSError as error:
            raise KeyStoreFailed(
                f"The key cannot be stored in {str(self.path)!r} ({error.strerror or error})",
                "mend that, or put the key into the environment instead",
            ) from error


def own_keys() -> KeyStore:
    """Give the keys that this person stored."""
    return KeyStore(keys_file())


def stored_key(name: str) -> str | None:
    """Give a key that this person stored, None where there is none.

    Raises:
        KeyStoreFailed: It cannot be read.
    """
    return own_keys().get(name)


def _entries(table: Any) -> dict[str, str]:
    """Give what the file's content says.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(table, dict):
        raise ValueError("no table")  # noqa: TRY004 - of a file and not of a caller
    entries = {}
    for name, entry in table.items():
        match entry:
            case {"key": str(key)} if key:
                entries[name] = key
            case {"keyring": True}:
                entries[name] = ""
            case _:
                raise ValueError("no key")
    return entries
