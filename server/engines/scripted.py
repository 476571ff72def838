"""Engines that follow a script, for tests and demonstrations.

They use no model: nothing is recognised, nothing is thought, and the voice is a row of tones. What they say
says so. They are deterministic, light, and keep the seams' promises (pace, word times, token counts, cancelling).
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.engines.seam import HEARING_RATE, SPEAKING_RATE, ChatMessage, Speech, TokenUsage, WordTime

_CHARACTER_S = 0.06
"""How long a character is spoken, by people too: about 150 words a minute."""

_FADE = SPEAKING_RATE // 200
"""5 ms at both ends of a tone, against clicks."""

_PIECE = re.compile(r"\s*\S+")


class ScriptedHearing:
    """Says how long it was spoken to, which is all it can tell."""

    async def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give ``I heard 1.2 seconds of speech.``, or "" for less than a tenth of a second."""
        seconds = len(speech) / HEARING_RATE
        return f"I heard {seconds:.1f} seconds of speech." if seconds >= 0.1 else ""


class ScriptedThinking:
    """Repeats what it was told, word by word; several sentences where the message has the word "long" in it.

    A word counts as a token.

    Args:
        delay: Seconds before each piece.
    """

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay
        self._read: list[str] = []

    async def prepare(self, messages: Sequence[ChatMessage]) -> None:
        """Count ``messages`` as cached in the next answer."""
        self._read = _words(messages)

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[str | TokenUsage, None]:
        """Write ``You said: …``."""
        said = next((m.text for m in reversed(messages) if m.role == "user"), "nothing")
        text = f"You said: {' '.join(said.split())}"
        if re.search(r"\blong\b", said, re.IGNORECASE):
            text += "".join(f" This is sentence number {number} of a long answer." for number in range(2, 7))
        pieces = _PIECE.findall(text)
        limit = len(pieces) if max_tokens is None else max_tokens
        prompt = _words(messages)
        cached = 0
        while cached < min(len(prompt), len(self._read)) and prompt[cached] == self._read[cached]:
            cached += 1
        self._read = prompt
        for piece in pieces[:limit]:
            await asyncio.sleep(self._delay)
            yield piece
        yield TokenUsage(len(prompt), cached, min(limit, len(pieces)), reached_limit=limit < len(pieces))


class ScriptedSpeaking:
    """Sounds a tone for each word: the same word, the same pitch; a long word, a long tone.

    Args:
        delay: Seconds before each word's sound.
    """

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay

    @property
    def voices(self) -> tuple[str, ...]:
        """One voice."""
        return ("tone",)

    async def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> AsyncGenerator[Speech, None]:
        """Sound ``text``, a word at a time."""
        at = 0
        for word in _PIECE.finditer(text):
            await asyncio.sleep(self._delay)
            pcm = _tone(word.group().strip(), round(len(word.group()) * _CHARACTER_S * SPEAKING_RATE / speed))
            at += len(pcm) // 2
            yield Speech(pcm, (WordTime(word.end(), at),))


def _words(messages: Sequence[ChatMessage]) -> list[str]:
    return [word for message in messages for word in (message.role, *message.text.split())]


def _tone(word: str, samples: int) -> bytes:
    """PCM16 of ``samples`` samples: a tone of 120..360 Hz by the word's letters, with three overtones."""
    pitch = 120 + zlib.crc32(word.lower().encode(errors="replace")) % 240
    time = np.arange(samples) / SPEAKING_RATE
    sound = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 5))
    fade = min(_FADE, samples // 2)
    edge = np.minimum(1.0, (np.minimum(np.arange(samples), np.arange(samples)[::-1]) + 1) / max(1, fade))
    return (sound * edge * 6000).astype("<i2").tobytes()
