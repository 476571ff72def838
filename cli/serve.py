"""`realtime-chat serve`: the embedded server alone, for any client."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from realtime_chat.cli.config.profile import ProfileOption
from realtime_chat.cli.endings import Stopped, ends_well
from realtime_chat.cli.engine_urls import (
    SttModelOption,
    SttUrlOption,
    TtsModelOption,
    TtsUrlOption,
    TtsVoiceOption,
)
from realtime_chat.cli.logs import start_log
from realtime_chat.cli.options import (
    Engines,
    LlmModelOption,
    LlmUrlOption,
    LocalModelOption,
    QuietOption,
    VerboseOption,
)
from realtime_chat.cli.redaction import hide
from realtime_chat.cli.terminal import say
from realtime_chat.server.limits import Limits

LIMITS = Limits()


@ends_well
def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    engines: Annotated[
        Engines, typer.Option(help="scripted answers from a script, without models: for tests and demonstrations.")
    ] = Engines.REAL,
    model: LocalModelOption = None,
    llm_url: LlmUrlOption = None,
    llm_model: LlmModelOption = None,
    stt_url: SttUrlOption = None,
    stt_model: SttModelOption = None,
    tts_url: TtsUrlOption = None,
    tts_model: TtsModelOption = None,
    tts_voice: TtsVoiceOption = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file with the key that clients must know, readable by its owner only."),
    ] = None,
    max_sessions: Annotated[int, typer.Option(metavar="N", min=1, help="Sessions at a time.")] = LIMITS.sessions,
    sessions_per_minute: Annotated[
        int, typer.Option(metavar="N", min=1, help="Sessions begun in a minute, by all clients together.")
    ] = LIMITS.sessions_per_minute,
    client_sessions_per_minute: Annotated[
        int, typer.Option(metavar="N", min=1, help="The same by one client address.")
    ] = LIMITS.client_sessions_per_minute,
    session_minutes: Annotated[
        float, typer.Option(metavar="MINUTES", min=0.01, max=24 * 60, help="How long a session may last.")
    ] = LIMITS.session_seconds / 60,
    max_requests: Annotated[
        int, typer.Option(metavar="N", min=0, help="HTTP requests at a time that need an engine, beside the sessions.")
    ] = LIMITS.requests,
    history_megabytes: Annotated[
        float,
        typer.Option(metavar="MB", min=0, max=10_000, help="How much sound a session keeps; a minute has 2.9 MB."),
    ] = LIMITS.history_bytes / 1e6,
    drain_seconds: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            max=3600,
            help="How long answers under way may take when the server is told to end; a second Ctrl-C does not wait.",
        ),
    ] = 30,
    profile: ProfileOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run the embedded Realtime server for any client.

    Clients need the key in --api-key-file, or the one that REALTIME_CHAT_SERVER_KEY holds; without either, none, and
    then only this machine can reach it.
    """
    from realtime_chat.cli.credentials import LLM, STT, TTS
    from realtime_chat.cli.engine_urls import remote_of
    from realtime_chat.cli.pulling import SPOKEN, ensure_models
    from realtime_chat.cli.serving import own_models
    from realtime_chat.server.engines.remote import Elsewhere
    from realtime_chat.server.models.manifest import Purpose
    from realtime_chat.server.process import ServeOptions
    from realtime_chat.server.process import serve as run_server

    start_log(verbose=verbose, errors=True)
    elsewhere = Elsewhere(
        hearing=remote_of(STT, stt_url, stt_model),
        thinking=remote_of(LLM, llm_url, llm_model),
        speaking=remote_of(TTS, tts_url, tts_model, tts_voice),
        voice=tts_voice or "",
    )
    if engines is Engines.REAL:
        moved = {Purpose.HEARING} if stt_url is not None else set()
        moved |= {Purpose.SPEAKING} if tts_url is not None else set()
        ensure_models(own_models(SPOKEN - moved, model, thinks_elsewhere=llm_url is not None))
    options = ServeOptions(
        host=host,
        port=port,
        engines=engines.value,
        model=model,
        elsewhere=elsewhere,
        key=_key(api_key_file),
        limits=Limits(
            sessions=max_sessions,
            sessions_per_minute=sessions_per_minute,
            client_sessions_per_minute=client_sessions_per_minute,
            session_seconds=session_minutes * 60,
            history_bytes=round(history_megabytes * 1e6),
            requests=max_requests,
        ),
        drain_seconds=drain_seconds,
    )

    def ready(url: str) -> None:
        if not quiet:
            say(f"Listening on {url} (Ctrl-C ends it). Talk to it with: realtime-chat --server {url}")

    with contextlib.suppress(Stopped):  # SIGTERM is how a service is ended
        run_server(options, ready)


def _key(file: Path | None) -> str | None:
    """Give the key that clients must know, None for none.

    Raises:
        KeyUnfit: It cannot be used.
    """
    from realtime_chat.server.key_file import key_in, read_key

    key = key_in("REALTIME_CHAT_SERVER_KEY") if file is None else read_key(file)
    if key is not None:
        hide(key)
    return key
