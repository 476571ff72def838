"""A language model in this process: llama.cpp by way of xllamacpp."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.clean import AnswerText
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage
from realtime_chat.server.engines.window import estimate, fit
from realtime_chat.server.engines.worker import Cancel, Worker
from realtime_chat.server.errors import EngineError, EngineMissing

SHORT_ANSWERS = (
    ChatMessage("user", "How many legs does a spider have?"),
    ChatMessage("assistant", "A spider has eight legs."),
    ChatMessage("user", "Who painted the Mona Lisa?"),
    ChatMessage("assistant", "Leonardo da Vinci painted the Mona Lisa."),
)
"""Shows a very small model what an answer is. Of 20 plain questions ("What do bees make?") SmolLM2-135M answers 16
right with them, in 10 tokens; without them 12, in 25. They are read once, then cached."""

_SMALL = 300_000_000
"""Bytes of a model file below which `SHORT_ANSWERS` is worth its tokens."""

_SAMPLING: dict[str, float | int] = {
    "temperature": 0.0,  # what is spoken should be what the model holds most likely: small ones have no other
    # Penalties for a repeated word spoil small models ("France" is in the question, so it may not be in the
    # answer); dry only weighs on a repeated run of words, which is how they ramble.
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
}


class LlamaThinking:
    """`Thinking` by any GGUF model that has a chat template.

    Sets ``OMP_WAIT_POLICY=PASSIVE`` in the environment, unless it is set: with threads that spin while they
    wait, 40 tokens a second become 5 on busy cores. It has to be there before the library is loaded, so
    nothing else may load it first.

    The library opens an HTTP port of its own. It is a Unix socket that is unlinked before the constructor
    returns, or (Windows) a random loopback port; either takes only a random key that nobody is told.

    Args:
        gguf: The model file. Loading takes about a second and blocks.
        threads: As many as there are cores to spare.
        context: Tokens of prompt and answer together; each costs memory (23 KB with SmolLM2-135M).
        examples: Turns that every conversation is to begin with; None for `SHORT_ANSWERS` with a very small
            model, and none with others.

    Raises:
        EngineMissing: xllamacpp is not installed.
        EngineError: The library or the model cannot be loaded.
    """

    def __init__(
        self,
        gguf: Path,
        *,
        threads: int = 2,
        context: int = 2048,
        examples: Sequence[ChatMessage] | None = None,
    ) -> None:
        self._context = context
        try:
            size = gguf.stat().st_size
        except OSError as missing:
            raise _unloadable(gguf) from missing
        self._examples = (SHORT_ANSWERS if size < _SMALL else ()) if examples is None else tuple(examples)
        self._server = _load(gguf, threads, context)
        self._worker = Worker("thinking")

    def close(self) -> None:
        """Cancel what is under way and take no more."""
        self._worker.close()

    async def prepare(self, messages: Sequence[ChatMessage]) -> None:
        """Read ``messages`` ahead; see `Thinking`. Cancelled, it keeps what it has read."""
        # No generation prompt: the next message takes its place.
        request = self._request(messages, 1, self._context - 1) | {"add_generation_prompt": False}

        def read(cancel: Cancel) -> None:
            # A refusal (a template that wants a user's message, say) is not passed on: `answer` meets it again.
            with suppress(RuntimeError, ValueError):
                self._server.handle_chat_completions(request, lambda _: bool(cancel))

        await self._worker.run(read)

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[str | TokenUsage, None]:
        """Write the next message; see `Thinking`.

        The oldest turns are left out where the context has no room for them. Without ``max_tokens`` an eighth
        of the context is the limit (256 tokens of 2048: over a minute of speech); half of it is in any case.
        """
        room = min(max_tokens or self._context // 8, self._context // 2)

        def write(cancel: Cancel, give: Callable[[str | TokenUsage], None]) -> None:
            limit = self._context - room

            def attempt() -> _Answer:
                answer = _Answer(cancel, give)
                try:
                    self._server.handle_chat_completions(self._request(messages, room, limit), answer.take)
                except (RuntimeError, ValueError) as refused:
                    raise _refusal(str(refused)) from refused
                return answer

            answer = attempt()
            for _ in range(2):  # `fit` guesses; where it guessed too low, the engine says by how much
                if not answer.prompt_tokens:
                    break
                limit = limit * (self._context - room) // answer.prompt_tokens
                answer = attempt()
            answer.end()

        async with aclosing(self._worker.push(write)) as pieces:
            async for piece in pieces:
                yield piece

    def _request(self, messages: Sequence[ChatMessage], max_tokens: int, limit: int) -> dict[str, Any]:
        fitting = fit(messages, limit - sum(map(estimate, self._examples)))
        lead = next((i for i, message in enumerate(fitting) if message.role != "system"), len(fitting))
        fitting[lead:lead] = self._examples
        return {
            # A lone surrogate would be refused by the library's JSON reader.
            "messages": [{"role": m.role, "content": m.text.encode(errors="replace").decode()} for m in fitting],
            "max_tokens": max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,  # calls back during the prompt too, so that it can be cancelled there
            "chat_template_kwargs": {"enable_thinking": False},  # thoughts are neither spoken nor waited for
            **_SAMPLING,
        }


class _Answer:
    """What comes of one request, chunk by chunk, on the worker's thread.

    Attributes:
        prompt_tokens: Where the prompt was refused as too long: how long it is. Otherwise 0.
    """

    def __init__(self, cancel: Cancel, give: Callable[[str | TokenUsage], None]) -> None:
        self.prompt_tokens = 0
        self._cancel = cancel
        self._give = give
        self._text = AnswerText()
        self._error: dict[str, Any] = {}
        self._finish = ""
        self._usage: dict[str, Any] | None = None

    def take(self, chunk: dict[str, Any]) -> bool:
        """Take what the library calls back with; True makes it stop."""
        if self._cancel:
            return True
        if error := chunk.get("error"):
            self._error = error
            if error.get("type") == "exceed_context_size_error":
                self.prompt_tokens = error["n_prompt_tokens"]
            return True
        for choice in chunk["choices"]:
            if piece := self._text.feed(choice["delta"].get("content") or ""):
                self._give(piece)
            self._finish = choice["finish_reason"] or self._finish
        self._usage = chunk.get("usage") or self._usage
        return False

    def end(self) -> None:
        """Give what is left: the end of the text, and the usage."""
        if self._cancel:
            return
        if self.prompt_tokens:
            raise EngineError(
                "thinking",
                f"the message is too long for the language model ({self.prompt_tokens} tokens with what was said "
                "before); shorten it, or use a model with a longer context",
            )
        if self._error:
            raise _refusal(str(self._error.get("message", "")))
        if self._usage is None:
            raise EngineError("thinking", "the language model stopped in the middle of its answer")
        if rest := self._text.end():
            self._give(rest)
        self._give(
            TokenUsage(
                input_tokens=self._usage["prompt_tokens"],
                cached_tokens=self._usage["prompt_tokens_details"]["cached_tokens"],
                output_tokens=self._usage["completion_tokens"],
                reached_limit=self._finish == "length",
            )
        )


def _load(gguf: Path, threads: int, context: int) -> Any:
    """Start the library's server.

    Raises:
        EngineMissing: xllamacpp is not installed.
        EngineError: The library or the model cannot be loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import xllamacpp
    except ModuleNotFoundError as missing:
        raise EngineMissing("thinking", "xllamacpp") from missing
    except ImportError as broken:
        raise EngineError(
            "thinking",
            "the llama.cpp library cannot be loaded; on Debian and Ubuntu `apt-get install libgomp1` gives it what "
            "it needs",
        ) from broken
    params = xllamacpp.CommonParams()  # pyright: ignore[reportAttributeAccessIssue]  # not in its stub
    params.model.path = str(gguf)
    params.model_alias = {"local"}  # not the file's path, which answers would carry
    params.n_ctx = context
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = 64  # a prompt can be cancelled after each batch
    params.n_cache_reuse = 32  # after old turns were left out, the kept ones are not read again (2.3 s -> 60 ms)
    params.cache_ram_mib = 0  # the one slot's cache is the conversation's; 8 GB more is the default
    params.n_gpu_layers = 0 if sys.platform.startswith("linux") else -1
    for pool in (params.cpuparams, params.cpuparams_batch):
        pool.n_threads = threads
        pool.poll = 0
    params.verbosity = -1  # nothing, errors included, to stdout or stderr
    params.prefill_assistant = False  # a last message by the assistant is not one to go on writing
    params.n_threads_http = 1
    params.ui = False
    params.endpoint_slots = False
    params.api_keys = [secrets.token_urlsafe(32)]
    with tempfile.TemporaryDirectory(prefix="llm-") as private:
        if sys.platform != "win32":
            params.hostnames = [str(Path(private) / "s.sock")]
        try:
            server = xllamacpp.Server(params)  # pyright: ignore[reportAttributeAccessIssue]  # not in its stub
        except RuntimeError as broken:
            raise _unloadable(gguf) from broken
    # Its destructor waits for ever for a main loop that has not begun; after one answer, it has.
    server.handle_chat_completions({"messages": [{"role": "user", "content": "."}], "max_tokens": 1})
    return server


def _unloadable(gguf: Path) -> EngineError:
    return EngineError(
        "thinking",
        f"{one_line(gguf.name)} cannot be loaded; `realtime-chat models verify` says whether it is complete",
    )


def _refusal(reason: str) -> EngineError:
    return EngineError("thinking", f"the language model refused the conversation ({one_line(reason)[:200]})")
