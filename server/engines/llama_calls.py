"""An answer of llama.cpp's that may call tools, written step by step."""

from __future__ import annotations

from collections.abc import Callable
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


def write_answer(turn: Turn, give: Callable[[str | ToolCall], None], toolbox: Toolbox | None) -> None:
    """Write text, calls, or text and then calls; see `Thinking.answer`.

    Raises:
        EngineError: A tool's parameters are no JSON Schema, the model finds no arguments that fit, or the library
            failed.
    """
    if toolbox is None or not toolbox.tools:
        plain = PlainAnswer(turn, give)
        while plain.write_more():
            pass
    else:
        _Calls(turn, give, toolbox).write()


class PlainAnswer:
    """An answer without calls, written some tokens at a time."""

    def __init__(self, turn: Turn, give: Callable[[str], None]) -> None:
        self._turn = turn
        self._text = _Text(give)
        self._written = ""

    def write_more(self) -> bool:
        """Write on; give whether there is more to write."""
        before = len(self._written)
        self._turn.write(self._take, begun=self._written, at_once=AT_ONCE)
        if self._turn.cancelled:
            return False
        if self._turn.is_open and len(self._written) > before:
            return True
        self._text.end()
        return False

    def _take(self, piece: str) -> None:
        self._written += piece
        self._text.take(piece)


class _Text:
    """Gives the text of an answer on as it comes, and keeps what may be a call."""

    def __init__(self, give: Callable[[str], None], *, may_call: bool = False) -> None:
        self.call = ""
        self._give = give
        self._clean = AnswerText()
        self._may_call = may_call

    def take(self, piece: str) -> None:
        """Take what the model wrote."""
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

    def write(self) -> None:
        if self._toolbox.only is not None:
            self._written = call_head(self._toolbox.only)
            if call := self._call(self._toolbox.only):
                self._give(call)
            return
        made: set[ToolCall] = set()
        self._begin()
        while (name := called_name(self._written)) is not None:
            call = self._call(name)
            if call is None or call in made:
                return
            made.add(call)
            self._give(call)
            if not self._toolbox.parallel or len(made) == MAX_CALLS:
                return
            self._step(tool_grammar.next_call(list(self._schemas)))

    def _begin(self) -> None:
        """Write up to the first call's arguments, or a whole answer without a call."""
        names = list(self._schemas)
        if self._toolbox.choice == "required":
            self._step(tool_grammar.first_call(names))
            return
        calls = self._toolbox.choice == "auto"
        text = _Text(self._give, may_call=calls)

        def take(piece: str) -> None:
            self._written += piece
            text.take(piece)

        self._turn.write(take, grammar=tool_grammar.text_or_call(names) if calls else tool_grammar.text_only())
        if not self._turn.cancelled:
            text.end(cut=self._turn.reached_limit)

    def _step(self, grammar: str) -> None:
        self._written += self._write(grammar=grammar)

    def _call(self, name: str) -> ToolCall | None:
        """Write the arguments of a call; None where there was no room, or nobody waits any more."""
        schema = self._schemas[name]
        loose = schema.looks_around
        for retry in _RETRIES:
            grammar = tool_grammar.arguments_of(schema.schema, loose=loose)
            written = self._write(grammar=grammar, **retry)
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

    def _write(self, **options: Any) -> str:
        pieces: list[str] = []
        self._turn.write(pieces.append, begun=self._written, **options)
        return "".join(pieces)


def _agree(one: str, other: str) -> bool:
    """Whether the shorter of two texts begins the longer."""
    return one.startswith(other) or other.startswith(one)
