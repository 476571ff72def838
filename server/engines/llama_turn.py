"""One answer of llama.cpp's: a request, or several of which each writes on where the one before stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.engines.worker import Cancel

_SAMPLING: dict[str, float | int] = {
    "temperature": 0.0,  # what is spoken should be what the model holds most likely: small ones have no other
    # Penalties for a repeated word spoil small models ("France" is in the question, so it may not be in the
    # answer); dry only weighs on a repeated run of words, which is how they ramble.
    "dry_multiplier": 0.8,
    "dry_allowed_length": 4,
}


class Turn:
    """Writes an answer, on the worker's thread.

    Args:
        server: The library's.
        prompt: Gives the messages, fitted into so many tokens.
        whole: The most tokens of the prompt.
        limit: The most tokens of the answer, all requests together; None for as many as the context has room for.
        cancel: Makes `write` return early.

    Attributes:
        reached_limit: The last request ended because there was no more room.
        is_open: It ended because it was to write no more at once; the answer is not over.
    """

    def __init__(
        self,
        server: Any,
        prompt: Callable[[int], list[dict[str, str]]],
        *,
        whole: int,
        limit: int | None,
        cancel: Cancel,
    ) -> None:
        self.reached_limit = self.is_open = False
        self._server = server
        self._prompt = prompt
        self._whole = whole
        self._limit = whole
        self._left = limit
        self._cancel = cancel
        self._counts: list[dict[str, Any]] = []

    @property
    def cancelled(self) -> bool:
        """Nobody waits for the answer any more; nothing written since is whole."""
        return bool(self._cancel)

    @property
    def written(self) -> int:
        """Tokens of the answer until now, all requests together."""
        return sum(int(counts["completion_tokens"]) for counts in self._counts)

    def write(
        self, give: Callable[[str], None], *, begun: str = "", at_once: int | None = None, **options: Any
    ) -> None:
        """Make a request; ``give`` gets each piece of text.

        Args:
            give: Takes the text.
            begun: The answer as far as it is written.
            at_once: The most tokens of this request.
            **options: More of the request, such as ``grammar``.

        Raises:
            EngineError: It was refused, or broke off.
        """
        if begun and self._left == 0:
            self.reached_limit = True
            return
        self.is_open = False
        refused = self._request(give, begun, options, at_once)
        for _ in range(2):  # the prompt's length is a guess; where it was too low, the engine says by how much
            if not refused:
                break
            self._limit = self._limit * self._whole // refused
            refused = self._request(give, begun, options, at_once)
        if refused and self._counts:  # the context is full of what it wrote
            self.reached_limit = True
        elif refused:
            raise EngineError(
                "thinking",
                f"the message is too long for the language model ({refused} tokens with what was said before and the "
                "tools); shorten it, offer fewer tools, or use a model with a longer context",
            )

    def usage(self) -> TokenUsage:
        """Say what all requests cost; what a later one reads of an earlier one is neither read nor written anew."""
        first = self._counts[0]
        return TokenUsage(
            input_tokens=first["prompt_tokens"],
            cached_tokens=first["prompt_tokens_details"]["cached_tokens"],
            output_tokens=self.written,
            reached_limit=self.reached_limit,
        )

    def _request(self, give: Callable[[str], None], begun: str, options: dict[str, Any], at_once: int | None) -> int:
        """Make the request once; give the tokens of the prompt where it was refused as too long."""
        reply = _Reply(self._cancel, give)
        messages = self._prompt(self._limit)
        if begun:
            messages.append({"role": "assistant", "content": begun})
            options = {"continue_final_message": True, "add_generation_prompt": False} | options
        allowed = [limit for limit in (self._left, at_once) if limit is not None]
        request = request_for(messages, min(allowed, default=None)) | options
        try:
            self._server.handle_chat_completions(request, reply.take)
        except (RuntimeError, ValueError) as refused:
            raise _refusal(str(refused)) from refused
        if self._cancel:
            return 0
        if reply.prompt_tokens:
            return reply.prompt_tokens
        if reply.error:
            raise _refusal(reply.error)
        if reply.usage is None:
            raise EngineError("thinking", "the language model stopped in the middle of its answer")
        self._counts.append(reply.usage)
        written = reply.usage["completion_tokens"]
        if self._left is not None:
            self._left = max(0, self._left - written)
        is_cut = reply.finish == "length"
        self.is_open = is_cut and at_once is not None and written >= at_once and self._left != 0
        self.reached_limit = is_cut and not self.is_open
        return 0


def request_for(messages: list[dict[str, str]], max_tokens: int | None) -> dict[str, Any]:
    """Give a request as the library takes it; without ``max_tokens``, for as many as there is room for."""
    return {
        "messages": messages,
        "max_tokens": -1 if max_tokens is None else max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,  # calls back during the prompt too, so that it can be cancelled there
        "chat_template_kwargs": {"enable_thinking": False},  # thoughts are neither spoken nor waited for
        **_SAMPLING,
    }


class _Reply:
    """What comes of one request, chunk by chunk.

    Attributes:
        prompt_tokens: Where the prompt was refused as too long: how long it is. Otherwise 0.
        error: Where the request was refused for another reason: the reason.
        finish: Why it ended.
        usage: What it cost.
    """

    def __init__(self, cancel: Cancel, give: Callable[[str], None]) -> None:
        self.prompt_tokens = 0
        self.error = ""
        self.finish = ""
        self.usage: dict[str, Any] | None = None
        self._cancel = cancel
        self._give = give

    def take(self, chunk: dict[str, Any]) -> bool:
        """Take what the library calls back with; True makes it stop."""
        if self._cancel:
            return True
        if (error := chunk.get("error")) is not None:
            self.error = str(error.get("message", "")) or "no reason given"
            if error.get("type") == "exceed_context_size_error":
                self.prompt_tokens = error["n_prompt_tokens"]
            return True
        for choice in chunk["choices"]:
            if text := choice["delta"].get("content"):
                self._give(text)
            self.finish = choice["finish_reason"] or self.finish
        self.usage = chunk.get("usage") or self.usage
        return False


def _refusal(reason: str) -> EngineError:
    return EngineError("thinking", f"the language model refused the conversation ({one_line(reason)[:200]})")
