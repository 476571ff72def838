"""Before a conversation: the key that quits works already, no other does, and who waits is told what for."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.key_names import Edge
from realtime_chat.cli.keys import keyboard
from realtime_chat.cli.terminal import can_draw, erase_waiting, is_terminal, say, show_waiting
from realtime_chat.cli.typing_echo import typing_echo
from realtime_chat.session.address import endpoint
from realtime_chat.session.settings import TurnMode

T = TypeVar("T")

PATIENCE_S = 1.0
"""Who waits longer than this is told what for, where what is said cannot be taken back."""


class Opening:
    """The keyboard from the beginning, until a conversation takes its `Controls` over with `Controls.lead`.

    Attributes:
        controls: What the keyboard gives its keys to.
        has_keys: There is a keyboard.
        keys: Has the keyboard, and puts the terminal back when it is closed.
    """

    def __init__(self, bindings: Bindings, turns: TurnMode, *, has_screen: bool) -> None:
        """Make one, without a keyboard yet.

        Args:
            bindings: Which key does what.
            turns: Who says that a turn is over.
            has_screen: A live screen will be drawn.
        """
        self.controls = Controls(bindings, acted=self._quit, only=Action.QUIT, turns=turns, has_screen=has_screen)
        self.has_keys = False
        self.keys = contextlib.AsyncExitStack()
        self._waiting: asyncio.Task[object] | None = None
        self._has_quit = False

    @contextlib.asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """Read keys for the length of an ``async with``, or until `keys` is closed.

        The key that quits cancels what goes on inside, quietly. There are keys where the words of the conversation are
        on the terminal too, and no pager reads them.
        """
        self._waiting = asyncio.current_task()
        try:
            async with self.keys:
                if is_terminal(sys.stdout):
                    typing_echo.on()  # or its end would undo what the keyboard changes
                    self.has_keys = (await self.keys.enter_async_context(keyboard(self.controls))).is_there
                yield
        except asyncio.CancelledError:
            if not self._has_quit or self._waiting is None or self._waiting.uncancel():
                raise

    @property
    def quits(self) -> str:
        """Which key quits, as a sentence; ``""`` where none does."""
        key = self.controls.bindings.label(Action.QUIT, self.controls.turns)
        return f"{key} quits." if key and self.has_keys else ""

    def _quit(self, _action: Action, _edge: Edge) -> None:
        if self._waiting is not None and not self._has_quit:
            self._has_quit = True
            self._waiting.cancel()


@contextlib.asynccontextmanager
async def told(
    connection: AbstractAsyncContextManager[T], address: str, *, is_quiet: bool, otherwise: str = ""
) -> AsyncIterator[T]:
    """Have a connection for the length of an ``async with``; a person at the terminal is told what is waited for.

    They are told at once where it can be taken back, and otherwise only of one that takes long.

    Args:
        connection: To be made.
        address: Where to.
        is_quiet: Tell nobody.
        otherwise: What can be done meanwhile.
    """
    sentence = f"Connecting to {endpoint(address).shown} … {otherwise}".rstrip()
    async with contextlib.AsyncExitStack() as stack:
        is_told = not is_quiet and is_terminal(sys.stderr)
        timer: asyncio.TimerHandle | None = None
        if is_told and can_draw(sys.stderr):
            show_waiting(sentence)
        elif is_told:
            timer = asyncio.get_running_loop().call_later(PATIENCE_S, lambda: say(sentence))
        try:
            made = await stack.enter_async_context(connection)
        finally:
            if timer is not None:
                timer.cancel()
            erase_waiting()
        yield made
