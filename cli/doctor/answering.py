"""The server: a real connection to whoever would answer, with the key that would be used."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from realtime_chat.audio.clock import now
from realtime_chat.cli.credentials import OPENAI, KeyOrigin, name_of_address, variable_of
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import CliError
from realtime_chat.cli.serving import Served, connected, served
from realtime_chat.cli.target import Kind, Target
from realtime_chat.session.errors import (
    BadAddress,
    CannotConnect,
    ConnectionLost,
    InsecureAddress,
    Refused,
    ServerSilent,
    SessionError,
    SessionRejected,
    UnusableKey,
    WrongKey,
)
from realtime_chat.session.notices import Notice, Ready

SERVER = "server"

_READY_S = 15.0
_OFFLINE = "or do without it: `--server local`"


async def look_at_server(
    target: Target,
    options: EmbeddedOptions,
    *,
    origin: KeyOrigin | None,
    lacks_models: Callable[[], bool],
    speaks: bool,
) -> AsyncIterator[Finding]:
    """Open a session, as a conversation would, and close it.

    Args:
        target: Whose.
        options: How the embedded server thinks, where it is the one.
        origin: Where its key comes from; None where it gets none.
        lacks_models: Says that models are missing, without which that one cannot start.
        speaks: Ask for a spoken session; else for a typed one.
    """
    if target.kind is Kind.EMBEDDED and lacks_models():
        yield Finding(SERVER, Verdict.SKIP, "the embedded server was not started: its models are missing")
        return
    began = now()
    try:
        async with served(target, options) as server:
            started = now()
            model = await _session(target, server, speaks=speaks)
            opened = now()
    except SessionError as error:
        yield judge_refusal(error, target, origin)
        return
    except CliError as error:  # the embedded server did not start
        todo = "run `realtime-chat serve -v` to see why, or use another one with `--server`"
        yield Finding(SERVER, Verdict.FAIL, str(error), todo)
        return
    took = f"a session with {model or 'its model'} after {(opened - started) * 1000:.0f} ms"
    match target.kind:
        case Kind.EMBEDDED:
            what = f"the embedded server was ready after {started - began:.1f} s, and gave {took}"
        case Kind.OPENAI:
            what = f"OpenAI takes the key from {origin}, and gave {took}"
        case Kind.URL:
            what = f"{_host(target.address)} gave {took}"
    yield Finding(SERVER, Verdict.OK, what)


async def _session(target: Target, server: Served, *, speaks: bool) -> str:
    """Open a session and give the model's name.

    Raises:
        SessionError: There is none to be had.
    """
    from realtime_chat.cli.edges import SilentSpeaker
    from realtime_chat.session.runner import Conversation
    from realtime_chat.session.settings import Settings

    model = ""
    settings = Settings(model=target.model, modality="text")
    if speaks:
        settings = Settings(model=target.model, modality="audio", transcribe=target.transcription)

    def watch(notice: Notice) -> None:
        nonlocal model
        if isinstance(notice, Ready):
            model = notice.model
            conversation.quit()

    async with (
        connected(server, target) as connection,
        contextlib.AsyncExitStack() as s,
    ):
        speaker = await s.enter_async_context(SilentSpeaker()) if speaks else None
        conversation = Conversation(connection, settings, speaker=speaker, watch=watch, ready_seconds=_READY_S)
        await conversation.run()
    return model


def judge_refusal(error: SessionError, target: Target, origin: KeyOrigin | None) -> Finding:
    """Say what to do about a session that there is none of."""
    name = OPENAI if target.kind is Kind.OPENAI else name_of_address(target.address)
    variable = variable_of(name or "")
    what, todo = _refusal(error, variable, origin)
    return Finding(SERVER, Verdict.FAIL, what, todo)


def _refusal(error: SessionError, variable: str, origin: KeyOrigin | None) -> tuple[str, str]:
    match error:
        case WrongKey() if origin is not None:
            todo = f"{origin.step}, {_OFFLINE}"
            return f"{error.address} does not accept the key from {origin} (HTTP {error.status})", todo
        case WrongKey():
            return f"{error.address} wants a key, and none is set (HTTP {error.status})", f"put one into {variable}"
        case Refused(status=404):
            todo = "check the path of --server, which most often ends in /v1, and the name of --model"
            return f"{error.address} answers, but has no such path or no such model (HTTP 404{_said(error)})", todo
        case Refused(status=429):
            todo = f"wait a little, and look at the account's limits and balance, {_OFFLINE}"
            return f"{error.address} gives this account no session now (HTTP 429{_said(error)})", todo
        case Refused() if error.status >= 500:
            return (
                f"{error.address} is out of order (HTTP {error.status}{_said(error)})",
                f"try again later, {_OFFLINE}",
            )
        case Refused():
            todo = "check that --server is the address of a Realtime server, and the name of --model"
            return f"{error.address} opens no WebSocket (HTTP {error.status}{_said(error)})", todo
        case InsecureAddress():
            todo = f"use a wss:// or https:// address; if that server needs no key, take away the one in {origin}"
            return f"the key was not sent to {error.address}: {error.reason}", todo
        case BadAddress():
            todo = "write it like wss://api.openai.com/v1 or http://127.0.0.1:8000/v1"
            return f"{error.address!r} is no address of a server: {error.reason}", todo
        case CannotConnect():
            todo = f"check that it runs, the address, and that no firewall or proxy is in the way, {_OFFLINE}"
            return f"{error.address} cannot be reached: {error.reason}", todo
        case UnusableKey():
            todo = f"copy it again: {origin.step if origin is not None else f'set {variable}'}"
            return f"the key from {origin or variable} holds a space, a line break or a letter that no key has", todo
        case SessionRejected():
            todo = "check --model, and what that account may use"
            return f"the server refused the session ({error.code or 'no code'}): {error.message or 'no reason'}", todo
        case ServerSilent():
            todo = "check that it is a Realtime server that speaks the GA protocol (else see --dialect), and its path"
            return f"{error.address} took the connection, and gave no session within {error.seconds:g} s", todo
        case ConnectionLost():
            why = f": {error.reason}" if error.reason else ""
            return f"the connection broke before there was a session (code {error.code}{why})", "try again"
    return str(error), "run again with -v to see more"


def _said(error: Refused) -> str:
    return f": {error.reason}" if error.reason else ""


def _host(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
