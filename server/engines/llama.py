"""A language model in this process: llama.cpp by way of xllamacpp."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.llama_calls import write_answer
from realtime_chat.server.engines.llama_turn import Turn, request_for
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Toolbox, ToolCall
from realtime_chat.server.engines.tool_grammar import arguments_of
from realtime_chat.server.engines.tool_text import TOOL_EXAMPLES, plain, tools_text
from realtime_chat.server.engines.window import estimate, estimate_text, fit
from realtime_chat.server.engines.worker import Cancel, Worker

SHORT_ANSWERS = (
    ChatMessage("user", "How many legs does a spider have?"),
    ChatMessage("assistant", "A spider has eight legs."),
    ChatMessage("user", "Who painted the Mona Lisa?"),
    ChatMessage("assistant", "Leonardo da Vinci painted the Mona Lisa."),
)
"""Shows a very small model what an answer is. Of 20 plain questions ("What do bees make?") SmolLM2-135M answers 16
right with them, in 10 tokens; without them 12, in 25. They are read once, then cached."""

ANSWERS_AND_CALLS = (*SHORT_ANSWERS[:2], *TOOL_EXAMPLES[0], *SHORT_ANSWERS[2:], *TOOL_EXAMPLES[1])
"""Shows it when to call a tool, too."""

_SMALL = 300_000_000
"""Bytes of a model file below which `SHORT_ANSWERS` is worth its tokens, and JSON Schemas in the prompt are not."""


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
            model (`ANSWERS_AND_CALLS` where there are tools), and none with others.

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
        self._is_small = size < _SMALL
        shown = (SHORT_ANSWERS, ANSWERS_AND_CALLS) if self._is_small else ((), ())
        self._examples, self._examples_with_tools = shown if examples is None else (tuple(examples),) * 2
        self._server = _load(gguf, threads, context)
        self._worker = Worker("thinking")

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together."""
        return self._context

    def close(self) -> None:
        """Cancel what is under way and take no more."""
        self._worker.close()

    async def prepare(self, messages: Sequence[ChatMessage], *, tools: Toolbox | None = None) -> None:
        """Read ``messages`` ahead; see `Thinking`. Cancelled, it keeps what it has read."""
        # No generation prompt: the next message takes its place.
        prompt = self._prompt(messages, tools, self._context - 1)
        request = request_for(prompt, 1) | {"add_generation_prompt": False}

        def read(cancel: Cancel) -> None:
            # A refusal (a template that wants a user's message, say) is not passed on: `answer` meets it again.
            with suppress(RuntimeError, ValueError):
                self._server.handle_chat_completions(request, lambda _: bool(cancel))

        await self._worker.run(read)

    async def answer(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, tools: Toolbox | None = None
    ) -> AsyncGenerator[str | ToolCall | TokenUsage, None]:
        """Write the next message; see `Thinking`.

        The oldest turns are left out where the context has no room for them and the answer: half of it is kept free
        for ``max_tokens``, and an eighth (256 of 2048) where there is no such limit. What the prompt leaves is the
        answer's to the last token, and ends it.
        """
        kept_free = min(max_tokens or self._context // 8, self._context // 2)

        begun: tuple[Turn, Iterator[None]] | None = None

        def write(cancel: Cancel, give: Callable[[str | ToolCall | TokenUsage], None]) -> bool:
            nonlocal begun
            if begun is None:
                prompt = partial(self._prompt, messages, tools)
                turn = Turn(self._server, prompt, whole=self._context - kept_free, limit=max_tokens, cancel=cancel)
                begun = turn, write_answer(turn, give, tools)
            turn, answer = begun
            for _ in answer:
                return True  # others have their turn
            if not cancel:
                give(turn.usage())
            return False

        async with aclosing(self._worker.push(write)) as pieces:
            async for piece in pieces:
                yield piece

    def _prompt(self, messages: Sequence[ChatMessage], tools: Toolbox | None, limit: int) -> list[dict[str, str]]:
        """Give the messages that fit into ``limit`` tokens, as the library takes them."""
        offered = tools.tools if tools else ()
        instructions = tools_text(offered, brief=self._is_small) if offered else ""
        has_tools = bool(offered) or any(message.role == "tool" for message in messages)
        examples = self._examples_with_tools if has_tools else self._examples
        limit -= estimate_text(instructions) + sum(map(estimate, examples))
        told = plain(fit(messages, limit), instructions)
        lead = next((i for i, message in enumerate(told) if message.role != "system"), len(told))
        told[lead:lead] = plain(examples)
        # A lone surrogate would be refused by the library's JSON reader.
        return [{"role": m.role, "content": m.text.encode(errors="replace").decode()} for m in told]


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
    params.ctx_shift = False  # an answer ends where the context does, and forgets nothing of what it is about
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
    # And with its first grammar it reads the whole vocabulary, which takes half a second and cannot be cancelled.
    begin = {"messages": [{"role": "user", "content": "."}], "max_tokens": 1, "grammar": arguments_of({})}
    server.handle_chat_completions(begin)
    return server


def _unloadable(gguf: Path) -> EngineError:
    return EngineError(
        "thinking",
        f"{one_line(gguf.name)} cannot be loaded; `realtime-chat models verify` says whether it is complete",
    )
