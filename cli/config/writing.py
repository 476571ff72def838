"""Changes to the config file, which keep its comments and its order, and never leave half a file."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

from realtime_chat.cli.config.document import parse_document, read_content
from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.errors import BadConfig

_OWN_ONLY = 0o600


def set_value(where: Sequence[str], value: object) -> None:
    """Write ``value`` into the config file, which is made if there is none.

    Args:
        where: The tables, outermost first, and the key.
        value: What TOML has: a text, number, truth or list.

    Raises:
        BadConfig: The file is no TOML, cannot be written, or has a value where a table is needed.
    """
    import tomlkit

    path = config_file()
    document = _document(path)
    table: MutableMapping[str, Any] = document
    for depth, name in enumerate(where[:-1], 1):
        if name not in table:
            # A table that holds nothing but tables needs no line of its own.
            table[name] = tomlkit.table(is_super_table=depth < len(where) - 1)
        table = _inner(table, name, path)
    if isinstance(table.get(where[-1]), dict):
        raise BadConfig(f"{where[-1]!r} is a table in {str(path)!r}: name a key of it.")
    table[where[-1]] = value
    _save(path, document.as_string())


def unset_value(where: Sequence[str]) -> bool:
    """Take a value or a table out of the config file; say whether it was there.

    Raises:
        BadConfig: The file is no TOML, or cannot be written.
    """
    path = config_file()
    document = _document(path)
    table: MutableMapping[str, Any] = document
    for name in where[:-1]:
        if name not in table:
            return False
        table = _inner(table, name, path)
    if where[-1] not in table:
        return False
    del table[where[-1]]
    _save(path, document.as_string().rstrip("\n") + "\n")  # without the empty lines behind the last table
    return True


def write_privately(path: Path, text: str) -> None:
    """Put ``text`` in the place of the file at once, readable by its owner only, or as the older file was.

    Raises:
        OSError: It cannot be written.
    """
    path = path.resolve()  # where a link leads to, so that the link stays
    mode = _OWN_ONLY
    if path.exists():
        if not path.is_file():  # the null device, for instance, must not be replaced
            raise OSError(errno.EINVAL, "it is no ordinary file")
        mode = stat.S_IMODE(path.stat().st_mode)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with 0600
    try:
        with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, no path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make_file(template: str) -> Path:
    """Give the config file's path, having made it from ``template`` where there is none.

    Raises:
        BadConfig: It cannot be made.
    """
    path = config_file()
    if not path.exists():
        _save(path, template)
    return path


def _document(path: Path) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    content = read_content(path) or b""
    parse_document(content, path)  # its sentences are the better ones
    try:
        return tomlkit.parse(content)
    except (TOMLKitError, ValueError) as error:
        raise BadConfig(f"The config file {str(path)!r} cannot be changed ({error}): edit it by hand.") from error


def _inner(table: MutableMapping[str, Any], name: str, path: Path) -> MutableMapping[str, Any]:
    inner = table[name]
    if isinstance(inner, MutableMapping):
        return inner
    raise BadConfig(f"{name!r} in {str(path)!r} is no table: correct it, for example with `realtime-chat config edit`.")


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_privately(path, text)
    except OSError as error:
        raise BadConfig(
            f"The config file {str(path)!r} cannot be written ({error.strerror or error}): mend that."
        ) from error
