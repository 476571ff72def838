"""How a command ends: the one place that turns every error into an exit code and one sentence."""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from types import FrameType
from typing import ParamSpec

import typer

from realtime_chat.cli.errors import CliError, NoSound, SpeechRefused, WrongUsage
from realtime_chat.cli.redaction import redact
from realtime_chat.cli.terminal import erase_waiting, say
from realtime_chat.cli.typing_echo import typing_echo
from realtime_chat.protocol.printable import clean, one_line

P = ParamSpec("P")


class Exit(IntEnum):
    """The exit codes; scripts rely on them."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    NO_SERVER = 3
    NO_SOUND = 4
    INTERRUPTED = 130


class Stopped(Exception):
    """SIGTERM or SIGHUP came, or Ctrl-C where it is only a key: everything was closed in order."""


def end_signals() -> list[signal.Signals]:
    """Give the signals that ask the program to end: SIGTERM, and SIGHUP when its terminal goes away.

    One that is ignored from the start, as `nohup` does, stays so.
    """
    numbers = [signal.SIGTERM] if sys.platform == "win32" else [signal.SIGTERM, signal.SIGHUP]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def raise_on_end_signals() -> None:
    """Have the signals that end the program raise `Stopped`, so that whatever was changed is put back."""
    for number in end_signals():
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ends.

    Attributes:
        code: The exit code.
        sentence: What to say on stderr, ``""`` for nothing.
    """

    code: Exit
    sentence: str = ""


def ending_of(error: BaseException) -> Ending:
    """Give the exit code and the sentence of ``error``; of a group, those of its first error.

    The sentence is on one line, holds no key and nothing that a terminal would obey.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    code = _code(error)
    if code in {Exit.DONE, Exit.INTERRUPTED}:
        return Ending(code)
    return Ending(code, redact(one_line(_sentence(error))))


def ends_well(command: Callable[P, None]) -> Callable[P, None]:
    """Make ``command`` end with an exit code and at most one sentence, whatever it raises.

    The traceback is shown with ``-v`` (the command's ``verbose`` argument) or REALTIME_CHAT_DEBUG=1.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except (typer.Exit, typer.Abort):
            raise
        except BaseException as error:  # noqa: BLE001 - this is where every error ends
            raise typer.Exit(report(error, verbose=bool(kwargs.get("verbose")))) from None
        finally:
            erase_waiting()
            typing_echo.on()

    return wrapper


def report(error: BaseException, *, verbose: bool = False) -> Exit:
    """Say on stderr what ``error`` means, and give the exit code."""
    ending = ending_of(error)
    is_debugged = verbose or os.environ.get("REALTIME_CHAT_DEBUG", "") not in {"", "0"}
    try:
        if is_debugged and ending.sentence:
            trace = "".join(traceback.format_exception(error))
            say("\n".join(clean(redact(line)) for line in trace.splitlines()))
        if ending.sentence:
            say(ending.sentence)
    except OSError:  # nobody reads stderr any more: there is nobody to tell
        pass
    return ending.code


_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_broken_pipe(error: BaseException) -> bool:
    """Say whether whoever read standard output went away."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return isinstance(error, BrokenPipeError) or (isinstance(error, OSError) and error.errno == errno.EPIPE)


def _code(error: BaseException) -> Exit:
    if isinstance(error, KeyboardInterrupt | Stopped):
        return Exit.INTERRUPTED
    if is_broken_pipe(error):  # the reader has had enough, as in `realtime-chat text … | head -1`
        return Exit.DONE
    if isinstance(error, WrongUsage):
        return Exit.WRONG_USAGE
    if isinstance(error, SpeechRefused):
        return Exit.NO_SERVER
    if isinstance(error, NoSound):
        return Exit.NO_SOUND
    return _code_of_below(error)


def _code_of_below(error: BaseException) -> Exit:
    from realtime_chat.audio.errors import AudioError, AudioFileError
    from realtime_chat.session.errors import SessionError, ToolsUnusable

    if isinstance(error, SessionError) and not isinstance(error, ToolsUnusable):
        return Exit.NO_SERVER
    if isinstance(error, AudioError) and not isinstance(error, AudioFileError):
        return Exit.NO_SOUND
    return Exit.FAILED


def _sentence(error: BaseException) -> str:
    from realtime_chat.session.errors import WrongKey

    if isinstance(error, WrongKey):
        return _wrong_key(error.address, error.status)
    if _is_ours(error):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename!r}" if error.filename else ""
        if error.errno in _FULL:
            return f"The system refused to write{where} ({error.strerror}): free some space there and try again."
        return f"The system refused{where}: {error.strerror}."
    said = f": {error}" if str(error) else ""
    return f"Something unexpected happened ({type(error).__name__}{said}): run again with -v to see where."


def _wrong_key(address: str, status: int) -> str:
    """Say where the key of ``address`` came from, which is the commands' choice and not the session's."""
    from realtime_chat.cli.credentials import OPENAI, name_of_address, origin_of, variable_of

    name = name_of_address(address)
    origin = origin_of(name, os.environ)
    otherwise = ", or use the embedded server with `--server local`" if name == OPENAI else ""
    if origin is not None:
        return f"{address} does not accept the key from {origin} (HTTP {status}): {origin.step}{otherwise}."
    store = f", or store one with `realtime-chat config key set {name}`" if name else ""
    return (
        f"{address} wants a key (HTTP {status}): set {variable_of(name or '')} to one that it knows{store}{otherwise}."
    )


def _is_ours(error: BaseException) -> bool:
    from realtime_chat.audio.errors import AudioError
    from realtime_chat.server.errors import ServerError
    from realtime_chat.session.errors import SessionError

    return isinstance(error, CliError | AudioError | SessionError | ServerError)


def drop_stdout() -> None:
    """Send what is still in stdout's buffer nowhere: the interpreter would complain when it flushes at the end."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - only its descriptor is wanted
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
