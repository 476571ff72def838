"""The terminal: what may be drawn on it, and what it can show."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.terminal import can_draw, is_terminal

TERMINAL = "terminal"
KEYS = "keys"
_NARROWEST, _LOWEST = 40, 10
_UTF_8 = "utf8"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of the terminal.

    Attributes:
        is_there: Standard output is one.
        is_drawn: A live screen is drawn there.
        columns: Its width.
        rows: Its height.
        encoding: How text is written to it.
        is_utf_8: That is UTF-8.
        kind: What TERM says.
        is_bare: NO_COLOR is set.
        is_remote: It is at the other end of an SSH session.
    """

    is_there: bool
    is_drawn: bool
    columns: int
    rows: int
    encoding: str
    is_utf_8: bool
    kind: str
    is_bare: bool
    is_remote: bool


def this_terminal(environment: Mapping[str, str] = os.environ) -> Terminal:
    """Look at the standard streams and ``environment``."""
    size = shutil.get_terminal_size()
    encoding = sys.stdout.encoding or "ascii"
    return Terminal(
        is_there=is_terminal(sys.stdout),
        is_drawn=can_draw(sys.stdout, environment),
        columns=size.columns,
        rows=size.lines,
        encoding=encoding,
        is_utf_8=encoding.lower().replace("-", "").replace("_", "") == _UTF_8,
        kind=environment.get("TERM", ""),
        is_bare=bool(environment.get("NO_COLOR")),
        is_remote=bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY")),
    )


def judge_terminal(terminal: Terminal, *, has_sound: bool) -> Iterator[Finding]:
    """Say what the terminal can do; ``has_sound`` is whether sound is looked at, too."""
    yield _drawing(terminal)
    if terminal.is_utf_8:
        yield Finding("encoding", Verdict.OK, terminal.encoding)
    else:
        todo = "set a UTF-8 locale, such as `export LANG=C.UTF-8`"
        what = f"{terminal.encoding} cannot show every letter: a question mark takes the place of those it lacks"
        yield Finding("encoding", Verdict.WARN, what, todo)
    if terminal.is_remote and has_sound:
        what = "this is an SSH session: microphone and speaker are those of the machine at its far end"
        todo = (
            "to talk where you sit, run it there; `ssh -L 8080:127.0.0.1:8080` brings this machine's "
            "`realtime-chat serve` to you, for `--server http://127.0.0.1:8080/v1`"
        )
        yield Finding("ssh", Verdict.WARN, what, todo)


async def look_at_keys() -> AsyncIterator[Finding]:
    """Ask the terminal what it says of its keys; it takes a quarter of a second at most."""
    from realtime_chat.cli.bindings import Bindings
    from realtime_chat.cli.controls import Controls
    from realtime_chat.cli.keys import keyboard

    if not is_terminal(sys.stdin):
        yield Finding(KEYS, Verdict.SKIP, "the input is no terminal: `talk` has no keys there")
        return
    async with keyboard(Controls(Bindings.from_config({}), acted=lambda *_: None, typed=lambda _: None)) as found:
        pass
    if not found.is_there:
        yield Finding(KEYS, Verdict.SKIP, "there is no terminal that this program may read keys from now")
    elif found.reports_releases:
        yield Finding(KEYS, Verdict.OK, "the terminal says when a key is let go: `talk --turns hold` works")
    else:
        what = "the terminal does not say when a key is let go: `talk --turns hold` becomes `tap` there"
        yield Finding(KEYS, Verdict.OK, what)


def _drawing(terminal: Terminal) -> Finding:
    if not terminal.is_there:
        return Finding(TERMINAL, Verdict.SKIP, "the output is no terminal: plain lines are written, without a screen")
    kind = terminal.kind or "unknown kind"
    size = f"{terminal.columns}x{terminal.rows}"
    if not terminal.is_drawn:
        why = "NO_COLOR is set" if terminal.is_bare else f"TERM is {terminal.kind}"
        return Finding(TERMINAL, Verdict.OK, f"{kind}, {size}: plain lines, since {why}")
    if terminal.columns < _NARROWEST or terminal.rows < _LOWEST:
        todo = f"make the window larger than {_NARROWEST}x{_LOWEST}"
        return Finding(TERMINAL, Verdict.WARN, f"{kind}, {size}: too small for the screen of `talk`", todo)
    return Finding(TERMINAL, Verdict.OK, f"{kind}, {size}: colours and a live screen")
