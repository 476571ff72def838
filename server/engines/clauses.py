"""Cut a text that is still being written into pieces that can be spoken already. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.server.english.word_list import words_of

FIRST_WORDS = 3
"""The first clause ends at the first comma or the like after so many words: the sound begins early."""

FIRST_LIMIT = 8
"""Without punctuation, the first clause ends after about so many words."""

LONG_WORDS = 12
"""A later clause that has so many words ends at a comma or the like; a shorter one waits for its sentence."""

LIMIT = 30
"""A later clause ends after about so many words, whatever comes."""

_ABBREVIATION = re.compile(
    r"(?:^|\W)(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|Mrs?|Ms|Dr|Prof|St|Mt|Sr|Jr|Gen|Col|Capt|Lt|Sgt|Sen|Rep|Rev|Gov|Hon|vs|"
    r"etc|cf|approx|No|Nos|Fig|figs?|Vol|pp|al|Inc|Ltd|Co|Corp|Dept|Est|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|"
    r"Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun|Ave|Blvd|Rd)\.$"
)
_CLOSERS = "\"'\u2019\u201d)]*_`~"
_DASHES = ("-", "--", "\u2013", "\u2014")
_HOLDS_ON = words_of(
    """
    a an the of to in on at by for from with and or but nor as than that this these those my your his her
    its our their is are was were be been am will would can could should may might must do does did has
    have had not no very so if
    """
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a text.

    Attributes:
        text: The piece, with the white space after it.
        start: Offset of its first character in the whole text.
    """

    text: str
    start: int


class _Mark(Enum):
    """What stands at the end of what was written so far."""

    NONE = auto()
    CLAUSE = auto()
    SENTENCE = auto()


class ClauseCutter:
    """Cuts a stream of text; the clauses put together are the whole text, however it was split into deltas.

    No clause ends inside a number, a date, an abbreviation, an address or a pair of brackets.
    """

    def __init__(self) -> None:
        self._held = ""
        self._start = 0
        self._words = 0
        self._open_bracket = False
        self._waiting = _Mark.NONE

    def push(self, delta: str) -> list[Clause]:
        """Take the next piece of the text, of any length; give the clauses that are complete now."""
        clauses: list[Clause] = []
        for character in delta:
            if self._waiting is not _Mark.NONE and not character.isspace():
                if not character.isdigit() and self._is_enough(self._waiting):
                    clauses.append(self._cut())
                self._waiting = _Mark.NONE
            self._held += character
            if character in "[(":
                self._open_bracket = True
            elif character in "])":
                self._open_bracket = False
            elif character.isspace() and self._ends_here(character):
                clauses.append(self._cut())
        return clauses

    def flush(self) -> list[Clause]:
        """Give what is left; the text is over."""
        return [self._cut()] if self._held else []

    def _cut(self) -> Clause:
        clause = Clause(self._held, self._start)
        self._start += len(self._held)
        self._held = ""
        self._words = 0
        self._open_bracket = False
        self._waiting = _Mark.NONE
        return clause

    def _ends_here(self, space: str) -> bool:
        """Judge the word that ``space`` ended; may leave the judgement to the character that comes next."""
        word = self._held[:-1].rpartition(" ")[2].rpartition("\n")[2]
        if any(character.isalnum() for character in word):
            self._words += 1
        if not self._words:
            return False
        if space == "\n" and word.strip():
            return self._is_enough(_Mark.SENTENCE)
        mark, sure = self._mark_after(word)
        if mark is not _Mark.NONE and not sure:
            self._waiting = mark
            return False
        return self._is_enough(mark, word)

    def _mark_after(self, word: str) -> tuple[_Mark, bool]:
        """The mark at the end of ``word``, and whether it counts whatever comes next."""
        before = self._held[:-1].removesuffix(word)
        bare = word.rstrip(_CLOSERS)
        if bare in _DASHES:
            return _Mark.CLAUSE, not before.rstrip()[-1:].isdigit()
        if bare.endswith(("!", "?", "\u2026")):
            return _Mark.SENTENCE, True
        if bare.endswith("."):
            if _ABBREVIATION.search(bare) or (bare[:-1].isdigit() and not before.strip()):
                return _Mark.NONE, True
            return _Mark.SENTENCE, not bare[-2:-1].isdigit()
        if bare.endswith((",", ";", ":")):
            return _Mark.CLAUSE, not bare[-2:-1].isdigit()
        if bare.endswith(_DASHES[2:]):
            return _Mark.CLAUSE, True
        return _Mark.NONE, True

    def _is_enough(self, mark: _Mark, word: str = "") -> bool:
        """Whether what is held is long enough to be cut at ``mark``."""
        first = self._start == 0
        limit = FIRST_LIMIT if first else LIMIT
        if self._words >= 2 * limit:
            return True
        if self._open_bracket:
            return False
        if mark is _Mark.SENTENCE:
            return first or self._words >= FIRST_WORDS
        if mark is _Mark.CLAUSE:
            return self._words >= (FIRST_WORDS if first else LONG_WORDS)
        return self._words >= limit and word.isalpha() and word.lower() not in _HOLDS_ON
