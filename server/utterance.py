"""When to recognise an utterance that is still being spoken, and what can be shown of it.

The recogniser has no streaming mode, so the growing utterance is decoded again and again. Two things make that
worthwhile: the words two decodes in a row agree on can be shown at once, and a decode begun in the first silence
has its text ready when the turn is declared over.
"""

from __future__ import annotations

from realtime_chat.audio.frame import ms_to_samples

PARTIAL_EVERY = ms_to_samples(400)
"""Samples of new sound between two decodes of an utterance in progress."""

SPECULATE_AFTER = ms_to_samples(160)
"""Samples of silence after which the utterance may be over: decode it now rather than at the end of the turn."""

VOICE_TAIL = ms_to_samples(100)
"""A word goes on this long after the last frame that a voice detector calls voiced (final consonants)."""

HELD_BACK = 1
"""Words at the end of an agreed stretch that are not shown yet: the last one flickers."""


class Utterance:
    """What is known of one stretch of speech. Lengths are samples at 24 kHz from its start.

    Attributes:
        text: Its words, as far as they are known.
        wanted: Once it is complete: how much of it must be decoded for the words to be final.
    """

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        self.text = ""
        self.wanted = 0
        self._decoded = 0
        self._asked: int | None = None
        self._shown: list[str] = []
        self._previous: list[str] = []

    def wants(self, length: int, voiced_end: int) -> bool:
        """Say whether the utterance should be decoded now.

        Args:
            length: Samples received.
            voiced_end: The last sample that was voiced; 0 when none was.
        """
        if self._asked is not None or not voiced_end:
            return False
        if length - voiced_end >= SPECULATE_AFTER:
            return not self.settled(voiced_end)
        return length - self._decoded >= PARTIAL_EVERY

    def asked(self, length: int) -> None:
        """Note that a decode of the first ``length`` samples is under way."""
        self._asked = length

    @property
    def busy(self) -> bool:
        """Whether a decode is under way."""
        return self._asked is not None

    @property
    def suffices(self) -> bool:
        """Whether the decode under way reaches as far as is wanted."""
        return self._asked is not None and self._asked >= self.wanted

    def gave_up(self) -> None:
        """Take it that the decode under way failed."""
        self._asked = None

    def settled(self, voiced_end: int) -> bool:
        """Say whether the last decode reaches past the voice, so that its text is the final one."""
        return self._decoded >= voiced_end + VOICE_TAIL

    def learned(self, length: int, text: str) -> str:
        """Take the text of the first ``length`` samples and give what can now be shown beyond what was shown.

        The shown text only grows: it is the words that this decode and the one before agree on, less `HELD_BACK`.
        """
        if self._asked == length:
            self._asked = None
        if length < self._decoded:
            return ""
        self._decoded, self.text = length, text
        words = text.split()
        agreed = 0
        for now, before in zip(words, self._previous, strict=False):
            if now != before:
                break
            agreed += 1
        self._previous = words
        shown = len(self._shown)
        stable = words[: agreed - HELD_BACK] if agreed > HELD_BACK else []
        if len(stable) <= shown or stable[:shown] != self._shown:
            return ""
        self._shown = stable
        return ("" if shown == 0 else " ") + " ".join(stable[shown:])

    def rest(self, text: str) -> str:
        """Give what the final ``text`` has beyond what was shown; all of nothing where it contradicts that."""
        words = text.split()
        shown = len(self._shown)
        if words[:shown] != self._shown or len(words) == shown:
            return ""
        return ("" if shown == 0 else " ") + " ".join(words[shown:])
