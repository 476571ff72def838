"""What runs in the replicas of the three engines: one engine each, with its model.

What waits for an engine waits in its replica, where the engine's own `FairQueue` says what comes next.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.cluster.caller import Caller, Callers
from realtime_chat.server.cluster.settings import Settings
from realtime_chat.server.engines.seam import Bounded, ChatMessage, Speech, TokenUsage, Toolbox, ToolCall


class HearingReplica:
    """Recognises speech.

    Args:
        settings: The application's.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = settings.engine_set().hearing
        self._callers = Callers()

    async def check_health(self) -> None:
        """Load the engine. Ray asks before a replica gets its first call: no caller waits for a model."""
        await self._engine()

    async def transcribe(self, speech: NDArray[np.float32], caller: Caller) -> str:
        """Give the words of ``speech``; see `Hearing`."""
        self._callers.take_place(caller)
        return await (await self._engine()).transcribe(speech)


class ThinkingReplica:
    """Holds a language model.

    Args:
        settings: The application's.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = settings.engine_set().thinking
        self._callers = Callers()

    async def check_health(self) -> None:
        """Load the engine; see `HearingReplica.check_health`."""
        await self._engine()

    async def context(self) -> int | None:
        """Give the tokens that the model can read, None where nobody knows; see `Bounded`."""
        engine = await self._engine()
        return engine.context if isinstance(engine, Bounded) else None

    async def prepare(self, messages: Sequence[ChatMessage], tools: Toolbox | None, caller: Caller) -> None:
        """Read ahead; see `Thinking`."""
        self._callers.take_place(caller)
        await (await self._engine()).prepare(messages, tools=tools)

    async def answer(
        self, messages: Sequence[ChatMessage], max_tokens: int | None, tools: Toolbox | None, caller: Caller
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write the next message; see `Thinking`."""
        self._callers.take_place(caller)
        answer = (await self._engine()).answer(messages, max_tokens=max_tokens, tools=tools)
        async with aclosing(answer) as pieces:
            async for piece in pieces:
                yield piece


class SpeakingReplica:
    """Holds a voice.

    Args:
        settings: The application's.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = settings.engine_set().speaking
        self._callers = Callers()

    async def check_health(self) -> None:
        """Load the engine; see `HearingReplica.check_health`."""
        await self._engine()

    async def voices(self) -> tuple[str, ...]:
        """Give the names of its voices; see `Speaking`."""
        return (await self._engine()).voices

    async def speak(self, text: str, voice: str, speed: float, caller: Caller) -> AsyncGenerator[Speech, None]:
        """Say ``text``; see `Speaking`."""
        self._callers.take_place(caller)
        async with aclosing((await self._engine()).speak(text, voice=voice, speed=speed)) as speech:
            async for stretch in speech:
                yield stretch
