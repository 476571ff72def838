"""The description, held against the routes there are and what they answer."""

from __future__ import annotations

import re

import httpx
from serving_loop import serving
from starlette.routing import Route, WebSocketRoute

from realtime_chat.server.app import build_app
from realtime_chat.server.engines.choose import scripted_engines
from realtime_chat.server.http.openapi import description

KEY = "the-key-of-this-server"


def test_every_route_is_described_and_nothing_else():
    real = set()
    for route in build_app(scripted_engines()).routes:
        path = re.sub(r":path\}", "}", route.path)
        if isinstance(route, Route):
            real |= {(path, method.lower()) for method in route.methods - {"HEAD"}}
        elif isinstance(route, WebSocketRoute) and path != "/{path}":
            real.add((path, "get"))
    assert {(path, method) for path, item in description()["paths"].items() for method in item} == real


def test_every_reference_leads_somewhere():
    text = repr(description())
    names = set(re.findall(r"'#/components/schemas/([^']+)'", text))
    assert names >= {"Error", "SpeechRequest", "ClientSecretRequest", "RealtimeSession"}
    assert names <= set(description()["components"]["schemas"])
    assert set(re.findall(r"\{(\w+)\}", " ".join(description()["paths"]))) == {"model"}


def test_what_a_session_can_be_for_is_described():
    described = {one["name"]: one for one in description()["paths"]["/v1/realtime"]["get"]["parameters"]}
    assert described["intent"]["schema"] == {"enum": ["transcription"]}
    assert set(described) == {"model", "intent"}


async def test_what_is_answered_is_described():
    async with serving(key=KEY) as server, httpx.AsyncClient(base_url=server.origin, trust_env=False) as client:
        document = (await client.get("/openapi.json")).json()
        assert document == description()
        keyed = {"Authorization": f"Bearer {KEY}"}
        for path, item in document["paths"].items():
            for method, operation in item.items():
                here = path.replace("{model}", "scripted")
                body = {"input": "Hello"} if "requestBody" in operation and "speech" in path else None
                for headers in ({}, keyed, keyed | {"Origin": "https://elsewhere.example"}):
                    answer = await client.request(method, here, headers=headers, json=body)
                    described = operation["responses"][str(answer.status_code)]
                    assert answer.headers["content-type"].split(";")[0] in described["content"]
                    if answer.status_code >= 400:
                        assert set(answer.json()["error"]) == {"type", "code", "message", "param"}
                    if operation.get("security") == []:
                        assert answer.status_code == 200


async def test_what_is_not_there_is_refused_in_the_same_shape():
    async with serving() as server, httpx.AsyncClient(base_url=server.origin, trust_env=False) as client:
        missing = await client.get("/v1/nothing")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
        wrong = await client.get("/v1/audio/speech")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")
