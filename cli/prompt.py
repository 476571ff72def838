"""The prompt of a typed conversation: line editing, and a history kept between conversations."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import create_output

from realtime_chat.cli.endings import Stopped

_PROMPT = "> "


def history_path() -> Path:
    """Give the file that keeps what was typed."""
    return platformdirs.user_state_path("realtime-chat", appauthor=False) / "typed-lines"


def open_history(path: Path) -> History:
    """Give the history in ``path``, which only its owner may read; one in memory where there can be no such file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


async def typed_messages(history: History) -> AsyncGenerator[str, None]:
    """Give each message that is typed; blank ones are passed over. Ctrl-D ends it.

    Raises:
        Stopped: Ctrl-C on an empty line; on another one it only clears the line.
    """
    # Asking the terminal where its cursor is serves menus only; an answer that comes late would be read as typed.
    os.environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
    # Standard output carries answers only, and may be a file.
    session: PromptSession[str] = PromptSession(
        history=history, key_bindings=_bindings(), output=create_output(stdout=sys.stderr, always_prefer_tty=True)
    )
    while True:
        try:
            # Ctrl-C is a key here; the signal belongs to the conversation.
            message = await session.prompt_async(_PROMPT, handle_sigint=False)
        except EOFError:
            return
        if message.strip():
            yield message.strip()


def _bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("c-c")
    def _interrupt(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=Stopped(), style="class:aborting")

    return bindings
