"""The words that Moonshine's numbers stand for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from realtime_chat.protocol.printable import one_line

_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
_CONTROLS = 3
"""The first tokens (unknown, start, end) are no words."""


class TokenTable:
    """The table of a ``tokenizer.bin``: byte strings, one after the other, each led by its length.

    A length below 128 is one byte; otherwise the first byte holds the low seven bits (with the top bit set)
    and the second the rest.

    Args:
        table: The file's bytes.

    Raises:
        ValueError: The bytes end inside a string, or hold none.
    """

    def __init__(self, table: bytes) -> None:
        self._pieces: list[bytes] = []
        at = 0
        while at < len(table):
            length = table[at]
            at += 1
            if length >= 128:
                if at == len(table):
                    raise ValueError("the token table ends inside a length")
                length += (table[at] - 1) * 128
                at += 1
            if at + length > len(table):
                raise ValueError("the token table ends inside a token")
            self._pieces.append(table[at : at + length])
            at += length
        if len(self._pieces) <= _CONTROLS:
            raise ValueError("the token table holds no words")

    @classmethod
    def read(cls, path: Path) -> TokenTable:
        """Read a ``tokenizer.bin``.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not such a file.
        """
        return cls(path.read_bytes())

    def __len__(self) -> int:
        return len(self._pieces)

    def text(self, tokens: Iterable[int]) -> str:
        """Give the text of ``tokens``, in one line; tokens that are no words, or not in the table, are left out."""
        pieces = (self._pieces[token] for token in tokens if _CONTROLS <= token < len(self._pieces))
        text = b"".join(pieces).decode(errors="ignore").replace(_SPACE, " ")
        # A token may be any single byte, so control characters can come out of a confused model.
        return one_line(text)
