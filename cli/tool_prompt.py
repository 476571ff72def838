"""`ToolPrompt`: asks whether a tool may be called, in a typed conversation on a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from realtime_chat.cli.tool_text import question_text
from realtime_chat.session.notices import Notice, ToolQuestion, ToolResult

Ask = Callable[[str], Awaitable[bool]]


class ToolPrompt:
    """Puts each question and passes the answer on; made on the event loop."""

    def __init__(self, allow: Callable[[str, bool], None], *, ask: Ask) -> None:
        """Make one.

        Args:
            allow: Takes the call and the answer.
            ask: Puts a question, and gives the answer; cancelled where it does not matter any more.
        """
        self._allow = allow
        self._ask = ask
        self._open: tuple[str, asyncio.Task[None]] | None = None

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case ToolQuestion(call_id=call_id):
                task = asyncio.create_task(self._put(call_id, question_text(notice)))
                self._open = call_id, task
            case ToolResult(call_id=call_id) if self._open is not None and self._open[0] == call_id:
                self._open[1].cancel()
            case _:
                pass

    async def aclose(self) -> None:
        """Put no question any more; the terminal is as it was then."""
        if self._open is not None:
            self._open[1].cancel()
            await asyncio.wait([self._open[1]])

    async def _put(self, call_id: str, question: str) -> None:
        is_allowed = await self._ask(f"{question} [y/N] ")
        self._open = None  # the answer may bring the next question at once
        self._allow(call_id, is_allowed)


async def ask_on_terminal(question: str) -> bool:
    """Ask on standard error and read standard input; all but a yes is a no, Ctrl-C and Ctrl-D too."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import create_output

    bindings = KeyBindings()

    @bindings.add("c-c")
    @bindings.add("c-d")
    @bindings.add("escape", eager=True)
    def _no(event: KeyPressEvent) -> None:
        event.app.exit(result="")

    _forget_input()
    session: PromptSession[str] = PromptSession(
        key_bindings=bindings, output=create_output(stdout=sys.stderr, always_prefer_tty=True)
    )
    answer = await session.prompt_async(question, handle_sigint=False)
    return answer.strip().lower() in {"y", "yes"}


def _forget_input() -> None:
    """Drop what was typed before the question could be read: it is no answer."""
    if sys.platform != "win32":
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
