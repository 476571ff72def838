"""`realtime-chat serve`: the embedded server alone, for any client."""

from __future__ import annotations

import contextlib
import os
from typing import Annotated

import typer

from realtime_chat.cli.config.profile import ProfileOption
from realtime_chat.cli.endings import Stopped, ends_well
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
    profile: ProfileOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run the embedded Realtime server for any client.

    Clients need the key that REALTIME_CHAT_SERVER_KEY holds; where it is not set, none.
    """
    from realtime_chat.cli.credentials import LLM, key_for
    from realtime_chat.cli.pulling import SPOKEN, ensure_models
    from realtime_chat.cli.serving import own_models
    from realtime_chat.cli.target import choose_target
    from realtime_chat.server.process import ServeOptions
    from realtime_chat.server.process import serve as run_server

    start_log(verbose=verbose, errors=True)
    choose_target("local", os.environ, model=model, llm_url=llm_url, llm_model=llm_model)
    if engines is Engines.REAL:
        ensure_models(own_models(SPOKEN, model, thinks_elsewhere=llm_url is not None))
    options = ServeOptions(
        host=host,
        port=port,
        engines=engines.value,
        model=model,
        llm_url=llm_url,
        llm_model=llm_model,
        key=_key("REALTIME_CHAT_SERVER_KEY"),
        llm_key=key_for(LLM, os.environ) if llm_url is not None else None,
    )

    def ready(url: str) -> None:
        if not quiet:
            say(f"Listening on {url} (Ctrl-C ends it). Talk to it with: realtime-chat --server {url}")

    with contextlib.suppress(Stopped):  # SIGTERM is how a service is ended
        run_server(options, ready)


def _key(variable: str) -> str | None:
    key = os.environ.get(variable, "").strip()
    if not key:
        return None
    hide(key)
    return key
