"""The three seams over Ray Serve's handles: a session calls an engine, whichever replica that is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.cluster.caller import Caller
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.engines.seam import ChatMessage, Speech, TokenUsage, Toolbox, ToolCall
from realtime_chat.server.errors import ServerError

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle


class HandleHearing:
    """`Hearing` by one of several replicas.

    Args:
        handle: The deployment of `HearingReplica`.
    """

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give the words of ``speech``; see `Hearing`."""
        # All as urgent as can be: words that are wanted ahead may come to be waited for, which a replica is not told.
        return str(await _call("hearing", self._handle.transcribe, speech, Caller.current(Urgency.TURN)))


class HandleThinking:
    """`Thinking` by one of several replicas.

    Each call goes to the replica that has the least to do, so what one of them has read ahead is of use only while it
    answers the same conversation.

    Args:
        handle: The deployment of `ThinkingReplica`.
    """

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Read ahead; see `Thinking`."""
        await _call("thinking", self._handle.prepare, tuple(messages), tools, Caller.current())

    def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write the next message; see `Thinking`."""
        return _stream("thinking", self._handle.answer, tuple(messages), max_tokens, tools, Caller.current())


class BoundedHandleThinking(HandleThinking):
    """The same, where the model knows how much it can read.

    Args:
        handle: The deployment of `ThinkingReplica`.
        context: Tokens of prompt and answer together.
    """

    def __init__(self, handle: DeploymentHandle[Any], context: int) -> None:
        super().__init__(handle)
        self._context = context

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together; see `Bounded`."""
        return self._context


class HandleSpeaking:
    """`Speaking` by one of several replicas.

    Args:
        handle: The deployment of `SpeakingReplica`.
        voices: The names of its voices.
    """

    def __init__(self, handle: DeploymentHandle[Any], voices: tuple[str, ...]) -> None:
        self._handle = handle
        self._voices = voices

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of its voices; see `Speaking`."""
        return self._voices

    def speak(self, text: str, *, voice: str = "", speed: float = 1.0) -> AsyncGenerator[Speech, None]:
        """Say ``text``; see `Speaking`."""
        return _stream("speaking", self._handle.speak, text, voice, speed, Caller.current())


def thinking_of(handle: DeploymentHandle[Any]) -> HandleThinking:
    """Ask a deployment what its model can read, and give the seam over it. It blocks; not for the event loop.

    Raises:
        EngineError: No replica can be reached.
    """
    with _translated("thinking"):
        context = handle.context.remote().result()
    return HandleThinking(handle) if context is None else BoundedHandleThinking(handle, context)


def speaking_of(handle: DeploymentHandle[Any]) -> HandleSpeaking:
    """Ask a deployment for its voices, and give the seam over it. It blocks; not for the event loop.

    Raises:
        EngineError: No replica can be reached.
    """
    with _translated("speaking"):
        return HandleSpeaking(handle, handle.voices.remote().result())


async def _call(engine: str, method: Any, *given: Any) -> Any:
    with _translated(engine):
        response = method.remote(*given)
        try:
            return await response
        except asyncio.CancelledError:
            response.cancel()  # or the replica would go on for nobody
            raise


async def _stream(engine: str, method: Any, *given: Any) -> AsyncGenerator[Any, None]:
    with _translated(engine):
        response = method.options(stream=True).remote(*given)
        try:
            async for value in response:
                yield value
        finally:
            response.cancel()  # it may have ended; whoever closes the iterator early wants the replica to stop


@contextmanager
def _translated(engine: str) -> Iterator[None]:
    """Turn what Ray raises into what an engine may raise."""
    from ray.exceptions import RayError, RayTaskError
    from ray.serve.exceptions import RayServeException

    try:
        yield
    except RayTaskError as failed:
        if isinstance(failed.cause, ServerError):
            raise failed.cause from None
        raise EngineError(engine, "its replica broke; Ray's log of the replica says how") from failed
    except (RayError, RayServeException) as lost:
        raise EngineError(engine, f"its replica is gone or busy ({type(lost).__name__}); try again") from lost
