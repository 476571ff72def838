"""The log, which `-v` writes to standard error: cleaned, and without keys."""

from __future__ import annotations

import logging
import sys

from realtime_chat.cli.redaction import redact
from realtime_chat.protocol.printable import clean

_OURS = "realtime_chat"


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return clean(redact(super().format(record)))


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # the class cannot be subscripted at run time in 3.11
    """Writes to what ``sys.stderr`` is at the moment: a live screen puts itself there, to draw log lines above it."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def start_log(*, verbose: bool, errors: bool = False) -> None:
    """Log everything of this program with ``verbose``, and otherwise nothing: what ends a command has its sentence.

    ``errors`` logs errors all the same, for a command that goes on after them.
    """
    logger = logging.getLogger(_OURS)
    logger.propagate = False
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    if not verbose and not errors:
        logger.addHandler(logging.NullHandler())
        return
    handler = _Handler()
    handler.setFormatter(_Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.ERROR)
