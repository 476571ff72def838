"""The commands, and which of them is meant where none is named."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from realtime_chat.cli import models
from realtime_chat.cli.config import commands as config
from realtime_chat.cli.devices import devices
from realtime_chat.cli.doctor.command import doctor
from realtime_chat.cli.endings import Exit, drop_stdout, raise_on_end_signals, report
from realtime_chat.cli.option_wording import WordedGroup
from realtime_chat.cli.serve import serve
from realtime_chat.cli.talk import talk
from realtime_chat.cli.terminal import fill_missing_streams, is_terminal, write
from realtime_chat.cli.text import text

PROGRAM = "realtime-chat"

_ROOT_OPTIONS = ("--help", "-h", "--version", "--install-completion", "--show-completion")
_PROFILE = "--profile"

app = typer.Typer(
    cls=WordedGroup,
    name=PROGRAM,
    help="Talk with a model in the terminal: with OpenAI's Realtime API, or offline with the embedded server.\n\n"
    "Without a command it is `talk`, or `text` where something is piped into it. Every option can be set once and for "
    "all, in a file or in the environment: see `config --help`.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no server, 4 no sound, 130 interrupted.",
    # Rich help takes longer to load than all the rest.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(talk)
app.command()(text)
app.command()(serve)
app.add_typer(models.app, name="models")
app.command()(devices)
app.add_typer(config.app, name="config")
app.command()(doctor)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        import importlib.metadata  # it loads much, and only this needs it

        write(f"{PROGRAM} {importlib.metadata.version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="A profile of the config file, for any command.")
    ] = None,
) -> None:
    """Hold what all commands share; each command says what it does."""


def with_command(arguments: Sequence[str], *, stdin_is_terminal: bool) -> list[str]:
    """Put the command that is meant in front of ``arguments`` that name none; ``--profile`` may stand before it."""
    shared = _count_shared(arguments)
    rest = arguments[shared:]
    is_complete = shared <= len(arguments)  # else the profile's name is missing, and whoever reads it will say so
    if not is_complete or (rest and (not rest[0].startswith("-") or rest[0].partition("=")[0] in _ROOT_OPTIONS)):
        return list(arguments)
    return [*arguments[:shared], "talk" if stdin_is_terminal else "text", *rest]


def _count_shared(arguments: Sequence[str]) -> int:
    """Give how many arguments at the beginning choose a profile, more than there are where its name is missing."""
    count = 0
    while count < len(arguments):
        name, sign, _ = arguments[count].partition("=")
        if name != _PROFILE:
            break
        count += 1 if sign else 2
    return count


def run_app(arguments: Sequence[str]) -> int:
    """Run the program and give its exit code."""
    fill_missing_streams()
    raise_on_end_signals()
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding cannot say becomes a question mark, not an error.
        with contextlib.suppress(AttributeError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper, unless replaced
    try:
        app(with_command(arguments, stdin_is_terminal=is_terminal(sys.stdin)), prog_name=PROGRAM)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else Exit.FAILED
    except BaseException as error:  # noqa: BLE001 - outside of a command: while the options are read
        code = report(error)
    else:
        code = Exit.DONE
    # What is left only tidies up; a Ctrl-C there would end in a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        code = code or report(error)
    return code
