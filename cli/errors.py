"""What can go wrong in the commands themselves.

    CliError                   exit code 1 where nothing else is said
    ├── WrongUsage             2: options that do not go together, or that say something impossible
    │   ├── BadInput           2: standard input is empty, too long or not text
    │   └── BadConfig          2: the config file or the environment says something that cannot be
    ├── NoKey                  1: the server needs a key and none is set
    ├── KeyStoreFailed         1: a stored key cannot be read or kept
    ├── ModelsNeeded           1: models are missing and nobody can be asked
    ├── ModelsDeclined         1: models are missing and the person does not want them
    ├── EmbeddedFailed         1: the embedded server did not start, or ended
    ├── AnswerFailed           1: the server gave no answer
    ├── NothingHeard           1: nobody speaks in the file
    ├── SpeechRefused          3: the server does not make speech of a text
    └── NoSound                4: neither sound nor text is possible

Fields hold data; ``str()`` makes the one sentence a person reads, with the next step in it. `endings` gives every
error its exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class CliError(Exception):
    """Anything the commands raise on purpose."""


@dataclass(eq=False)
class WrongUsage(CliError):
    """Options that do not go together, or that say something impossible."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


class BadInput(WrongUsage):
    """Standard input is empty, too long or not text."""


class BadConfig(WrongUsage):
    """The config file, or a variable of the environment in its place, says something that cannot be."""


@dataclass(eq=False)
class NoKey(CliError):
    """The server needs a key and none is set.

    Attributes:
        variable: The variable that would hold it.
        name: What it would be stored as; ``""`` for OpenAI's.
    """

    variable: str
    name: str = ""

    def __str__(self) -> str:
        store = f"realtime-chat config key set {self.name}".rstrip()
        return (
            f"No key is set: put one in {self.variable}, store one with `{store}`, or use the "
            "embedded server with `--server local`."
        )


@dataclass(eq=False)
class KeyStoreFailed(CliError):
    """A stored key cannot be read, or a key cannot be stored.

    Attributes:
        what: What is wrong, as the beginning of a sentence.
        step: What to do about it.
    """

    what: str
    step: str

    def __str__(self) -> str:
        return f"{self.what}: {self.step}."


@dataclass(eq=False)
class ModelsNeeded(CliError):
    """Models are missing and nobody can be asked whether to download them.

    Attributes:
        size: Bytes of what is missing.
        purposes: What the missing models are for.
    """

    size: int
    purposes: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.size / 1e6:.0f} MB of models ({', '.join(self.purposes)}) are not on this machine yet: "
            "run `realtime-chat models pull`."
        )


class ModelsDeclined(CliError):
    """Models are missing and the person does not want them."""

    def __str__(self) -> str:
        return "Without its models the embedded server cannot run: run `realtime-chat models pull` when it suits you."


@dataclass(eq=False)
class EmbeddedFailed(CliError):
    """The embedded server did not start, or ended.

    Attributes:
        reason: What it said, cleaned; a sentence of its own where it gave one.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class AnswerFailed(CliError):
    """The server gave no answer, or not all of one.

    Attributes:
        reason: What it said about it, cleaned; may be empty.
    """

    reason: str

    def __str__(self) -> str:
        # A reason that was given has its own next step where there is one.
        reason = self.reason.rstrip(".") or "try again, with -v to see what happens"
        return f"The server gave no whole answer: {reason}."


@dataclass(eq=False)
class NothingHeard(CliError):
    """Nobody speaks in the file that stands in for the microphone."""

    path: Path

    def __str__(self) -> str:
        return (
            f"No speech was found in {str(self.path)!r}: give a file that somebody speaks in, "
            "or let more through with --vad-level 0."
        )


@dataclass(eq=False)
class SpeechRefused(CliError):
    """The server does not make speech of a text, which `--ask` needs.

    Attributes:
        address: Where it was asked.
        reason: What came instead, cleaned.
    """

    address: str
    reason: str

    def __str__(self) -> str:
        return f"{self.address} does not speak the question ({self.reason}): give a recording with --input instead."


@dataclass(eq=False)
class NoSound(CliError):
    """There is no usable sound, which was said already, and nothing to hold a typed conversation with either.

    Attributes:
        reason: The sentence about what was typed.
    """

    reason: str

    def __str__(self) -> str:
        return f"{self.reason} Or give recordings: `talk --input question.wav --output answer.wav`."
