"""A key, read from a hidden prompt or from standard input: arguments can be seen by everybody on the machine."""

from __future__ import annotations

import getpass
import sys
import warnings

from realtime_chat.cli.errors import BadInput
from realtime_chat.cli.terminal import is_terminal

_LONGEST = 4096
"""Characters: the longest tokens in use are below that."""

_SHORTEST = 4
"""Shorter ones could not be told from words, and so not be hidden (see `redaction`)."""


def read_key(name: str) -> str:
    """Ask for a key, or read it where it is piped in.

    Raises:
        BadInput: None came, or what came is no key.
    """
    try:
        text = _asked(name) if is_terminal(sys.stdin) else sys.stdin.read(_LONGEST + 2)
    except (EOFError, UnicodeDecodeError):
        text = ""
    key = text.strip()
    if not key:
        raise BadInput("No key came: type it in, or pipe it to standard input.")
    if len(key) > _LONGEST or len(key) < _SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
        raise BadInput("That is no key (a space, a line break, an odd letter, or an odd length): copy it again.")
    return key


def _asked(name: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"Key {name} (it is not shown): ", stream=sys.stderr)
        except getpass.GetPassWarning as error:
            raise BadInput("This terminal would show the key: pipe it to standard input instead.") from error
