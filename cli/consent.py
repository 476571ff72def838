"""`Consent`: whether a key that says yes can have been meant for the question that is asked."""

from __future__ import annotations

READ_S = 0.5
"""A question is on the screen by then, and somebody may have seen it; a key before that was meant for another."""

_REPEATS_S = 0.2
"""A key that is held comes again sooner than that, once it does: at the latest 92 ms apart on a Linux console
(kbdrate(8)), and a little later over a network."""

_FIRST_REPEAT_S = 1.0
"""The longest that Windows lets a key be held before it repeats; X11 has 0.66 s, macOS by default 0.5."""


class Consent:
    """A yes lets a tool change something. Whoever holds the key of one question has not read the next."""

    def __init__(self) -> None:
        self._asked = self._seen = self._taken = float("-inf")

    def ask(self, now: float) -> None:
        """A question is asked, at a time in seconds."""
        self._asked = now

    def may_be_meant(self, now: float) -> bool:
        """Take a yes; say whether it is one. To be called for each that comes while a question is asked."""
        since = now - self._seen
        self._seen = now
        if now - self._asked < READ_S or since < _REPEATS_S or now - self._taken < _FIRST_REPEAT_S:
            return False
        self._taken = now
        return True
