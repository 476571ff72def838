"""``GET /openapi.json``: the routes, described. The shapes of bodies come from the types that read and write them."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from realtime_chat.server.http.chat_request import ChatRequest
from realtime_chat.server.http.secrets import ClientSecretAnswer, ClientSecretRequest
from realtime_chat.server.http.speech import SpeechRequest

_REFUSALS = {
    400: "The request means nothing here; the body says what is wrong with it.",
    401: "The key is missing, or wrong.",
    403: "A page of another origin, or, without a key, an address that is not loopback.",
    404: "There is no such thing.",
    413: "The request is too long.",
    426: "The request is no WebSocket upgrade.",
    429: "Too much for now. Retry-After says in how many seconds to try again.",
    503: "Not ready yet, about to end, or an engine failed. Retry-After says when to try again, where that is known.",
}


@cache
def description() -> dict[str, Any]:
    """Give the OpenAPI document. Whoever gets it leaves it as it is."""
    bodies = (SpeechRequest, ChatRequest, ClientSecretRequest, ClientSecretAnswer)
    _, schemas = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "realtime-chat",
            "version": "1",
            "description": "A Realtime server: spoken and typed conversations over a WebSocket.",
        },
        "paths": {
            "/v1/realtime": {"get": _websocket()},
            "/v1/realtime/client_secrets": {
                "post": _operation(
                    "Make an ephemeral key that begins sessions.",
                    ("The key, and what its sessions will be like.", _json(_ref("ClientSecretAnswer"))),
                    400,
                    401,
                    403,
                    413,
                    429,
                    takes="ClientSecretRequest",
                )
            },
            "/v1/audio/speech": {
                "post": _operation(
                    "Say a text aloud.",
                    (
                        "The sound: a WAV file, or PCM16 mono at 24 kHz.",
                        {"audio/wav": {}, "audio/pcm": {}},
                    ),
                    400,
                    401,
                    403,
                    429,
                    503,
                    takes="SpeechRequest",
                )
            },
            "/v1/audio/transcriptions": {
                "post": _operation(
                    "Recognise a recording.",
                    (
                        "The words, and how long the recording is.",
                        _json(_object(text={"type": "string"}, usage={"type": "object"})) | {"text/plain": {}},
                    ),
                    400,
                    401,
                    403,
                    413,
                    429,
                    503,
                )
                | {"requestBody": {"content": {"multipart/form-data": {"schema": _recording()}}}}
            },
            "/v1/chat/completions": {
                "post": _operation(
                    "Answer a conversation.",
                    (
                        "The answer, or, with `stream`, chunks of it.",
                        _json(_object(choices=_list({"type": "object"}), usage={"type": "object"}))
                        | {"text/event-stream": {}},
                    ),
                    400,
                    401,
                    403,
                    413,
                    429,
                    503,
                    takes="ChatRequest",
                )
            },
            "/v1/models": {
                "get": _operation(
                    "List the models that this server runs.",
                    ("The models.", _json(_object(object={"const": "list"}, data=_list(_ref("Model"))))),
                    401,
                    403,
                )
            },
            "/v1/models/{model}": {
                "get": _operation("Describe a model.", ("The model.", _json(_ref("Model"))), 401, 403, 404)
                | {"parameters": [{"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}]}
            },
            "/health": {
                "get": {
                    "summary": "Say whether the server takes sessions.",
                    "security": [],
                    "responses": {
                        "200": {"description": "It does.", "content": _json(_ref("Health"))},
                        "503": {"description": "Not yet, or no more.", "content": _json(_ref("Health"))},
                    },
                }
            },
            "/metrics": {
                "get": _operation(
                    "Give the server's figures to Prometheus.",
                    ("The figures.", {"text/plain": {}, "application/openmetrics-text": {}}),
                    401,
                    403,
                )
            },
            "/openapi.json": {
                "get": _operation("Give this description.", ("It.", _json({"type": "object"}))) | {"security": []}
            },
        },
        "security": [{"key": []}, {}],
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The server's key, where it has one. A session also takes an ephemeral key (ek_…).",
                }
            },
            "schemas": schemas | _schemas(),
        },
    }


def _schemas() -> dict[str, Any]:
    text, nullable = {"type": "string"}, {"type": ["string", "null"]}
    return {
        "Error": _object(error=_object(type=text, code=text, message=text, param=nullable)),
        "Model": _object(id=text, object={"const": "model"}, created={"type": "integer"}, owned_by=text),
        "Health": _object(status={"enum": ["loading", "ready", "draining"]}),
    }


def _recording() -> dict[str, Any]:
    text = {"type": "string"}
    file = {"type": "string", "format": "binary", "description": "A WAV file of 16-bit or floating-point samples."}
    properties = {"file": file, "model": text, "response_format": {"enum": ["json", "text"]}}
    return {"type": "object", "properties": properties, "required": ["file"]}


def _websocket() -> dict[str, Any]:
    operation = _operation(
        "Hold a session: a WebSocket upgrade, then one event of the Realtime API (GA) in each text frame.",
        None,
        401,
        403,
        426,
        429,
        503,
    )
    operation["parameters"] = [
        {
            "name": "model",
            "in": "query",
            "schema": {"type": "string"},
            "description": "Any; session.created says which model really answers.",
        },
        {
            "name": "intent",
            "in": "query",
            "schema": {"enum": ["transcription"]},
            "description": "transcription: the session only writes down what it hears, and has no responses.",
        },
    ]
    operation["responses"]["101"] = {
        "description": "The session begins. Close codes: 1001 the session's time is over or the server is about to "
        "end, 1008 the client does not read, 1009 a message is too long, 1011 the session broke."
    }
    return operation


def _operation(
    summary: str, good: tuple[str, dict[str, Any]] | None, *refusals: int, takes: str | None = None
) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if good is not None:
        responses["200"] = {"description": good[0], "content": good[1]}
    for status in refusals:
        responses[str(status)] = {"description": _REFUSALS[status], "content": _json(_ref("Error"))}
    operation: dict[str, Any] = {"summary": summary, "responses": responses}
    if takes is not None:
        operation["requestBody"] = {"content": _json(_ref(takes)), "required": takes == "SpeechRequest"}
    return operation


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
