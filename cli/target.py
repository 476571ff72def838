"""Which server a conversation is held with, and what it is told about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import urlsplit

from realtime_chat.cli.config.keystore import stored_key
from realtime_chat.cli.credentials import OPENAI, OPENAI_HOST, Stored, key_for, name_of_address, variable_of
from realtime_chat.cli.errors import NoKey, WrongUsage
from realtime_chat.cli.presets import PRESETS, USUAL_RATE, Preset, find_preset
from realtime_chat.cli.terminal import say
from realtime_chat.protocol.dialects.table import DIALECTS, AnyDialect
from realtime_chat.session.key_header import BEARER, KeyHeader

OPENAI_ADDRESS = f"https://{OPENAI_HOST}/v1"
OPENAI_MODEL = "gpt-realtime-2.1"
OPENAI_TRANSCRIPTION = "gpt-transcribe"
"""The models with names like gpt-4o-mini-transcribe shut down on 2027-02-26, and OpenAI names this one instead."""

EMBEDDED_TRANSCRIPTION = "moonshine-tiny-en"
USUAL_TRANSCRIPTION = "whisper-1"
"""The name that servers made after OpenAI's know best."""

OPENAI_KEY = variable_of(OPENAI)
SERVER_KEY = variable_of("")


class Kind(Enum):
    """Whose server it is."""

    EMBEDDED = "embedded"
    OPENAI = "openai"
    URL = "url"


@dataclass(frozen=True)
class Target:
    """The server of a conversation.

    Attributes:
        kind: Whose it is.
        address: Its URL; ``""`` for the embedded one, which is not running yet.
        key: The key it gets, if any. Never shown.
        model: The model asked for; None leaves it to the server.
        transcription: The model that writes down what the person says.
        dialect: The name of what it speaks.
        key_header: Where it wants its key.
        input_rate: Samples a second of the sound that it takes.
        note: What a person should know before they talk to it; ``""`` where there is nothing.
    """

    kind: Kind
    address: str
    key: str | None
    model: str | None
    transcription: str
    dialect: str = "ga"
    key_header: KeyHeader = BEARER
    input_rate: int = USUAL_RATE
    note: str = ""

    @property
    def speaks(self) -> AnyDialect:
        """What it speaks."""
        return DIALECTS[self.dialect]

    @property
    def local_model(self) -> str | None:
        """The model that our own server is to think with; None where another one answers, whose models it lacks."""
        return self.model if self.kind is Kind.EMBEDDED else None

    def __repr__(self) -> str:
        return f"Target({self.kind.value}, {self.address!r})"


def choose_target(
    server: str,
    environment: Mapping[str, str],
    *,
    model: str | None = None,
    llm_url: str | None = None,
    llm_model: str | None = None,
    dialect: str | None = None,
    stored: Stored = stored_key,
) -> Target:
    """Choose the server.

    Args:
        server: The ``--server`` option.
        environment: Where keys come from first. The key for OpenAI goes to OpenAI only; any other server gets
            REALTIME_CHAT_KEY.
        model: The ``--model`` option.
        llm_url: The ``--llm-url`` option, which only the embedded server knows: with it, ``auto`` is ``local``.
        llm_model: The ``--llm-model`` option.
        dialect: The ``--dialect`` option; None leaves it to the server's preset, and is GA where it has none.
        stored: Where keys come from else.

    Raises:
        WrongUsage: The options do not go together, or ``server`` is no address.
        NoKey: OpenAI was asked for without a key.
        KeyStoreFailed: There is a stored key, and it cannot be read.
    """
    target = _chosen(server, environment, model, llm_url, llm_model, stored)
    return target if dialect is None else replace(target, dialect=dialect)


def _chosen(
    server: str,
    environment: Mapping[str, str],
    model: str | None,
    llm_url: str | None,
    llm_model: str | None,
    stored: Stored,
) -> Target:
    if llm_model is not None and llm_url is None:
        raise WrongUsage("--llm-model names a model of the endpoint that --llm-url gives: give both.")
    if llm_url is not None:
        check_url(llm_url, "--llm-url", ("http", "https"))
    if server == "auto" and llm_url is None:
        key = key_for(OPENAI, environment, stored)
        if key is not None:
            return _openai(OPENAI_ADDRESS, key, model)
    if server in {"auto", "local"}:
        return Target(Kind.EMBEDDED, "", None, model, EMBEDDED_TRANSCRIPTION)
    if llm_url is not None:
        raise WrongUsage("--llm-url is for the embedded server: leave --server out, or say --server local.")
    if server == "openai":
        return _openai(OPENAI_ADDRESS, key_for(OPENAI, environment, stored), model)
    if (found := find_preset(server)) is not None:
        return _preset(*found, environment, model, stored)
    names = ", ".join(preset.name for preset in PRESETS)
    check_url(server, "--server", ("http", "https", "ws", "wss"), f"auto, local, openai, {names} or ")
    name = name_of_address(server)
    if name == OPENAI:
        if urlsplit(server).scheme in {"https", "wss"}:
            return _openai(server, key_for(OPENAI, environment, stored), model)
        name = None  # its key does not travel in the clear
    return Target(Kind.URL, server, key_for(name, environment, stored), model, USUAL_TRANSCRIPTION)


def _preset(preset: Preset, part: str, environment: Mapping[str, str], model: str | None, stored: Stored) -> Target:
    """Give a vendor's server.

    Raises:
        WrongUsage: Something that it needs is not said.
        NoKey: It wants a key and there is none.
    """
    address = preset.url(part, environment)
    model = model or preset.model
    if model is None and preset.needs_model:
        raise WrongUsage(f"--server {preset.name} needs a model: say --model NAME. {preset.caveat}".strip())
    name = name_of_address(address)
    key = key_for(name, environment, stored)
    if key is None and preset.key_variable:
        raise NoKey(preset.key_variable, name or "")
    return Target(
        Kind.URL,
        address,
        key,
        model,
        USUAL_TRANSCRIPTION,
        dialect=preset.dialect,
        key_header=preset.key_header,
        input_rate=preset.input_rate,
        note=preset.note,
    )


def _openai(address: str, key: str | None, model: str | None) -> Target:
    if key is None:
        raise NoKey(OPENAI_KEY)
    return Target(Kind.OPENAI, address, key, model or OPENAI_MODEL, OPENAI_TRANSCRIPTION)


def announce(target: Target, *, quiet: bool) -> None:
    """Say what a person should know of a server before they talk to it."""
    if target.note and not quiet:
        say(target.note)


def check_url(url: str, option: str, schemes: tuple[str, ...], others: str = "") -> None:
    """Refuse what is no URL.

    Raises:
        WrongUsage: It is none, or of another scheme.
    """
    if not any(character.isspace() for character in url):
        try:
            parts = urlsplit(url)
            if parts.hostname and parts.scheme in schemes and parts.port != 0:
                return
        except ValueError:  # a port that is no number, or brackets that hold no address
            pass
    raise WrongUsage(f"{option} takes {others}a URL such as {schemes[0]}://127.0.0.1:8080/v1, not {url!r}.")
