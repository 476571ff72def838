"""Engines that follow a script, for tests and demonstrations.

They use no model: nothing is recognised, nothing is thought, and the voice is a row of tones. What they say
says so. They are deterministic, light, and keep the seams' promises (pace, word times, token counts, cancelling).
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.engines.sample_arguments import sample_arguments
from realtime_chat.server.engines.seam import (
    HEARING_RATE,
    SPEAKING_RATE,
    ChatMessage,
    Speech,
    TokenUsage,
    Toolbox,
    ToolCall,
    WordTime,
)

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

    It calls a tool that it must call, and one whose name is in the last message; the arguments are the least that
    its schema takes. The result of a call it repeats, too. A word counts as a token, of arguments as well.

    Args:
        delay: Seconds before each piece.
    """

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay
        self._read: list[str] = []

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Count ``messages`` as cached in the next answer."""
        self._read = _words(messages, tools)

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write ``You said: …``, ``The tool NAME said: …``, or calls."""
        pieces: list[str | ToolCall] = [*_calls(messages, tools)] or [*_PIECE.findall(_text(messages))]
        prompt = _words(messages, tools)
        cached = 0
        while cached < min(len(prompt), len(self._read)) and prompt[cached] == self._read[cached]:
            cached += 1
        self._read = prompt
        written = 0
        for piece in pieces:
            cost = 1 if isinstance(piece, str) else max(1, len(piece.arguments.split()))
            if max_tokens is not None and written + cost > max_tokens:
                yield TokenUsage(len(prompt), cached, max_tokens, reached_limit=True)
                return
            await asyncio.sleep(self._delay)
            written += cost
            yield piece
        yield TokenUsage(len(prompt), cached, written)


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


def _text(messages: Sequence[ChatMessage]) -> str:
    names = {call.call_id: call.name for message in messages for call in message.calls}
    results = list(takewhile(lambda message: message.role == "tool", reversed(messages)))
    if results:
        return " ".join(f"The tool {names.get(m.call_id, '?')} said: {_one_line(m.text)}" for m in reversed(results))
    said = next((m.text for m in reversed(messages) if m.role == "user"), "nothing")
    text = f"You said: {_one_line(said)}"
    if re.search(r"\blong\b", said, re.IGNORECASE):
        text += "".join(f" This is sentence number {number} of a long answer." for number in range(2, 7))
    return text


def _calls(messages: Sequence[ChatMessage], tools: Toolbox | None) -> list[ToolCall]:
    if tools is None or not tools.tools:
        return []
    last = messages[-1] if messages else ChatMessage("user")
    named = [tool for tool in tools.tools if last.role == "user" and tool.name.lower() in last.text.lower()]
    if tools.only is not None:
        called = [tool for tool in tools.tools if tool.name == tools.only]
    elif tools.choice == "required":
        called = named or [tools.tools[0]]
    else:
        called = named if tools.choice == "auto" else []
    return [ToolCall(tool.name, sample_arguments(tool)) for tool in called[: None if tools.parallel else 1]]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _words(messages: Sequence[ChatMessage], tools: Toolbox | None) -> list[str]:
    """The prompt; every message's words, and as many for each tool as its description has."""
    offered = [word for tool in (tools.tools if tools else ()) for word in (tool.name, *tool.description.split())]
    said = [
        word
        for message in messages
        for call in (None, *message.calls)
        for word in ((message.role, *message.text.split()) if call is None else (call.name, *call.arguments.split()))
    ]
    return [*offered, *said]


@lru_cache(maxsize=128)  # the same words again and again, from a hundred sessions: a few megabytes
def _tone(word: str, samples: int) -> bytes:
    """PCM16 of ``samples`` samples: a tone of 120..360 Hz by the word's letters, with three overtones."""
    pitch = 120 + zlib.crc32(word.lower().encode(errors="replace")) % 240
    time = np.arange(samples) / SPEAKING_RATE
    sound = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 5))
    fade = min(_FADE, samples // 2)
    edge = np.minimum(1.0, (np.minimum(np.arange(samples), np.arange(samples)[::-1]) + 1) / max(1, fade))
    return (sound * edge * 6000).astype("<i2").tobytes()
