"""Which of two sounds a word has that is written one way: a guess at its part of speech from its neighbours. Pure."""

from __future__ import annotations

from realtime_chat.server.english.word_list import words_of

_BEFORE_VERB = words_of(
    """
    i you we they he she it who to can could will would shall should may might must do does did don't
    doesn't didn't can't couldn't won't wouldn't shouldn't let's please i'll you'll we'll they'll he'll
    she'll it'll i'd you'd we'd they'd he'd she'd also always never often still people not just really
    """
)
_BEFORE_NOUN = words_of(
    """
    a an the this that these those my your his her its our their some any no each every of in on at by for
    with from about new old good great first last next same more most such what which whose into under
    over between
    """
)
_PERFECT = words_of(
    """
    have has had i've you've we've they've was were been be being is are am it's he's she's already ever
    """
)
_AFTER_VERB = words_of(
    """
    in on at with near here there the a an your my his her our their its this that these those it them him
    me us you together alone for long up down through
    """
)


def part_of_speech(before: str, word: str, after: str) -> str | None:
    """Guess from the words on both sides, in small letters (``""`` where there is none or a pause).

    Returns:
        ``VERB``, ``NOUN``, ``VBN`` (a participle, or a past tense that sounds like one) or None: the usual sound.
    """
    if word in ("live", "lives"):
        # The adjective ("live music") and the plural of "life" are the rarer ones, but they are the usual sound.
        return "VERB" if before in _BEFORE_VERB or (after in _AFTER_VERB and before not in _BEFORE_NOUN) else None
    if word == "read" and before in _PERFECT:
        return "VBN"
    if word == "close":
        return "VERB" if before in _BEFORE_VERB and before != "it" and after != "to" else None
    if before in _BEFORE_VERB or (not before and after in _AFTER_VERB):
        return "VERB"
    return "NOUN" if before in _BEFORE_NOUN else None
