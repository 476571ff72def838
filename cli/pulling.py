"""Models that are missing: asking whether to download them, and bringing them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from realtime_chat.cli.errors import ModelsDeclined, ModelsNeeded
from realtime_chat.cli.terminal import is_terminal, say
from realtime_chat.cli.typing_echo import typing_echo
from realtime_chat.server.models.manifest import Model, Purpose
from realtime_chat.server.models.store import ModelStore, Status, default_root

SPOKEN = frozenset({Purpose.HEARING, Purpose.THINKING, Purpose.SPEAKING})
"""What a spoken conversation needs."""

TYPED = frozenset({Purpose.THINKING})
"""What a typed one needs."""

READ_ALOUD = frozenset({Purpose.THINKING, Purpose.SPEAKING})
"""What a typed one needs whose answers are spoken."""

_INCOMPLETE = frozenset({Status.MISSING, Status.PARTIAL})


def ensure_models(models: Sequence[Model]) -> None:
    """See to it that ``models`` are there, asking on the terminal before downloading.

    Raises:
        ModelsNeeded: Some are not, and there is no terminal to ask on.
        ModelsDeclined: The person said no.
        ModelError: They could not be had.
    """
    store = ModelStore(default_root())
    missing = [model for model in models if store.status(model) in _INCOMPLETE]
    if not missing:
        return
    names = tuple(model.purpose.value for model in missing)
    size = sum(model.size for model in missing)
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise ModelsNeeded(size, names)
    question = f"Download {size / 1e6:.0f} MB of models ({', '.join(names)}) now? [Y/n] "
    typing_echo.on()
    say(question, end="")
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D: the question's line is still open
        say("")
    if answer.strip().lower() not in {"", "y", "yes"} or not answer:
        raise ModelsDeclined
    pull_models(store, missing)


def pull_models(store: ModelStore, models: Sequence[Model], *, quiet: bool = False) -> None:
    """Bring ``models`` into ``store``, showing the progress on stderr.

    Raises:
        ModelError: They could not be had.
    """
    from realtime_chat.cli.progress import watched
    from realtime_chat.server.models.pull import pull

    with watched(sys.stderr, quiet=quiet) as progress:
        pull(store, models, progress)
