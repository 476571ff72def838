"""What can go wrong in the embedded server.

    ServerError
    ├── EngineError            an engine cannot load, or failed while it worked: see engines/errors.py
    ├── ConversationTooLong    nothing of it may be left out, and not everything fits
    ├── AddressInUse           the address cannot be bound
    ├── OpenToAll              an address others can reach, and no key
    ├── KeyNeeded              a cluster, and no key
    ├── ClusterArgument        an argument of the application on a cluster
    ├── KeyUnfit               the file with the key, or the variable, cannot be used
    └── ModelError             a model file
        ├── ModelUnknown       not in the manifest
        ├── ModelMissing       not in the store
        ├── ModelCorrupt       the bytes are not the ones the manifest names
        ├── ModelsWrong        several models are missing or corrupt
        ├── ModelUnavailable   no source could be reached
        ├── SourceFailed       one source did not serve; the pull goes on with the next
        │   └── SourceBroke    it stopped in the middle, and might go on at another time
        └── StoreFull          no room, or no permission, to write it

Fields hold data; ``str()`` makes the one sentence a person reads, with the next step in it.
"""

from __future__ import annotations

from dataclasses import dataclass


class ServerError(Exception):
    """Anything the embedded server raises on purpose."""


@dataclass(eq=False)
class ConversationTooLong(ServerError):
    """Nothing may be left out, and not everything fits.

    Attributes:
        tokens: What the conversation has, by estimate.
        room: What there is room for.
    """

    tokens: int
    room: int

    def __str__(self) -> str:
        return (
            f"The conversation has about {self.tokens} tokens, and the model has room for {self.room}: delete items, "
            "or set session.truncation to 'auto'."
        )


@dataclass(eq=False)
class AddressInUse(ServerError):
    """The server's address cannot be bound."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"Cannot listen on {self.host}:{self.port} ({self.reason}): choose another with --host or --port."


@dataclass(eq=False)
class OpenToAll(ServerError):
    """The server would take anybody on the network.

    Attributes:
        host: The address.
        variable: Environment variable that would hold the key.
    """

    host: str
    variable: str

    def __str__(self) -> str:
        return (
            f"{self.host} can be reached by others: put a key into {self.variable} or into a file for --api-key-file, "
            "or use --host 127.0.0.1."
        )


@dataclass(eq=False)
class KeyUnfit(ServerError):
    """What should hold the key that clients must know cannot be used, or does not hold one.

    Attributes:
        where: The file, or the environment variable.
        reason: Why, without a trailing full stop.
        step: What to do.
    """

    where: str
    reason: str
    step: str

    def __str__(self) -> str:
        return f"The key in {self.where} cannot be used ({self.reason}): {self.step}."


@dataclass(eq=False)
class KeyNeeded(ServerError):
    """A cluster's application would take anybody who can reach it.

    Attributes:
        variable: Environment variable that would hold the key.
    """

    variable: str

    def __str__(self) -> str:
        return f"Others can reach a cluster: put the key that clients must know into {self.variable} on every node."


@dataclass(eq=False)
class ClusterArgument(ServerError):
    """The application on a cluster was given an argument that cannot be.

    Attributes:
        name: The argument's.
        reason: Why not, without a trailing full stop.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        return f"The argument {self.name!r} cannot be ({self.reason}): see docs/scaling.md."


class ModelError(ServerError):
    """Something is wrong with a model file or with the store."""


@dataclass(eq=False)
class ModelUnknown(ModelError):
    """The manifest describes no model of that name.

    Attributes:
        model: The name that was asked for.
        known: The names there are.
    """

    model: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"There is no model called {self.model!r}: choose one of {', '.join(self.known)}."


@dataclass(eq=False)
class ModelMissing(ModelError):
    """The store does not hold a model that is needed."""

    model: str

    def __str__(self) -> str:
        return f"The model {self.model} is not on this machine yet: run `realtime-chat models pull {self.model}`."


@dataclass(eq=False)
class ModelCorrupt(ModelError):
    """A file's bytes are not the ones the manifest names.

    Attributes:
        model: The model's name in the manifest.
        file: The file's name.
        expected: The sha256 the manifest gives, in hex.
        found: The sha256 of what was there, in hex.
    """

    model: str
    file: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.file} is not the file it should be (sha256 {self.found[:12]}…, expected "
            f"{self.expected[:12]}…): run `realtime-chat models pull {self.model}` to fetch it again."
        )


@dataclass(eq=False)
class ModelsWrong(ModelError):
    """Several models cannot be used as they are.

    Attributes:
        models: Their names, those of missing and of corrupt ones.
    """

    models: tuple[str, ...]

    def __str__(self) -> str:
        names = ", ".join(self.models)
        return f"Not there, or not right: {names}: run `realtime-chat models pull {' '.join(self.models)}`."


@dataclass(eq=False)
class ModelUnavailable(ModelError):
    """No source of a model could be reached.

    Attributes:
        model: The model's name in the manifest.
        reasons: One sentence for each source that was tried.
    """

    model: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        tried = "; ".join(self.reasons)
        return f"The model {self.model} could not be fetched ({tried}): check the network and try again."


@dataclass(eq=False)
class SourceFailed(ModelError):
    """One source of a file did not serve. `realtime_chat.server.models.pull` catches it and tries the next.

    Attributes:
        source: A host, or a package and its version.
        reason: Why, without a trailing full stop.
    """

    source: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


@dataclass(eq=False)
class SourceBroke(SourceFailed):
    """A source stopped in the middle: the connection broke, or nothing more came."""


@dataclass(eq=False)
class StoreFull(ModelError):
    """The store's folder cannot take a file.

    Attributes:
        folder: Where it should have gone.
        reason: What the system said.
    """

    folder: str
    reason: str

    def __str__(self) -> str:
        return (
            f"Cannot write models to {self.folder} ({self.reason}): free some space, or set "
            "REALTIME_CHAT_MODELS to another folder."
        )
