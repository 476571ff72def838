"""Words of others (a model, a server, a file) made safe for a terminal.

`clean` takes out what a terminal would obey instead of show: control characters, escape sequences, and the marks
that turn the direction of writing and so can make a text look like another.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(
    r"""
      (?: \x1b\[ | \x9b ) [0-?]{0,32} [\ -/]{0,4} (?: [@-~] | \Z )                        # a control sequence
    | (?: \x1b[\]PX^_] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x9c\n]{0,256}
      (?: \x07 | \x1b\\ | \x9c | \x1b?\Z )                                              # a control string
    | \x1b [\ -/]{0,4} [0-~]?                                                          # a shorter escape
    """,
    re.VERBOSE,
)

_DIRECTION = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_MARKS = frozenset("\u200e\u200f\u061c")
_BREAKS = re.compile(r"\s+")


def clean(text: str) -> str:
    r"""Give ``text`` without anything that a terminal would obey; ``\n`` and ``\t`` stay.

    An escape sequence that has only begun at the end of ``text`` is left out, so that a text which grows only ever
    grows here too: ``clean(text)`` starts with ``clean(prefix)`` for every prefix.
    """
    return "".join(_shown(character) for character in _ESCAPES.sub("", text))


def one_line(text: str) -> str:
    """Give ``text`` cleaned, and every run of white space as one space."""
    return _BREAKS.sub(" ", clean(text)).strip()


def is_bidi_control(character: str) -> bool:
    """Say whether ``character`` is invisible and changes the direction of writing."""
    return character in _MARKS or unicodedata.bidirectional(character) in _DIRECTION


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category == "Cs":  # half of a pair: no stream can encode it
        return "\ufffd"
    if category == "Cc" or is_bidi_control(character):
        return ""
    return character
