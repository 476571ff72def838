"""A target made ready: the embedded server is started where it is the one; other servers run already."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realtime_chat.cli.embedded import EmbeddedOptions, embedded_server
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.target import Kind, Target
from realtime_chat.server.models.manifest import DEFAULT, MODELS, Model, Purpose, find

if TYPE_CHECKING:
    from realtime_chat.session.seam import Connection


@dataclass(frozen=True)
class Served:
    """Where to connect.

    Attributes:
        address: The base URL of the API.
        key: The key it takes. Never shown.
    """

    address: str
    key: str | None

    def __repr__(self) -> str:
        return f"Served({self.address!r})"


def connected(server: Served, target: Target) -> AbstractAsyncContextManager[Connection]:
    """Connect to a server in the way that a target wants it; see `session.connection.connect`."""
    from realtime_chat.session.connection import connect  # with websockets: not for a look at what there is

    return connect(
        server.address,
        key=server.key,
        model=target.model,
        dialect=target.speaks,
        key_header=target.key_header,
        input_rate=target.input_rate,
    )


def needed_models(target: Target, purposes: Collection[Purpose], options: EmbeddedOptions) -> tuple[Model, ...]:
    """Give the models that this machine must have for ``purposes``.

    Raises:
        WrongUsage: The model that is to think is none that thinks.
        ModelUnknown: There is no such model.
    """
    if target.kind is not Kind.EMBEDDED:
        return ()
    return own_models(purposes, options.model, thinks_elsewhere=options.llm_url is not None)


def own_models(purposes: Collection[Purpose], thinking: str | None, *, thinks_elsewhere: bool) -> tuple[Model, ...]:
    """Give the models of our own server.

    Args:
        purposes: What it does.
        thinking: The name of the model that thinks, None for the default.
        thinks_elsewhere: An endpoint thinks, and needs no model here.

    Raises:
        WrongUsage: The model that is to think is none that thinks.
        ModelUnknown: There is no such model.
    """
    models = {model.purpose: model for model in DEFAULT}
    if thinking is not None:
        models[Purpose.THINKING] = find(thinking)
        if models[Purpose.THINKING].purpose is not Purpose.THINKING:
            names = ", ".join(model.name for model in MODELS if model.purpose is Purpose.THINKING)
            raise WrongUsage(f"--model {thinking} is not for thinking: choose one of {names}.")
    wanted = set(purposes) - ({Purpose.THINKING} if thinks_elsewhere else set())
    return tuple(model for model in models.values() if model.purpose in wanted)


@contextlib.asynccontextmanager
async def served(target: Target, options: EmbeddedOptions) -> AsyncIterator[Served]:
    """Have ``target`` running for the length of an ``async with``.

    Raises:
        EmbeddedFailed: The embedded server did not start.
    """
    if target.kind is not Kind.EMBEDDED:
        yield Served(target.address, target.key)
        return
    async with embedded_server(options) as embedded:
        yield Served(embedded.url, embedded.key)
