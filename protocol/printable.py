"""Words of others (a model, a server, a file) made safe for a terminal.

`clean` takes out what a terminal would obey instead of show: control characters, escape sequences, and the marks
that turn the direction of writing and so can make a text look like another.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"""
      (?: \x1b\[ | \x9b ) [0-?]{0,32} [\ -/]{0,4} (?: [@-~] | \Z )                        # a control sequence
    | (?: \x1b[\]PX^_] | [\x90\x98\x9d-\x9f] ) [^\x07\x1b\x9c\n]{0,256}
      (?: \x07 | \x1b\\ | \x9c | \x1b?\Z )                                              # a control string
    | \x1b [\ -/]{0,4} [0-~]?                                                          # a shorter escape
    """,
    re.VERBOSE,
)

_BEGINNINGS = re.compile("[\x1b\x90\x98\x9b\x9d-\x9f]")
"""With one of these begins all that the pattern above finds, but in a tenth of its time."""

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_OBEYED = f"\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f{_TURNING}"
_HALF = "\ud800-\udfff"

_BIDI_CONTROL = re.compile(f"[{_TURNING}]")
_CONTROLS = re.compile(f"[{_OBEYED}]")
_HALVES = re.compile(f"[{_HALF}]")
_UNSHOWN = re.compile(f"[{_OBEYED}{_HALF}]")


def clean(text: str) -> str:
    r"""Give ``text`` without anything that a terminal would obey; ``\n`` and ``\t`` stay.

    An escape sequence that has only begun at the end of ``text`` is left out, so that a text which grows only ever
    grows here too: ``clean(text)`` starts with ``clean(prefix)`` for every prefix.
    """
    if not _UNSHOWN.search(text):  # nearly always, and this is asked with every few letters of an answer
        return text
    if _BEGINNINGS.search(text):
        text = _ESCAPES.sub("", text)
    return _HALVES.sub("\ufffd", _CONTROLS.sub("", text))  # half of a pair can be encoded by no stream


def one_line(text: str) -> str:
    """Give ``text`` cleaned, and every run of white space as one space."""
    return " ".join(clean(text).split())


def is_bidi_control(character: str) -> bool:
    """Say whether ``character`` is invisible and changes the direction of writing."""
    return bool(_BIDI_CONTROL.match(character))


class GrowingText:
    """Cleans a text that is given whole whenever it has grown, and looks at no more than it must."""

    def __init__(self) -> None:
        self._plain = ""  # how it begins, up to where something was taken out first: no escape sequence begins in it

    def clean(self, text: str) -> str:
        """Give ``clean(text)``, whatever was given before."""
        if not text.startswith(self._plain):
            self._plain = ""
        news = text[len(self._plain) :]
        shown = clean(news)
        if shown != news:
            return self._plain + shown
        self._plain = text
        return text
