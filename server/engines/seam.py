"""What the server asks of an engine. Each seam is one or two methods; the scripted set is its fake.

Every method is called on the event loop and must not block it: an engine that computes does so on a
thread of its own (see ``worker``). A caller that loses interest cancels the task that awaits, or closes the
iterator; the engine then stops within about 50 ms and takes the next call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

HEARING_RATE = 16_000
"""Samples a second of what `Hearing.transcribe` takes."""

SPEAKING_RATE = 24_000
"""Samples a second of what `Speaking.speak` gives."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the language model may call.

    Attributes:
        name: What it is called by.
        description: What it does and when to call it, for the model to read.
        parameters: The JSON Schema of its arguments, which are an object. ``{}`` for a tool that takes none.
    """

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A language model's wish to call a tool.

    Attributes:
        name: The tool's name.
        arguments: The JSON text of an object, valid against the tool's schema where the engine runs here; one that
            runs elsewhere may see that differently, so whoever makes the call checks.
        call_id: What the result will refer to. An engine leaves it empty; whoever takes the call sets it.
    """

    name: str
    arguments: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one answer.

    Attributes:
        tools: The tools.
        choice: ``none``: the model is told of them but calls none; ``auto``: it calls what it likes;
            ``required``: it calls at least one.
        only: The name of the one tool that must be called; it overrules ``choice``.
        parallel: Several calls may be made in one answer.
    """

    tools: tuple[Tool, ...]
    choice: Literal["none", "auto", "required"] = "auto"
    only: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the conversation as the language model sees it.

    Attributes:
        role: Who says it. ``tool`` is the result of a call.
        text: What is said; of a tool, its result.
        calls: What an assistant called, after it said ``text``.
        call_id: Of a tool's result: the call it answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What one answer cost, counted by the engine; it ends the stream of an answer.

    Attributes:
        input_tokens: Tokens of the whole prompt.
        cached_tokens: How many of them were taken from an earlier prompt.
        output_tokens: Tokens written.
        reached_limit: The answer ended because ``max_tokens`` was reached, or there was no more room.
        was_filtered: It ended because somebody's filter stopped it.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reached_limit: bool = False
    was_filtered: bool = False


@dataclass(frozen=True, slots=True)
class WordTime:
    """A word of a spoken text, and when it is over.

    Attributes:
        end_char: Offset in the text given to `Speaking.speak` just after the word.
        end_sample: Sample of the whole utterance (at `SPEAKING_RATE`) at which the word's sound ends.
    """

    end_char: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of a spoken text.

    Attributes:
        pcm: PCM16 little-endian mono at `SPEAKING_RATE`.
        words: The words whose times are known by now and were not given before.
    """

    pcm: bytes
    words: tuple[WordTime, ...] = ()


class Hearing(Protocol):
    """Speech recognition."""

    async def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give the words of ``speech``.

        Args:
            speech: Shape [samples], -1..1, at `HEARING_RATE`. The caller passes only what a voice
                detector let through, with little silence around it.

        Returns:
            The words, punctuated, or ``""`` where there are none.

        Raises:
            EngineError: The engine failed.
        """
        ...


class Thinking(Protocol):
    """A language model."""

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Read ``messages`` ahead, so that an answer that starts with them begins sooner. May do nothing."""
        ...

    def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write the next assistant message, piece by piece; the last thing yielded is a `TokenUsage`.

        An answer is text, calls, or text and then calls. A call is yielded once, whole and valid; one that was cut
        off by ``max_tokens`` is not yielded.

        Raises:
            EngineError: The engine failed.
        """
        ...


@runtime_checkable
class Bounded(Protocol):
    """A language model that knows how much it can read."""

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together."""
        ...


class Speaking(Protocol):
    """A voice."""

    @property
    def voices(self) -> tuple[str, ...]:
        """Names that `speak` knows; the first is the default and what an unknown name becomes."""
        ...

    def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> AsyncGenerator[Speech, None]:
        """Say ``text`` (a clause or a sentence, as a person would write it), in stretches as they are made.

        Args:
            text: Any text: figures, dates, units and markdown are read as a person would read them.
            voice: One of `voices`.
            speed: 0.25..4, times the normal pace.

        Raises:
            EngineError: The engine failed.
        """
        ...
