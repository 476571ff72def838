"""`Examination`: which checks there are, and in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from realtime_chat.audio.devices import Device
from realtime_chat.cli.config.keystore import own_keys
from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.config.profile import Configuration
from realtime_chat.cli.credentials import LLM, OPENAI, KeyOrigin, key_for, name_of_address, origin_of
from realtime_chat.cli.doctor import answering, configured, local_models, screen, software, sound, thinking
from realtime_chat.cli.doctor.check import Check, at_once, examine
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.prober import Prober, prober
from realtime_chat.cli.doctor.report import shown
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import BadConfig, CliError, KeyStoreFailed, NoKey
from realtime_chat.cli.pulling import SPOKEN, TYPED
from realtime_chat.cli.serving import own_models
from realtime_chat.cli.target import Kind, Target, choose_target
from realtime_chat.server.errors import ModelError
from realtime_chat.server.models.manifest import Model
from realtime_chat.server.models.store import ModelStore, Status, default_root


@dataclass(frozen=True)
class Scope:
    """What a person wants looked at; each attribute is an option of the command.

    Attributes:
        source: The microphone; None for the default one.
        sink: The speaker; likewise.
        has_sound: Sound is looked at.
        is_heard: A sound may be played.
        is_thorough: Models are hashed.
        server: Who answers.
        model: The model that answers.
        llm_url: The endpoint that thinks for the embedded server.
        llm_model: Its model.
        dialect: What the server speaks; None leaves it to the server's preset.
        verbose: What the embedded server does is logged.
        configuration: What is configured, or what is wrong with it.
    """

    source: str | None = None
    sink: str | None = None
    has_sound: bool = True
    is_heard: bool = True
    is_thorough: bool = False
    server: str = "auto"
    model: str | None = None
    llm_url: str | None = None
    llm_model: str | None = None
    dialect: str | None = None
    verbose: bool = False
    configuration: Configuration | BadConfig | None = None


class Examination:
    """All checks of one run.

    Attributes:
        devices: The sound devices that were found; empty before `run`.
    """

    def __init__(self, scope: Scope, environment: Mapping[str, str]) -> None:
        """Choose what to look at; what is wrong with the choice becomes a finding, too."""
        self._scope = scope
        self._environment = environment
        self._target: Target | None = None
        self._models: tuple[Model, ...] = ()
        self._trouble: CliError | ModelError | None = None
        try:
            self._target = choose_target(
                scope.server,
                environment,
                model=scope.model,
                llm_url=scope.llm_url,
                llm_model=scope.llm_model,
                dialect=scope.dialect,
            )
            self._models = self._needed(self._target.local_model)
        except (CliError, ModelError) as error:
            self._trouble = error
        self._is_embedded = self._target is not None and self._target.kind is Kind.EMBEDDED
        self._store = ModelStore(default_root())
        self._sound: sound.SoundChecks | None = None

    @property
    def devices(self) -> tuple[Device, ...]:
        """The sound devices that were found."""
        return self._sound.devices if self._sound is not None else ()

    @property
    def address(self) -> str:
        """The server's URL; ``""`` for the embedded one, and where there is none."""
        return "" if self._target is None else self._target.address

    async def run(self, found: Callable[[Finding], None]) -> None:
        """Look at everything, and tell ``found`` of each finding."""
        async with prober() as asked:
            await examine(self._checks(asked), found, shown)

    def _checks(self, asked: Prober) -> list[Check]:
        scope = self._scope
        checks = [
            Check("python", "Looking at Python", at_once(software.look_at_python)),
            Check(
                "packages",
                "Loading the packages",
                lambda: software.look_at_packages(asked, is_embedded=self._is_embedded),
            ),
            Check(configured.CONFIG, "Reading the config file", at_once(self._config)),
            Check(screen.TERMINAL, "Looking at the terminal", at_once(self._terminal)),
            Check(screen.KEYS, "Asking the terminal about its keys", screen.look_at_keys),
            Check(local_models.DISK, "Looking at the disk", at_once(self._disk)),
            Check("models", "Looking at the models", at_once(self._look_at_models)),
        ]
        if scope.has_sound:
            self._sound = sound.SoundChecks(asked, sound.Wanted(scope.source, scope.sink, is_heard=scope.is_heard))
            checks += self._sound.checks()
        else:
            checks.append(Check("sound", "Leaving sound out", at_once(_no_sound)))
        if scope.llm_url is not None:
            checks.append(Check(thinking.ENDPOINT, "Asking the endpoint for its models", self._endpoint))
        checks.append(Check(answering.SERVER, "Connecting to the server", self._server))
        return checks

    def _needed(self, model: str | None) -> tuple[Model, ...]:
        purposes = SPOKEN if self._scope.has_sound else TYPED
        return own_models(purposes, model, thinks_elsewhere=self._scope.llm_url is not None)

    def _lacks_models(self) -> bool:
        return any(self._store.status(model) in {Status.MISSING, Status.PARTIAL} for model in self._models)

    def _config(self) -> list[Finding]:
        return [
            configured.judge_config(config_file(), self._scope.configuration),
            *configured.look_at_keys(own_keys()),
        ]

    def _terminal(self) -> list[Finding]:
        return list(screen.judge_terminal(screen.this_terminal(self._environment), has_sound=self._scope.has_sound))

    def _disk(self) -> list[Finding]:
        return list(local_models.look_at_disk(self._store, self._models if self._is_embedded else ()))

    def _look_at_models(self) -> list[Finding]:
        return list(
            local_models.look_at_models(
                self._store, self._models, is_needed=self._is_embedded, is_thorough=self._scope.is_thorough
            )
        )

    async def _endpoint(self) -> AsyncIterator[Finding]:
        try:
            key = key_for(LLM, self._environment)
        except KeyStoreFailed as error:
            yield Finding(thinking.ENDPOINT, Verdict.FAIL, error.what, error.step)
            return
        async for finding in thinking.look_at_endpoint(self._scope.llm_url or "", self._scope.llm_model, key):
            yield finding

    async def _server(self) -> AsyncIterator[Finding]:
        if self._trouble is not None or self._target is None:
            yield self._untried(self._trouble)
            return
        scope = self._scope
        options = EmbeddedOptions(
            self._target.local_model,
            scope.llm_url,
            scope.llm_model,
            speaks=scope.has_sound,
            verbose=scope.verbose,
            quiet=True,
        )
        async for finding in answering.look_at_server(
            self._target, options, origin=self._origin(), lacks_models=self._lacks_models, speaks=scope.has_sound
        ):
            yield finding

    def _untried(self, trouble: CliError | ModelError | None) -> Finding:
        """Say why no server was asked at all."""
        if isinstance(trouble, KeyStoreFailed):
            return Finding(answering.SERVER, Verdict.FAIL, trouble.what, trouble.step)
        if isinstance(trouble, NoKey):
            store = f"realtime-chat config key set {trouble.name or OPENAI}"
            todo = f"put one into {trouble.variable}, store one with `{store}`, or do without it: `--server local`"
            who = trouble.name or "OpenAI"
            return Finding(answering.SERVER, Verdict.FAIL, f"{who} wants a key, and there is none", todo)
        todo = "correct the option; `realtime-chat config show` says where it comes from if you did not type it"
        return Finding(answering.SERVER, Verdict.FAIL, str(trouble), todo)

    def _origin(self) -> KeyOrigin | None:
        """Say where the key comes from that the server gets."""
        if self._target is None or self._target.key is None:
            return None
        name = OPENAI if self._target.kind is Kind.OPENAI else name_of_address(self._target.address)
        return origin_of(name, self._environment)


def _no_sound() -> list[Finding]:
    return [Finding("sound", Verdict.SKIP, "left out (--no-sound)")]
