"""Whether somebody who is silent has finished, judged by their words.

The recogniser ends nearly every stretch of speech with a full stop, finished or not. So the last word is looked at
first: nobody ends on "and" or "the". English only, as the recogniser is.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Literal

Eagerness = Literal["low", "medium", "high", "auto"]


class Ending(Enum):
    """How words end."""

    FINISHED = auto()
    """A sentence that can stand."""
    OPEN = auto()
    """Nothing says that more comes, or that it does not."""
    TRAILING = auto()
    """More must come, or nobody knows what was said yet."""


LONGEST_MS = {"high": 2_000, "medium": 4_000, "low": 8_000}
"""The longest silence within a turn for each eagerness, as at OpenAI."""

_WAIT_MS = {
    "high": {Ending.FINISHED: 200, Ending.OPEN: 500},
    "medium": {Ending.FINISHED: 400, Ending.OPEN: 1_000},
    "low": {Ending.FINISHED: 800, Ending.OPEN: 2_000},
}
"""Between two speakers there are about 200 ms of silence in every language (Stivers et al., PNAS 2009), which ``high``
keeps to; a speaker who begins another sentence takes two to four times as long, which ``medium`` and ``low`` allow."""

_MORE_COMES = """
    a an the my your our their every and or nor but because although though unless whereas whether than if
    um uh uhm umm uhh er erm hmm gonna wanna i'm i've i'd i'll you're you've you'd you'll we're we've we'd we'll
    they're they've they'd they'll he's she's it's there's that's what's where's who's how's let's
"""
"""Nobody ends on one of these: articles, conjunctions, fillers, subjects with their verbs. "Because." is what a child
answers, and waits a little for it."""

_MAY_GO_ON = """
    to of for from with without at by in into on onto about between over through during against via
    am is are was were be been being have has had do does did will would can could shall should may might must
    i you we they he she it this that these those his her its some any no so then while until since as when where which
    who what how why also plus just like very really quite well maybe perhaps mean want wants need needs oh hm mm ah eh
"""
"""These are as often in the middle as at the end: "I want to", but "nobody I talked to"."""

_TRAILING_WORDS = frozenset(_MORE_COMES.split())
_OPEN_WORDS = frozenset(_MAY_GO_ON.split())

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
_CUT_OFF = re.compile(r"(?:[,;:\-\u2013\u2014\u2026]|\.\.)$")
_CLOSING = "\"')]}\u2019\u201d"


def ending(words: str | None) -> Ending:
    """Say how ``words`` end: all that was said in the turn, None while the last of it is not known."""
    if words is None:
        return Ending.TRAILING
    bare = words.rstrip().rstrip(_CLOSING)
    plain = _WORD.findall(bare.lower().replace("\u2019", "'"))
    if not plain:
        return Ending.OPEN
    if plain[-1] in _TRAILING_WORDS or _CUT_OFF.search(bare):
        return Ending.TRAILING
    if bare.endswith(("?", "!")):
        return Ending.FINISHED
    return Ending.FINISHED if bare.endswith(".") and plain[-1] not in _OPEN_WORDS else Ending.OPEN


def patience_ms(words: str | None, eagerness: Eagerness) -> int:
    """Say how long a silence after ``words`` may be before the turn is over; at most `LONGEST_MS`."""
    level = "medium" if eagerness == "auto" else eagerness
    return _WAIT_MS[level].get(ending(words), LONGEST_MS[level])


def is_over(words: str | None, silence_ms: float, eagerness: Eagerness) -> bool:
    """Say whether a turn is over after ``silence_ms`` without a voice."""
    return silence_ms >= patience_ms(words, eagerness)
