"""The log, which `-v` writes to standard error: cleaned, and without keys."""

from __future__ import annotations

import logging
import sys

from realtime_chat.cli.redaction import redact
from realtime_chat.cli.terminal import erase_waiting
from realtime_chat.protocol.printable import clean, one_line

LIBRARIES = ("asyncio", "httpcore", "httpcore2", "httpx", "httpx2", "mcp", "uvicorn", "websockets")
"""Loggers of others. Below a warning they write down the headers of each request, and so everybody's keys."""

_OURS = "realtime_chat"
_NEVER = logging.CRITICAL + 1


class _Formatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class calls it so
        # On one line, so that nobody's words can pass for an entry of their own.
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return redact(clean(super().format(record)))


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # the class cannot be subscripted at run time in 3.11
    """Writes to what ``sys.stderr`` is at the moment: a live screen puts itself there, to draw log lines above it."""

    def emit(self, record: logging.LogRecord) -> None:
        erase_waiting()
        self.stream = sys.stderr
        super().emit(record)


def start_log(*, verbose: bool, errors: bool = False) -> None:
    """Log everything of this program with ``verbose``, and otherwise nothing: what ends a command has its sentence.

    Of the libraries below it, only what they warn of. ``errors`` logs errors all the same, for a command that goes on
    after them; but none of the web server's, which calls each client that was refused an error.
    """
    handler = _Handler()
    handler.setFormatter(_Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    quiet = logging.ERROR if errors else _NEVER
    _direct(_OURS, handler, logging.DEBUG if verbose else quiet)
    for name in LIBRARIES:
        _direct(name, handler, logging.WARNING if verbose else quiet)
    if not verbose:
        logging.getLogger("uvicorn").setLevel(max(quiet, logging.CRITICAL))


def _direct(name: str, handler: logging.Handler, level: int) -> None:
    """Send what a logger and those below it say to ``handler`` alone, from ``level`` on."""
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.handlers[:] = [handler]
    logger.setLevel(level)
