"""What a language model writes, as it streams, without what is not meant for a person."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

_MARK = re.compile(r"<\|[^<>|\n]{1,40}\|>")
_MARK_BEGUN = re.compile(r"<(\|([^<>|\n]{1,40}\|?)?)?")
_THOUGHT, _THOUGHT_OVER = "<think>", "</think>"

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_TEXT = frozenset(("Cc", "Cs", "Cn", "Co"))


def printable(text: str) -> str:
    """Leave out of ``text`` what a terminal obeys instead of showing it, and what no font shows.

    Line ends and tabs stay; so do joiners, which some scripts and emoji need.
    """
    return "".join(
        c for c in text if c in "\n\t" or (c not in _BIDI and c != "\ufffd" and unicodedata.category(c) not in _NO_TEXT)
    )


def without_marks(text: str) -> str:
    """Leave chat marks (``<|im_end|>``) out of ``text``, with which somebody else's text could pose as a message."""
    while (cleaned := _MARK.sub("", text)) != text:  # what is left may close up to another
        text = cleaned
    return text


class _In(Enum):
    TEXT = auto()
    MARK = auto()
    THOUGHT = auto()


class AnswerText:
    """Takes the pieces of an answer and gives back what a person is to read and hear.

    Chat marks that a model writes out (``<|im_end|>``), its thoughts (``<think>…</think>``), control characters
    and white space before the first word are left out. However the pieces are cut, the same text comes out.
    """

    def __init__(self) -> None:
        self._state = _In.TEXT
        self._held = ""
        self._begun = False

    def feed(self, piece: str) -> str:
        """Add ``piece``; give what is certain by now. What may yet become a mark is held back."""
        return self._from_first_word("".join(map(self._step, printable(piece))))

    def end(self) -> str:
        """Give the rest: what was held back became no mark. A thought that never ended is left out."""
        rest = self._held if self._state is _In.MARK else ""
        self._held = ""
        return self._from_first_word(rest)

    def _step(self, c: str) -> str:
        if self._state is _In.THOUGHT:
            self._held = (self._held + c)[-len(_THOUGHT_OVER) :]
            if self._held == _THOUGHT_OVER:
                self._state, self._held = _In.TEXT, ""
            return ""
        if c == "<":  # a mark holds none, so whatever was held is text
            text, self._state, self._held = self._held, _In.MARK, c
            return text
        if self._state is _In.TEXT:
            return c
        held = self._held + c
        if held == _THOUGHT:
            self._state, self._held = _In.THOUGHT, ""
        elif _MARK.fullmatch(held):
            self._state, self._held = _In.TEXT, ""
        elif _MARK_BEGUN.fullmatch(held) or _THOUGHT.startswith(held):
            self._held = held
        else:
            self._state, self._held = _In.TEXT, ""
            return held
        return ""

    def _from_first_word(self, text: str) -> str:
        if not self._begun:
            text = text.lstrip()
            self._begun = bool(text)
        return text
