"""What the application on Ray Serve is told: the arguments of ``serve run``, or ``args`` in its config file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.remote import Elsewhere, Remote
from realtime_chat.server.errors import ClusterArgument, KeyNeeded
from realtime_chat.server.key_file import key_in

KEY_VARIABLE = "REALTIME_CHAT_SERVER_KEY"


@dataclass(frozen=True)
class Settings:
    """The application's arguments, which are the options of ``realtime-chat serve``.

    Keys are none of them, for Ray shows arguments to everybody: they are read from the environment of the process that
    needs them.

    Attributes:
        engines: ``real`` or ``scripted``.
        model: The local model that thinks, ``""`` for the default one.
        stt_url: Base of an API that hears in place of replicas here; ``""`` for none, and so the next ones.
        stt_model: The model to ask for there.
        llm_url: Base of an API that thinks.
        llm_model: The model to ask for there.
        tts_url: Base of an API that speaks.
        tts_model: The model to ask for there.
        tts_voice: The voice that says everything there.
        max_sessions: Sessions of one replica at a time.
    """

    engines: str = "real"
    model: str = ""
    stt_url: str = ""
    stt_model: str = ""
    llm_url: str = ""
    llm_model: str = ""
    tts_url: str = ""
    tts_model: str = ""
    tts_voice: str = ""
    max_sessions: int = 100

    @classmethod
    def read(cls, arguments: Mapping[str, object]) -> Settings:
        """Take the arguments, whose values are words where they come from a command line.

        Raises:
            ClusterArgument: One is unknown, or cannot be what it is.
        """
        known = {field.name for field in fields(cls)}
        for name in arguments:
            if name not in known:
                raise ClusterArgument(name, f"it is none of {', '.join(sorted(known))}")
        given = {name: str(value) for name, value in arguments.items() if name != "max_sessions"}
        if given.get("engines", "real") not in ("real", "scripted"):
            raise ClusterArgument("engines", "it is real or scripted")
        sessions = str(arguments.get("max_sessions", cls.max_sessions))
        if not sessions.isdecimal() or not 1 <= int(sessions) <= 10_000:
            raise ClusterArgument("max_sessions", "it is a number from 1 to 10000")
        return cls(**given, max_sessions=int(sessions))

    def engine_set(self) -> EngineSet:
        """Give the engines of this process, with the keys of its environment. Nothing is loaded yet."""
        from realtime_chat.server.engines.choose import real_engines, scripted_engines
        from realtime_chat.server.models.store import ModelStore, default_root

        elsewhere = Elsewhere(
            _remote(self.stt_url, self.stt_model, "STT"),
            _remote(self.llm_url, self.llm_model, "LLM"),
            _remote(self.tts_url, self.tts_model, "TTS"),
            self.tts_voice,
        )
        if self.engines == "scripted":
            return scripted_engines(elsewhere)
        return real_engines(ModelStore(default_root()), model=self.model or None, elsewhere=elsewhere)


def server_key() -> str:
    """Give the key that clients must know.

    Raises:
        KeyNeeded: There is none; and nobody can say who else reaches a cluster.
        KeyUnfit: What the environment holds is no key.
    """
    if key := key_in(KEY_VARIABLE):
        return key
    raise KeyNeeded(KEY_VARIABLE)


def _remote(url: str, model: str, name: str) -> Remote | None:
    return Remote(url, model, os.environ.get(f"REALTIME_CHAT_{name}_KEY")) if url else None
