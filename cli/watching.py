"""Who is told of a conversation: a script, the screen, or plain lines."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator

from realtime_chat.cli.follower import Follower
from realtime_chat.cli.hints import hints
from realtime_chat.cli.lines import JsonLines
from realtime_chat.cli.plain import PlainLines
from realtime_chat.cli.steering import Steering
from realtime_chat.cli.terminal import can_draw, is_terminal


def has_screen(*, as_json: bool, quiet: bool, verbose: bool) -> bool:
    """Say whether a live screen is to be drawn: not where a log is written between its rows."""
    is_logged_there = verbose and is_terminal(sys.stderr)
    return not as_json and not quiet and not is_logged_there and can_draw(sys.stdout)


@contextlib.asynccontextmanager
async def watched(
    follower: Follower, steering: Steering, *, has_keys: bool, as_json: bool, quiet: bool
) -> AsyncIterator[None]:
    """Have somebody told what happens, for the length of an ``async with``."""
    follower.watch(steering)
    bindings = steering.controls.bindings if has_keys else None
    if as_json:
        follower.watch(JsonLines(sys.stdout))
        yield
        return
    if not steering.controls.has_screen:
        keys = "" if bindings is None else hints(bindings, steering.controls.turns, has_screen=False)
        follower.watch(PlainLines(quiet=quiet, hints=keys))
        yield
        return
    from realtime_chat.cli.screen import Screen

    screen = Screen(sys.stdout, status=steering.status, bindings=bindings)
    follower.watch(screen)
    async with screen.shown():
        yield
