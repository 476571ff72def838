"""Misspelt variables of the environment, which would do nothing without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_chat.cli.config.places import FILE_VARIABLE
from realtime_chat.cli.config.settings import PREFIX, Vocabulary, nearest
from realtime_chat.cli.redaction import KEY_VARIABLES
from realtime_chat.cli.terminal import say
from realtime_chat.protocol.printable import one_line

_OTHERS = (FILE_VARIABLE, "REALTIME_CHAT_PROFILE", "REALTIME_CHAT_DEBUG", "REALTIME_CHAT_MODELS")
"""Those that are no option's."""

_told: set[str] = set()


def warn_of_slips(environment: Mapping[str, str], known: Vocabulary) -> None:
    """Say on stderr, once in a process, which variables of ours are misspelt and what was probably meant."""
    for name, meant in slips(environment, known):
        if name not in _told:
            _told.add(name)
            say(f"{one_line(name)} is no variable of this program: did you mean {meant}?")


def slips(environment: Mapping[str, str], known: Vocabulary) -> Iterator[tuple[str, str]]:
    """Give each variable that is misspelt, and the one that was probably meant; what is like none of ours is not ours.

    Args:
        environment: The process's.
        known: What can be configured.
    """
    ours = {PREFIX + key.upper() for key in known.keys()}  # noqa: SIM118 - no mapping
    ours |= {name for name in (*KEY_VARIABLES, *_OTHERS) if name.startswith(PREFIX)}
    words = [name.removeprefix(PREFIX) for name in sorted(ours)]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in ours and environment[name].strip():
            meant = nearest(name.removeprefix(PREFIX).upper(), words)
            if meant is not None:
                yield name, PREFIX + meant
