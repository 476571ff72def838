"""Text from outside (device names, paths, reasons of other libraries) made safe to show."""

from __future__ import annotations


def printable(text: str) -> str:
    """Give ``text`` on one line, with nothing in it that a terminal would obey.

    Control characters, bidirectional overrides and undecodable bytes become ``?``; white space becomes one
    space. A device's name is chosen by whoever made the device, a path by whoever made the file.
    """
    one_line = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in one_line)
