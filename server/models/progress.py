"""What a pull tells whoever watches it."""

from __future__ import annotations

from typing import Protocol

from realtime_chat.server.models.manifest import Model, ModelFile


class Progress(Protocol):
    """Watches a pull. Methods are called on the thread that pulls, in the order in which things happen.

    For each file that is not there yet: `started`, then for each source tried `source` and any number of
    `advanced`, and `refused` where the source did not serve; at last `finished`, or nothing more where the
    pull raises.
    """

    def waiting(self, model: Model) -> None:
        """Another process pulls this model; this one waits for it to end."""
        ...

    def started(self, model: Model, file: ModelFile) -> None:
        """``file`` is missing and its sources are about to be tried."""
        ...

    def source(self, name: str, size: int) -> None:
        """A source is tried.

        Args:
            name: The host, or the package and its version.
            size: Bytes that it has to deliver: the file's, or those of the wheel that carries the file.
        """
        ...

    def advanced(self, done: int) -> None:
        """``done`` bytes of the source's size are here; a resumed download begins above 0."""
        ...

    def refused(self, name: str, reason: str) -> None:
        """A source did not serve.

        Args:
            name: As given to `source`.
            reason: Why, without a trailing full stop.
        """
        ...

    def finished(self, file: ModelFile) -> None:
        """``file`` is in the store, and its hash is right."""
        ...


class Quiet:
    """Watches and says nothing."""

    def waiting(self, model: Model) -> None:
        """Say nothing."""

    def started(self, model: Model, file: ModelFile) -> None:
        """Say nothing."""

    def source(self, name: str, size: int) -> None:
        """Say nothing."""

    def advanced(self, done: int) -> None:
        """Say nothing."""

    def refused(self, name: str, reason: str) -> None:
        """Say nothing."""

    def finished(self, file: ModelFile) -> None:
        """Say nothing."""
