"""`Voice`: are answers spoken? The person wants it or not, and there is something to speak with or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Voice:
    """The two reasons for silence, which come and go apart.

    Attributes:
        is_wanted: The person wants to hear answers.
        has_output: There is a device to hear them on.
    """

    is_wanted: bool
    has_output: bool = True

    @property
    def is_on(self) -> bool:
        """Answers are spoken; else they come in writing."""
        return self.is_wanted and self.has_output

    @property
    def modality(self) -> Literal["audio", "text"]:
        """The same, as the protocol says it."""
        return "audio" if self.is_on else "text"
