"""Lists of words, written as one reads them."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """The words of ``text``, which spaces part."""
    return frozenset(text.split())
