"""A target made ready: the embedded server is started where it is the one; other servers run already."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from realtime_chat.cli.embedded import EmbeddedOptions, embedded_server
from realtime_chat.cli.target import Kind, Target
from realtime_chat.server.models.manifest import Purpose


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


def needed_models(target: Target, purposes: Collection[Purpose], options: EmbeddedOptions) -> frozenset[Purpose]:
    """Give what of ``purposes`` this machine must have models for."""
    if target.kind is not Kind.EMBEDDED:
        return frozenset()
    return frozenset(purposes) - ({Purpose.THINKING} if options.llm_url is not None else set())


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
