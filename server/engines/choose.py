"""Which engines a server runs."""

from __future__ import annotations

from pathlib import Path

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.seam import Hearing, Speaking, Thinking
from realtime_chat.server.models.store import ModelStore

HEARING_MODEL = "moonshine-tiny-en"
THINKING_MODEL = "smollm2-135m-instruct"
SPEAKING_MODEL = "piper-en-us-joe"


def real_engines(
    store: ModelStore,
    *,
    model: str | None = None,
    llm_url: str | None = None,
    llm_model: str | None = None,
    llm_key: str | None = None,
) -> EngineSet:
    """Give the engines that run on this machine, on its CPU.

    Args:
        store: Where the models are.
        model: The local model that thinks, `THINKING_MODEL` where none is named.
        llm_url: The base of an OpenAI-compatible API that thinks instead of the local model.
        llm_model: The model to ask for there.
        llm_key: The key to show there.
    """

    def hearing() -> Hearing:
        from realtime_chat.server.engines.moonshine import MoonshineHearing

        return MoonshineHearing(store.folder(HEARING_MODEL))

    def speaking() -> Speaking:
        from realtime_chat.server.engines.piper import PiperSpeaking

        return PiperSpeaking(store.folder(SPEAKING_MODEL))

    def local_thinking() -> Thinking:
        from realtime_chat.server.engines.llama import LlamaThinking

        return LlamaThinking(_only_file(store.folder(model or THINKING_MODEL), ".gguf"))

    def remote_thinking() -> Thinking:
        from realtime_chat.server.engines.endpoint import EndpointThinking

        return EndpointThinking(llm_url or "", llm_model or "", llm_key)

    name = llm_model or model or THINKING_MODEL
    return EngineSet(name, hearing, remote_thinking if llm_url else local_thinking, speaking)


def scripted_engines() -> EngineSet:
    """Give engines that follow a script, for tests and demonstrations: no model, no recognition, no voice."""

    def hearing() -> Hearing:
        from realtime_chat.server.engines.scripted import ScriptedHearing

        return ScriptedHearing()

    def thinking() -> Thinking:
        from realtime_chat.server.engines.scripted import ScriptedThinking

        return ScriptedThinking()

    def speaking() -> Speaking:
        from realtime_chat.server.engines.scripted import ScriptedSpeaking

        return ScriptedSpeaking()

    return EngineSet("scripted", hearing, thinking, speaking)


def _only_file(folder: Path, suffix: str) -> Path:
    return next(path for path in sorted(folder.iterdir()) if path.suffix == suffix)
