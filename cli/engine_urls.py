"""The options that let the engines of a server run elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from realtime_chat.server.engines.remote import Remote

SttUrlOption = Annotated[
    str | None,
    typer.Option(
        "--stt-url",
        metavar="URL",
        help="Recognise speech with an OpenAI-compatible endpoint (vLLM, speaches, another realtime-chat …). "
        "Its key, if it needs one: REALTIME_CHAT_STT_KEY.",
    ),
]
SttModelOption = Annotated[str | None, typer.Option("--stt-model", metavar="NAME", help="The model of that endpoint.")]
TtsUrlOption = Annotated[
    str | None,
    typer.Option(
        "--tts-url",
        metavar="URL",
        help="Speak with an OpenAI-compatible endpoint. Its key, if it needs one: REALTIME_CHAT_TTS_KEY.",
    ),
]
TtsModelOption = Annotated[str | None, typer.Option("--tts-model", metavar="NAME", help="The model of that endpoint.")]
TtsVoiceOption = Annotated[
    str | None,
    typer.Option(
        "--tts-voice",
        metavar="NAME",
        help="The voice of that endpoint that says everything; without it, the one that the client asks for.",
    ),
]


def remote_of(name: str, url: str | None, model: str | None, voice: str | None = None) -> Remote | None:
    """Give where an engine runs; None for here.

    Args:
        name: ``llm``, ``stt`` or ``tts``: what its options begin with, and its key's name.
        url: The option for its address.
        model: The option for its model.
        voice: The option for its voice.

    Raises:
        WrongUsage: The address is none, or something is said of an endpoint that is not given.
        KeyStoreFailed: There is a stored key, and it cannot be read.
    """
    from realtime_chat.cli.credentials import key_for
    from realtime_chat.cli.errors import WrongUsage
    from realtime_chat.cli.target import check_url
    from realtime_chat.server.engines.remote import Remote

    if url is None:
        for what, value in (("model", model), ("voice", voice)):
            if value is not None:
                raise WrongUsage(f"--{name}-{what} names a {what} of the endpoint that --{name}-url gives: give both.")
        return None
    check_url(url, f"--{name}-url", ("http", "https"))
    return Remote(url, model or "", key_for(name, os.environ))
