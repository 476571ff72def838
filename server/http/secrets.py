"""``POST /v1/realtime/client_secrets``: an ephemeral key, for a client that must not know the server's own."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from realtime_chat.protocol.brackets import check_brackets
from realtime_chat.protocol.codec import MAX_ECHO, malformed
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import Session, TranscriptionSession
from realtime_chat.protocol.unknown_fields import unknown_field
from realtime_chat.server.client_secrets import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS, ClientSecret
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.http.refusals import TooLong, body_of, refusal, refused_access, too_much
from realtime_chat.server.http.service import Service, new_id

MAX_BODY = 1024 * 1024
"""Bytes of a request: long instructions and many tools."""


class ExpiresAfter(Struct):
    """How long a secret begins sessions, from now on."""

    anchor: Literal["created_at"] = "created_at"
    seconds: Annotated[int, Meta(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)] = USUAL_SECONDS


class ClientSecretRequest(Struct):
    """The body of ``POST /v1/realtime/client_secrets``; an empty one will do."""

    expires_after: ExpiresAfter | UnsetType = UNSET
    session: Session | UnsetType = UNSET


class ClientSecretAnswer(Struct):
    """A secret, until when it begins sessions (seconds since 1970), and what those will be like."""

    value: str
    expires_at: int
    session: Session


async def client_secrets(request: Request, service: Service) -> Response:
    """Make a secret."""
    if refused := refused_access(request, service.key):
        return refused
    try:
        body = await body_of(request, MAX_BODY)
        wanted = _wanted(body or b"{}")
        update = None if wanted.session is UNSET else wanted.session
        session = _effective(service, update)
    except TooLong:
        return refusal(413, "request_too_large", f"A request may have {MAX_BODY} bytes: say less of the session.")
    except MalformedEvent as error:
        return refusal(400, error.code, error.reason, param=error.param)
    seconds = USUAL_SECONDS if wanted.expires_after is UNSET else wanted.expires_after.seconds
    secret = service.secrets.mint(update, len(body), seconds, time.time())
    if not isinstance(secret, ClientSecret):
        return too_much(
            secret, 429, "rate_limit_error", "There are too many client secrets.", code="too_many_client_secrets"
        )
    answer = ClientSecretAnswer(secret.value, int(secret.expires_at), session)
    return Response(msgspec.json.encode(answer), media_type="application/json", headers={"Cache-Control": "no-store"})


def _wanted(body: bytes) -> ClientSecretRequest:
    """Read a request, as strictly as ``session.update`` is read.

    Raises:
        MalformedEvent: It is none, is nested too deeply, or has a field that nobody knows.
    """
    check_brackets(body)
    try:
        wanted = msgspec.json.decode(body, type=ClientSecretRequest)
        unknown = unknown_field(msgspec.json.decode(body), ClientSecretRequest)
    except msgspec.ValidationError as error:
        raise malformed(str(error), None) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedEvent("invalid_json", "The request is not valid JSON.") from None
    if unknown:
        raise MalformedEvent("unknown_parameter", f"Unknown parameter: '{unknown[:MAX_ECHO]}'.", unknown[:MAX_ECHO])
    return wanted


def _effective(service: Service, update: Session | None) -> Session:
    """Give what a session begun with the secret will be like.

    Raises:
        MalformedEvent: It asks for something this server does not do.
    """
    session = service.new_session(transcribes=isinstance(update, TranscriptionSession), expires_at=0)
    conversation = Conversation(session, new_id)
    conversation.open(update)
    return conversation.session
