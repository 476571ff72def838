"""Which engines a server runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.remote import HERE, Elsewhere, Remote
from realtime_chat.server.engines.seam import Hearing, Speaking, Thinking
from realtime_chat.server.models.store import ModelStore

HEARING_MODEL = "moonshine-tiny-en"
THINKING_MODEL = "smollm2-135m-instruct"
SPEAKING_MODEL = "piper-en-us-joe"


def real_engines(store: ModelStore, *, model: str | None = None, elsewhere: Elsewhere = HERE) -> EngineSet:
    """Give the engines that run on this machine, on its CPU.

    Args:
        store: Where the models are.
        model: The local model that thinks, `THINKING_MODEL` where none is named.
        elsewhere: What runs behind an API instead.
    """

    def hearing() -> Hearing:
        from realtime_chat.server.engines.moonshine import MoonshineHearing

        return MoonshineHearing(store.folder(HEARING_MODEL))

    def thinking() -> Thinking:
        from realtime_chat.server.engines.llama import LlamaThinking

        return LlamaThinking(_only_file(store.folder(model or THINKING_MODEL), ".gguf"))

    def speaking() -> Speaking:
        from realtime_chat.server.engines.piper import PiperSpeaking

        return PiperSpeaking(store.folder(SPEAKING_MODEL))

    return _moved(hearing, thinking, speaking, (HEARING_MODEL, model or THINKING_MODEL, SPEAKING_MODEL), elsewhere)


def scripted_engines(elsewhere: Elsewhere = HERE) -> EngineSet:
    """Give engines that follow a script, for tests and demonstrations: no model, no recognition, no voice.

    Args:
        elsewhere: What runs behind an API instead.
    """

    def hearing() -> Hearing:
        from realtime_chat.server.engines.scripted import ScriptedHearing

        return ScriptedHearing()

    def thinking() -> Thinking:
        from realtime_chat.server.engines.scripted import ScriptedThinking

        return ScriptedThinking()

    def speaking() -> Speaking:
        from realtime_chat.server.engines.scripted import ScriptedSpeaking

        return ScriptedSpeaking()

    return _moved(hearing, thinking, speaking, ("scripted", "scripted", "scripted"), elsewhere)


def _moved(
    hearing: Callable[[], Hearing],
    thinking: Callable[[], Thinking],
    speaking: Callable[[], Speaking],
    names: tuple[str, str, str],
    elsewhere: Elsewhere,
) -> EngineSet:
    """Put a set together, with what runs elsewhere in place of what would run here.

    Args:
        hearing: Makes what would hear here; and so the next two.
        thinking: See above.
        speaking: See above.
        names: The models behind the three, in this order.
        elsewhere: What runs elsewhere.
    """
    remotes = (elsewhere.hearing, elsewhere.thinking, elsewhere.speaking)
    heard, thought, spoken = (
        name if remote is None else remote.model or "remote" for name, remote in zip(names, remotes, strict=True)
    )
    return EngineSet(
        thought,
        hearing if elsewhere.hearing is None else partial(_remote_hearing, elsewhere.hearing),
        thinking if elsewhere.thinking is None else partial(_remote_thinking, elsewhere.thinking),
        speaking if elsewhere.speaking is None else partial(_remote_speaking, elsewhere.speaking, elsewhere.voice),
        tuple(dict.fromkeys((thought, heard, spoken))),
    )


def _remote_hearing(remote: Remote) -> Hearing:
    from realtime_chat.server.engines.remote_hearing import RemoteHearing

    return RemoteHearing(remote)


def _remote_thinking(remote: Remote) -> Thinking:
    from realtime_chat.server.engines.endpoint import EndpointThinking

    return EndpointThinking(remote.base_url, remote.model, remote.api_key)


def _remote_speaking(remote: Remote, voice: str) -> Speaking:
    from realtime_chat.server.engines.remote_speaking import RemoteSpeaking

    return RemoteSpeaking(remote, voice)


def _only_file(folder: Path, suffix: str) -> Path:
    return next(path for path in sorted(folder.iterdir()) if path.suffix == suffix)
