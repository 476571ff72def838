import json
from contextlib import aclosing

import httpx
import pytest
from openai import AsyncOpenAI
from starlette.testclient import TestClient

from realtime_chat.server.app import build_app
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.engines.errors import EngineError, EngineRefused
from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Tool, Toolbox, ToolCall

HELLO = [{"role": "user", "content": "Say hello"}]
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}


class Mind:
    """Answers with ``pieces``, and fails where there is an error among them; remembers what it was asked."""

    def __init__(self, *pieces: str | ToolCall | TokenUsage | Exception) -> None:
        self.pieces = pieces
        self.asked: list[tuple] = []
        self.closed = 0

    async def prepare(self, messages, *, tools=None):
        raise AssertionError("nobody asked for it")

    async def answer(self, messages, *, max_tokens=None, tools=None):
        self.asked.append((messages, max_tokens, tools))
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


def client(mind: Mind) -> TestClient:
    engines = EngineSet("mind", ScriptedHearing, lambda: mind, ScriptedSpeaking)
    return TestClient(build_app(engines), base_url="http://localhost")


def chunks(text: str) -> list[dict]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]" or "error" in lines[-1]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def test_the_official_sdk_holds_a_conversation(scripted_url, key):
    async with AsyncOpenAI(api_key=key, base_url=scripted_url) as sdk:
        answer = await sdk.chat.completions.create(model="any", messages=HELLO, max_tokens=3)
        assert answer.choices[0].message.content == "You said: Say"
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage is not None
        assert answer.usage.completion_tokens == 3
        assert answer.model == "scripted"
        stream = await sdk.chat.completions.create(
            model="any", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        async with aclosing(stream.__stream__()) as pieces:
            got = [piece async for piece in pieces]
        assert "".join(piece.choices[0].delta.content or "" for piece in got if piece.choices) == "You said: Say hello"
        assert got[-2].choices[0].finish_reason == "stop"
        assert got[-1].usage.total_tokens == got[-1].usage.prompt_tokens + 4


def test_a_conversation_with_calls_reaches_the_engine_whole():
    mind = Mind(TokenUsage(7, 2, 1))
    request = {
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "Look "}, {"type": "text", "text": "it up."}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "42"},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "look_up"}},
        "parallel_tool_calls": False,
        "max_tokens": 9,
        "max_completion_tokens": 5,
        "temperature": 0.3,
    }
    answer = client(mind).post("/v1/chat/completions", json=request).json()
    assert mind.asked == [
        (
            (
                ChatMessage("system", "Be kind."),
                ChatMessage("user", "Look it up."),
                ChatMessage("assistant", "", (ToolCall("look_up", "{}", "c1"),)),
                ChatMessage("tool", "42", (), "c1"),
            ),
            5,
            Toolbox(
                (Tool("look_up", "", {"type": "object", "properties": {}}),), "required", "look_up", parallel=False
            ),
        )
    ]
    assert answer["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 1,
        "total_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 2},
    }


@pytest.mark.parametrize(
    ("function", "code", "param", "says"),
    [
        ({"name": "f", "parameters": {"type": "bogus"}}, "invalid_function_parameters", "parameters", "schema"),
        ({"name": "f", "parameters": {"$ref": "http://x/y"}}, "invalid_function_parameters", "parameters", "schema"),
        ({"name": "a b"}, "invalid_value", "name", "'tools[1].function.name'"),
        ({"name": "look_up"}, "invalid_value", "name", "two of them"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_cannot_be_one_is_the_clients_fault(stream, function, code, param, says):
    mind = Mind(TokenUsage(1, 0, 1))
    request = {"messages": HELLO, "tools": [TOOL, {"type": "function", "function": function}], "stream": stream}
    answer = client(mind).post("/v1/chat/completions", json=request)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert error["param"] == f"tools[1].function.{param}"
    assert says in error["message"]
    assert mind.asked == []


def test_a_limit_of_the_engines_account_is_told_by_its_code():
    spent = EngineRefused("thinking", "it allows no more requests", 429, "insufficient_quota")
    for stream in (False, True):
        answer = client(Mind(spent)).post("/v1/chat/completions", json={"messages": HELLO, "stream": stream})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "insufficient_quota")
    late = client(Mind("Well", spent)).post("/v1/chat/completions", json={"messages": HELLO, "stream": True})
    error = chunks(late.text)[-1]["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "insufficient_quota")


def test_an_answer_that_a_filter_stopped_says_so():
    mind = Mind("Hel", TokenUsage(1, 0, 1, was_filtered=True))
    answer = client(mind).post("/v1/chat/completions", json={"messages": HELLO}).json()
    assert answer["choices"][0]["finish_reason"] == "content_filter"


def test_a_call_is_told_whole_and_in_a_stream():
    mind = Mind("Let me see. ", ToolCall("look_up", '{"a": 1}'), ToolCall("look_up", "{}"), TokenUsage(1, 0, 1))
    request = {"messages": HELLO, "tools": [TOOL], "tool_choice": "auto"}
    choice = client(mind).post("/v1/chat/completions", json=request).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "Let me see. "
    calls = choice["message"]["tool_calls"]
    assert [call["function"]["arguments"] for call in calls] == ['{"a": 1}', "{}"]
    assert len({call["id"] for call in calls}) == 2
    got = chunks(client(mind).post("/v1/chat/completions", json=request | {"stream": True}).text)
    deltas = [chunk["choices"][0]["delta"] for chunk in got]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[1] == {"content": "Let me see. "}
    assert [delta["tool_calls"][0]["index"] for delta in deltas[2:4]] == [0, 1]
    assert got[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert all("usage" not in chunk for chunk in got)


def test_an_engine_that_fails():
    broken = EngineError("thinking", "it broke")
    for stream in (False, True):
        answer = client(Mind(broken)).post("/v1/chat/completions", json={"messages": HELLO, "stream": stream})
        assert answer.status_code == 503
        assert answer.json()["error"]["message"] == "The thinking engine failed: it broke."
    late = Mind("Well", broken)
    assert client(late).post("/v1/chat/completions", json={"messages": HELLO}).status_code == 503
    got = chunks(client(late).post("/v1/chat/completions", json={"messages": HELLO, "stream": True}).text)
    assert got[-1]["error"]["message"] == "The thinking engine failed: it broke."
    assert late.closed == 2


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        ({}, None),
        ({"messages": []}, None),
        ({"messages": [{"role": "ghost", "content": "x"}]}, None),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, None),
        ({"messages": HELLO, "max_tokens": 0}, None),
        ({"messages": HELLO, "n": 2}, "n"),
        ({"messages": HELLO, "tool_choice": "required"}, "tool_choice"),
        ({"messages": HELLO, "tools": [TOOL], "tool_choice": {"function": {"name": "other"}}}, "tool_choice"),
    ],
)
def test_what_cannot_be_answered_is_said(request_, param):
    mind = Mind(TokenUsage(0, 0, 0))
    answer = client(mind).post("/v1/chat/completions", json=request_)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert mind.asked == []


async def test_nonsense_strangers_and_too_much(scripted_url, key):
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"{scripted_url}/chat/completions"
        assert (await http.post(url, json={"messages": HELLO})).status_code == 401
        http.headers["Authorization"] = f"Bearer {key}"
        for nonsense in (b"", b"[", b"\xff", b"[" * 100_000, b"5"):
            assert (await http.post(url, content=nonsense)).status_code == 400
        assert (await http.post(url, content=b" " * 5_000_000)).status_code == 413
