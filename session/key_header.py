"""`KeyHeader`: the header in which a server wants its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KeyHeader:
    """A header.

    Attributes:
        name: Its name.
        scheme: The word before the key, ``""`` for none.
    """

    name: str
    scheme: str = ""

    def fields(self, key: str) -> dict[str, str]:
        """Give the header with a key in it."""
        return {self.name: f"{self.scheme} {key}".lstrip()}


BEARER: Final = KeyHeader("Authorization", "Bearer")
"""What OpenAI wants, and most others."""
