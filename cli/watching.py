"""Who is told of a conversation: a script, the screen, or plain lines."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator

from realtime_chat.cli.follower import Follower
from realtime_chat.cli.hints import hints
from realtime_chat.cli.lines import JsonLines
from realtime_chat.cli.plain import PlainLines
from realtime_chat.cli.screen import Screen, terminal_size
from realtime_chat.cli.steering import Steering
from realtime_chat.cli.terminal import can_draw, is_terminal, say
from realtime_chat.cli.typed_line import TypedLine


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
    if not steering.controls.has_screen:
        with _typed_line(steering, quiet=quiet) as line:
            follower.watch(
                JsonLines(sys.stdout, aside=line.aside)
                if as_json
                else PlainLines(
                    quiet=quiet,
                    hints="" if bindings is None else hints(bindings, steering.controls.turns),
                    talk_key=steering.controls.bindings.talk_key,
                    can_type=bindings is not None and bindings.can_type,
                    aside=line.aside,
                )
            )
            yield
        return
    screen = Screen(sys.stdout, status=steering.status, bindings=bindings)
    steering.controls.help_pages = screen.help_pages
    follower.watch(screen)
    async with screen.shown():
        yield


@contextlib.contextmanager
def _typed_line(steering: Steering, *, quiet: bool) -> Iterator[TypedLine]:
    """Echo what is typed and answer keys in lines, where no screen shows either, for the length of a ``with``."""
    stream = sys.stderr if is_terminal(sys.stderr) else sys.stdout  # which is one where there are keys

    def echo(text: str) -> None:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()

    def reply(text: str) -> None:
        with line.aside():
            say(text)

    line = TypedLine(echo, columns=lambda: terminal_size(stream).columns)
    steering.controls.on_edit(line.show)
    if not quiet:
        steering.reply_to(reply)
    try:
        yield line
    finally:
        line.show(None)
