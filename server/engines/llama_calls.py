"""An answer of llama.cpp's that may call tools, written step by step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from realtime_chat.protocol.printable import one_line
from realtime_chat.server.engines import tool_grammar
from realtime_chat.server.engines.clean import AnswerText
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.json_schema import ArgumentsSchema, json_object
from realtime_chat.server.engines.llama_turn import Turn
from realtime_chat.server.engines.seam import Toolbox, ToolCall
from realtime_chat.server.engines.tool_text import CALL_BEGINS, CALL_ENDS, call_head, called_name

MAX_CALLS = 8
"""Calls of one answer: more is a small model that cannot stop."""

AT_ONCE = 64
"""Tokens after which others have their turn: some 15 s of speech, written in 2-3 s on one core. Going on costs nothing
where nobody else came; else the answer so far is read again."""

_RETRIES: tuple[dict[str, float | int], ...] = ({}, {"temperature": 0.7, "seed": 1}, {"temperature": 0.7, "seed": 2})
"""Where arguments do not fit (a grammar cannot say ``uniqueItems``, say), others are tried."""


def write_answer(turn: Turn, give: Callable[[str | ToolCall], None], toolbox: Toolbox | None) -> Iterator[None]:
    """Write text, calls, or text and then calls; see `Thinking.answer`.

    It is written as the iterator is driven. Wherever it yields, others may have their turn: after `AT_ONCE` tokens, but
    not within the arguments of a call, whose grammar cannot be taken up in the middle.

    Raises:
        EngineError: A tool's parameters are no JSON Schema, the model finds no arguments that fit, or the library
            failed.
    """
    if toolbox is None or not toolbox.tools:
        return _plain(turn, give)
    return _Calls(turn, give, toolbox).write()


def _plain(turn: Turn, give: Callable[[str], None]) -> Iterator[None]:
    text = _Text(give)
    yield from _in_pieces(turn, text, dict)
    if not turn.cancelled:
        text.end()


def _in_pieces(turn: Turn, text: _Text, options: Callable[[], dict[str, Any] | None]) -> Iterator[None]:
    """Write text to its end, `AT_ONCE` tokens at a time.

    Args:
        turn: Writes it.
        text: Takes it.
        options: Gives more of the next request, by what is written; None where that is all.
    """
    while (more := options()) is not None:
        before = len(text.written)
        turn.write(text.take, begun=text.written, at_once=AT_ONCE, **more)
        if turn.cancelled or not turn.is_open or len(text.written) == before:
            return
        yield


class _Text:
    """Gives the text of an answer on as it comes, and keeps what may be a call.

    Attributes:
        written: All that the model wrote.
        call: The end of it that may be a call, or the beginning of one.
    """

    def __init__(self, give: Callable[[str], None], *, may_call: bool = False) -> None:
        self.written = self.call = ""
        self._give = give
        self._clean = AnswerText()
        self._may_call = may_call

    def take(self, piece: str) -> None:
        """Take what the model wrote."""
        self.written += piece
        if not self._may_call:
            self._out(self._clean.feed(piece))
            return
        self.call += piece
        begin = self.call.find("<")
        while begin >= 0 and not _agree(self.call[begin:], CALL_BEGINS):
            begin = self.call.find("<", begin + 1)
        end = begin if begin >= 0 else len(self.call)
        self._out(self._clean.feed(self.call[:end]))
        self.call = self.call[end:]

    def end(self, *, cut: bool = False) -> None:
        """Give the rest, unless it begins a call, or may have begun one that was cut off."""
        if not (cut or self.call.startswith(CALL_BEGINS)):
            self._out(self._clean.feed(self.call))
            self.call = ""
        self._out(self._clean.end())

    def _out(self, text: str) -> None:
        if text:
            self._give(text)


class _Calls:
    """Writes an answer with tools at hand."""

    def __init__(self, turn: Turn, give: Callable[[str | ToolCall], None], toolbox: Toolbox) -> None:
        self._turn = turn
        self._give = give
        self._toolbox = toolbox
        self._schemas = {tool.name: ArgumentsSchema(tool) for tool in toolbox.tools}
        self._written = ""
        self._others_had = 0

    def write(self) -> Iterator[None]:
        if self._toolbox.only is not None:
            self._written = call_head(self._toolbox.only)
            if call := (yield from self._call(self._toolbox.only)):
                self._give(call)
            return
        made: set[ToolCall] = set()
        yield from self._begin()
        while (name := called_name(self._written)) is not None:
            call = yield from self._call(name)
            if call is None or call in made:
                return
            made.add(call)
            self._give(call)
            if not self._toolbox.parallel or len(made) == MAX_CALLS:
                return
            yield from self._step(tool_grammar.next_call(list(self._schemas)))

    def _begin(self) -> Iterator[None]:
        """Write up to the first call's arguments, or a whole answer without a call."""
        names = list(self._schemas)
        if self._toolbox.choice == "required":
            yield from self._step(tool_grammar.first_call(names))
            return
        calls = self._toolbox.choice == "auto"
        text = _Text(self._give, may_call=calls)

        def grammar() -> dict[str, Any] | None:
            begun = bool(text.written)
            if not calls:
                return {"grammar": tool_grammar.text_only(begun=begun)}
            if not text.call:
                return {"grammar": tool_grammar.text_or_call(names, begun=begun)}
            is_whole = called_name(text.written) is not None
            return None if is_whole else {"grammar": tool_grammar.rest_of_call(names, text.call)}

        for _ in _in_pieces(self._turn, text, grammar):
            self._others_had = self._turn.written
            yield
        self._written = text.written
        if not self._turn.cancelled:
            text.end(cut=self._turn.reached_limit)

    def _step(self, grammar: str) -> Iterator[None]:
        self._written += yield from self._write(grammar=grammar)

    def _call(self, name: str) -> Generator[None, None, ToolCall | None]:
        """Write the arguments of a call; None where there was no room, or nobody waits any more."""
        schema = self._schemas[name]
        loose = schema.looks_around
        for retry in _RETRIES:
            grammar = tool_grammar.arguments_of(schema.schema, loose=loose)
            written = yield from self._write(grammar=grammar, **retry)
            if self._turn.cancelled:
                return None
            arguments = written.removesuffix(CALL_ENDS).strip()
            if schema.fits(arguments):
                self._written += written
                return ToolCall(name, arguments)
            if self._turn.reached_limit:
                return None
            loose = loose or json_object(arguments) is None  # the grammar itself was refused
        raise EngineError(
            "thinking",
            f"the language model finds no arguments that fit the tool {one_line(name)}; a simpler JSON Schema, or a "
            "more capable model, helps",
        )

    def _write(self, **options: Any) -> Generator[None, None, str]:
        if self._turn.written - self._others_had >= AT_ONCE:
            self._others_had = self._turn.written
            yield
        pieces: list[str] = []
        self._turn.write(pieces.append, begun=self._written, **options)
        return "".join(pieces)


def _agree(one: str, other: str) -> bool:
    """Whether the shorter of two texts begins the longer."""
    return one.startswith(other) or other.startswith(one)
