"""The client against a real HTTP server on the loopback, which misbehaves on purpose."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from realtime_chat.server.engines import endpoint as endpoint_module
from realtime_chat.server.engines.endpoint import EndpointThinking
from realtime_chat.server.engines.errors import EngineError, EngineRefused
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Tool, Toolbox, ToolCall

KEY = "sk-secret-123"
HELLO = [ChatMessage("system", "Be kind."), ChatMessage("user", "Hello!")]


def chunk(content: str | None = None, finish: str | None = None, **more: object) -> dict:
    return {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}], **more}


USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
GOOD = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
    chunk("<thi"),
    chunk("nk>Hm.</think>"),
    chunk(" Good"),
    chunk(" mor\x1bning!"),
    chunk(None, "stop"),
    {"choices": [], "usage": USAGE},
]


def sse(*chunks: object) -> str:
    return "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"


class Endpoint:
    """Serves what ``reply`` returns and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict, dict]] = []
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        self.reply = lambda: Response(sse(*GOOD), media_type="text/event-stream")
        self.url = ""

    async def chat(self, request: Request) -> Response:
        self.requests.append((dict(request.headers), await request.json()))
        self.asked.set()
        return self.reply()

    def stream(self, *parts: str, cut: bool = False, wait: float = 0.0, forever: bool = False) -> None:
        """Send ``parts`` piece by piece; ``cut`` breaks the connection after them."""

        async def body() -> AsyncIterator[str]:
            try:
                for part in parts:
                    yield part
                    await asyncio.sleep(wait)
                if forever:
                    await asyncio.Event().wait()
            finally:
                self.gone.set()
            if cut:
                raise ConnectionAbortedError

        self.reply = lambda: StreamingResponse(body(), media_type="text/event-stream")


@asynccontextmanager
async def serving(endpoint: Endpoint) -> AsyncIterator[None]:
    app = Starlette(routes=[Route("/v1/chat/completions", endpoint.chat, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def endpoint():
    endpoint = Endpoint()
    async with serving(endpoint):
        yield endpoint


@pytest.fixture
async def thinking(endpoint):
    engine = EndpointThinking(endpoint.url, "tiny", KEY)
    yield engine
    await engine.aclose()


async def ask(engine: EndpointThinking, **options: object) -> tuple[list[str | ToolCall], TokenUsage]:
    *pieces, usage = [piece async for piece in engine.answer(HELLO, **options)]
    return pieces, usage


async def failure(engine: EndpointThinking) -> str:
    with pytest.raises(EngineError) as caught:
        await ask(engine)
    text = str(caught.value)
    assert KEY not in text
    assert text.isprintable()
    assert text.startswith("The thinking engine failed: http://127.0.0.1:")
    return text


async def test_an_answer_that_a_filter_stopped_says_so(endpoint, thinking):
    endpoint.stream(sse(chunk("Yes"), chunk(None, "content_filter"), {"choices": [], "usage": USAGE}))
    *text, usage = [piece async for piece in thinking.answer(HELLO)]
    assert "".join(text) == "Yes"
    assert usage == TokenUsage(9, 4, 3, was_filtered=True)


async def test_a_refusal_is_what_it_says(endpoint, thinking):
    refusal = {"choices": [{"index": 0, "delta": {"content": None, "refusal": "I cannot."}, "finish_reason": None}]}
    endpoint.stream(sse(refusal, chunk(None, "stop")))
    *text, usage = [piece async for piece in thinking.answer(HELLO)]
    assert "".join(text) == "I cannot."
    assert not usage.was_filtered


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "No credits.", "code": "insufficient_quota"}}, "insufficient_quota"),
        ({"error": {"message": "No credits.", "type": "insufficient_quota"}}, "insufficient_quota"),
        ({"error": {"message": "No credits.", "code": "credit_balance_exhausted"}}, "insufficient_quota"),
        ({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        ({"error": "Slow down."}, "rate_limit_exceeded"),
        (["odd"], "rate_limit_exceeded"),
    ],
)
async def test_a_limit_is_told_by_its_code(endpoint, thinking, body, code):
    endpoint.reply = lambda: JSONResponse(body, 429)
    with pytest.raises(EngineRefused) as refused:
        await anext(thinking.answer(HELLO))
    assert (refused.value.status, refused.value.code) == (429, code)


@pytest.mark.parametrize(
    ("error", "refusal", "expected"),
    [
        (
            {"message": "No credits.", "type": "insufficient_quota", "code": "insufficient_quota"},
            (429, "insufficient_quota"),
            "allows no more requests now (insufficient_quota: No credits); wait, or see the account's limits",
        ),
        ({"type": "credit_balance_exhausted"}, (429, "insufficient_quota"), "now (credit_balance_exhausted); wait"),
        (
            {"message": "Slow down.", "type": "tokens", "code": "rate_limit_exceeded"},
            (429, "rate_limit_exceeded"),
            "allows no more requests now (rate_limit_exceeded: Slow down)",
        ),
        ({"type": "rate_limit_error"}, (429, "rate_limit_exceeded"), "allows no more requests now (rate_limit_error)"),
        ({"message": "Slow down.", "code": 429}, (429, "rate_limit_exceeded"), "now (429: Slow down)"),
        ({"message": "Spent.", "code": "429"}, (429, "rate_limit_exceeded"), "now (429: Spent)"),
        ({"type": "insufficient_quota", "code": 429}, (429, "insufficient_quota"), "now (429); wait"),
        (
            {"message": f"Incorrect API key: {KEY}", "type": "invalid_request_error", "code": "invalid_api_key"},
            (401, ""),
            "refused the API key (invalid_api_key); set the right one for --llm-url",
        ),
        ({"type": "permission_error"}, (403, ""), "refused the API key (permission_error)"),
        (
            {"message": "No such model", "type": "invalid_request_error", "code": "model_not_found"},
            (404, ""),
            "has no model called tiny, or no chat completions at that path (model_not_found: No such model)",
        ),
        (
            {"message": "Too long.", "type": "invalid_request_error", "code": "context_length_exceeded"},
            (400, ""),
            "refused the request (context_length_exceeded: Too long); see --llm-url and --llm-model",
        ),
        ({"message": "Too long", "type": "exceed_context_size_error", "code": 400}, (400, ""), "request (400: Too"),
        ({"message": "Bad", "type": "invalid_request_error", "code": None}, (400, ""), "(invalid_request_error: Bad)"),
        ({"message": "Oh", "type": "server_error"}, (500, ""), "has a fault of its own (server_error: Oh); try again"),
        ({"type": "overloaded_error"}, (529, ""), "has a fault of its own (overloaded_error)"),
    ],
)
async def test_an_error_in_the_stream_is_what_it_is_as_a_status(endpoint, thinking, error, refusal, expected):
    endpoint.stream(sse(chunk("Well, "), {"error": error}))
    pieces = thinking.answer(HELLO)
    assert await anext(pieces) == "Well, "
    with pytest.raises(EngineRefused) as refused:
        await anext(pieces)
    assert (refused.value.status, refused.value.code) == refusal
    assert expected in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "out of\x07 memory", "code": "\x1b[2J"},
        {"message": "out of memory", "code": 7, "type": ["odd"]},
        {"message": "out of memory", "code": True},
        {"message": "out of memory", "code": "²"},
        "out of memory.",
    ],
)
async def test_an_error_in_the_stream_that_nobody_knows_is_a_failure(endpoint, thinking, error):
    endpoint.stream(sse({"error": error}))
    with pytest.raises(EngineError) as failed:
        await anext(thinking.answer(HELLO))
    assert not isinstance(failed.value, EngineRefused)
    assert str(failed.value).endswith("stopped with an error (out of memory); try again.")


async def test_an_error_may_be_the_whole_piece_of_the_stream(endpoint, thinking):
    endpoint.stream(sse({"object": "error", "message": "Too many.", "type": "RateLimitError", "code": 429}))
    with pytest.raises(EngineRefused) as refused:
        await anext(thinking.answer(HELLO))
    assert (refused.value.status, refused.value.code) == (429, "rate_limit_exceeded")


async def test_an_answer_streams_and_ends_with_what_it_cost(endpoint, thinking):
    pieces, usage = await ask(thinking, max_tokens=50)
    assert pieces == ["Good", " morning!"]
    assert usage == TokenUsage(9, 4, 3)
    headers, body = endpoint.requests[0]
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "tiny",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello!"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
    }


@pytest.mark.parametrize("key", [None, "", "  "])
async def test_no_key_no_header(endpoint, key):
    engine = EndpointThinking(f"{endpoint.url}/", "tiny", key)
    await ask(engine)
    await engine.aclose()
    headers, body = endpoint.requests[0]
    assert "authorization" not in headers
    assert "max_tokens" not in body


async def test_however_the_bytes_come_the_answer_is_the_same(endpoint, thinking):
    text = ": a comment\nevent: message\n" + sse(*GOOD).replace("\n\n", "\r\n\r\n")
    endpoint.stream(*(text[n : n + 7] for n in range(0, len(text), 7)))
    pieces, usage = await ask(thinking)
    assert "".join(pieces) == "Good morning!"
    assert usage == TokenUsage(9, 4, 3)


async def test_the_first_word_does_not_wait_for_the_last(endpoint, thinking):
    endpoint.stream(sse(chunk("Well,")).removesuffix("data: [DONE]\n\n"), forever=True)
    async with aclosing(thinking.answer(HELLO)) as pieces:
        assert await anext(pieces) == "Well,"
    await asyncio.wait_for(endpoint.gone.wait(), 20)
    endpoint.reply = lambda: Response(sse(*GOOD), media_type="text/event-stream")
    assert (await ask(thinking))[0] == ["Good", " morning!"]


async def test_cancelling_closes_the_request(endpoint, thinking):
    endpoint.stream(": wait\n\n", forever=True)
    task = asyncio.create_task(ask(thinking))
    await asyncio.wait_for(endpoint.asked.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(endpoint.gone.wait(), 20)


async def test_no_usage_is_a_usage_of_zeros(endpoint, thinking):
    endpoint.stream(sse(chunk("Yes <"), chunk(None, "length")))
    assert await ask(thinking) == (["Yes ", "<"], TokenUsage(0, 0, 0, reached_limit=True))


async def test_the_limit_is_known_with_the_usage(endpoint, thinking):
    endpoint.stream(sse(chunk("Yes"), chunk(None, "length", usage=None), {"choices": [], "usage": USAGE}))
    assert (await ask(thinking))[1] == TokenUsage(9, 4, 3, reached_limit=True)


async def test_preparing_asks_for_nothing(endpoint, thinking):
    await thinking.prepare(HELLO)
    assert endpoint.requests == []


WEATHER = Tool("weather", "Get it.", {"properties": {"city": {"type": "string"}}, "required": ["city"]})
TOOLS = Toolbox((WEATHER, Tool("stop", "", {})))


def calling(*deltas: object, finish: str = "tool_calls") -> str:
    pieces = [{"choices": [{"index": 0, "delta": {"tool_calls": [d]}, "finish_reason": None}]} for d in deltas]
    return sse(*pieces, chunk(None, finish), {"choices": [], "usage": USAGE})


async def test_calls_are_put_together_and_come_after_the_text(endpoint, thinking):
    text = {"choices": [{"index": 0, "delta": {"content": "Let me see."}}]}
    begun = {"index": 0, "id": "x", "type": "function", "function": {"name": "weather", "arguments": ""}}
    rest = [{"index": 0, "function": {"arguments": part}} for part in ('{"city"', ': "Oslo"}')]
    other = {"index": 1, "id": "y", "type": "function", "function": {"name": "stop", "arguments": ""}}
    endpoint.stream(sse(text).removesuffix("data: [DONE]\n\n") + calling(begun, *rest, other))
    assert await ask(thinking, tools=TOOLS) == (
        ["Let me see.", ToolCall("weather", '{"city": "Oslo"}'), ToolCall("stop", "{}")],
        TokenUsage(9, 4, 3),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"choice": "none"}, {"tool_choice": "none"}),
        ({"choice": "required", "parallel": False}, {"tool_choice": "required", "parallel_tool_calls": False}),
        ({"only": "stop"}, {"tool_choice": {"type": "function", "function": {"name": "stop"}}}),
    ],
)
async def test_tools_are_offered(endpoint, thinking, options, expected):
    await ask(thinking, tools=Toolbox(TOOLS.tools, **options))
    body = endpoint.requests[0][1]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["weather", "stop"]
    assert body["tools"][0] == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Get it.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    assert body["tools"][1]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert {key: body[key] for key in ("tool_choice", "parallel_tool_calls") if key in body} == expected


async def test_no_tools_are_not_offered(endpoint, thinking):
    await ask(thinking, tools=Toolbox(()))
    assert "tools" not in endpoint.requests[0][1]


async def test_calls_and_results_are_told(endpoint, thinking):
    calls = (ToolCall("weather", '{"city": "Oslo"}', "c1"), ToolCall("stop", "nonsense", "c2"))
    messages = [ChatMessage("assistant", "", calls), ChatMessage("tool", "cold\ud800", call_id="c1")]
    _ = [piece async for piece in thinking.answer(messages)]
    assert endpoint.requests[0][1]["messages"] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}},
                {"id": "c2", "type": "function", "function": {"name": "stop", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "content": "cold?", "tool_call_id": "c1"},
    ]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ({"name": "rm\x1b[2J", "arguments": "{}"}, "called a tool that it was not offered"),
        ({"name": 3, "arguments": "{}"}, "malformed piece of an answer"),
        ("stop", "malformed piece of an answer"),
    ],
)
async def test_a_call_that_cannot_be_made_is_an_error(endpoint, thinking, function, expected):
    endpoint.stream(calling({"index": 0, "id": "x", "function": function}))
    with pytest.raises(EngineError, match=expected):
        await ask(thinking, tools=TOOLS)


def weather(*cities: object, finish: str = "tool_calls") -> str:
    """A stream that calls for the weather of each city; one that is no text does not fit."""
    return calling(
        *(
            {"index": n, "id": f"x{n}", "function": {"name": "weather", "arguments": json.dumps({"city": city})}}
            for n, city in enumerate(cities)
        ),
        finish=finish,
    )


def replies(endpoint: Endpoint, *streams: str) -> None:
    left = list(streams)
    endpoint.reply = lambda: Response(left.pop(0), media_type="text/event-stream")


OSLO = ToolCall("weather", '{"city": "Oslo"}')
SAID = sse(chunk("Let me see.")).removesuffix("data: [DONE]\n\n")


async def test_arguments_that_do_not_fit_are_asked_for_once_more(endpoint, thinking):
    replies(endpoint, SAID + weather(3, "Bonn"), sse(chunk("Sorry, ")).partition("data: [DONE]")[0] + weather("Oslo"))
    assert await ask(thinking, tools=TOOLS, max_tokens=10) == (["Let me see.", OSLO], TokenUsage(18, 8, 6))
    (_, first), (_, second) = endpoint.requests
    asked, answered, *results = second["messages"][-4:]
    assert asked == first["messages"][-1]
    assert answered["content"] == "Let me see."
    arguments = [call["function"]["arguments"] for call in answered["tool_calls"]]
    assert arguments == ['{"city": 3}', '{"city": "Bonn"}']
    assert [result["tool_call_id"] for result in results] == [call["id"] for call in answered["tool_calls"]]
    assert "do not fit the JSON Schema of weather" in results[0]["content"]
    assert "the arguments of another call do not fit" in results[1]["content"]
    assert (first["max_tokens"], second["max_tokens"]) == (10, 7)
    assert {**first, "messages": [], "max_tokens": 0} == {**second, "messages": [], "max_tokens": 0}


@pytest.mark.parametrize(
    "wrong",
    [
        weather(3),
        calling({"index": 0, "function": {"name": "weather"}}),
        calling({"index": 0, "function": {"name": "weather", "arguments": '{"city": '}}),
    ],
)
async def test_arguments_that_do_not_fit_again_are_an_error(endpoint, thinking, wrong):
    replies(endpoint, wrong, wrong)
    with pytest.raises(EngineError, match="called weather with arguments that do not fit its JSON Schema, and again"):
        await ask(thinking, tools=TOOLS)
    assert len(endpoint.requests) == 2


async def test_a_model_that_then_says_something_instead_is_heard(endpoint, thinking):
    replies(endpoint, SAID + weather(3), sse(*GOOD))
    assert await ask(thinking, tools=TOOLS) == (["Let me see.", "Good morning!"], TokenUsage(18, 8, 6))


async def test_the_second_time_may_reach_the_limit(endpoint, thinking):
    replies(endpoint, weather(3), weather("Oslo", 3, finish="length"))
    assert await ask(thinking, tools=TOOLS) == ([OSLO], TokenUsage(18, 8, 6, reached_limit=True))


async def test_of_an_answer_that_was_cut_off_only_what_fits_is_called(endpoint, thinking):
    replies(endpoint, weather("Oslo", 3, finish="length"))
    assert await ask(thinking, tools=TOOLS) == ([OSLO], TokenUsage(9, 4, 3, reached_limit=True))


async def test_arguments_are_checked_while_others_are_answered(endpoint, thinking, monkeypatch):
    """The check waits until the loop has done something else."""
    loop, done = asyncio.get_running_loop(), threading.Event()

    def slow(calls, toolbox):
        loop.call_soon_threadsafe(done.set)
        assert done.wait(30)
        return frozenset()

    monkeypatch.setattr(endpoint_module, "unfit", slow)
    replies(endpoint, weather("Oslo"))
    assert (await ask(thinking, tools=TOOLS))[0] == [OSLO]


async def test_a_call_that_was_cut_off_is_left_out(endpoint, thinking):
    endpoint.stream(calling({"index": 0, "id": "x", "function": {"name": "stop", "arguments": "{"}}, finish="length"))
    assert await ask(thinking, tools=TOOLS) == ([], TokenUsage(9, 4, 3, reached_limit=True))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {"error": {"message": f"Incorrect API key: {KEY}"}}, "refused the API key (HTTP 401); set the right one"),
        (403, "no", "refused the API key (HTTP 403)"),
        (404, {"error": {"message": "model 'tiny' not found"}}, "(HTTP 404: model 'tiny' not found); see --llm-model"),
        (404, "Not Found", "has no model called tiny"),
        (429, {"error": "slow down."}, "allows no more requests now (HTTP 429: slow down); wait"),
        (
            400,
            {"error": {"message": f"\x1b[2J{KEY}\n\u202ebad " + "x" * 900}},
            "refused the request (HTTP 400: *** bad x",
        ),
        (500, "x" * 100_000, "has a fault of its own (HTTP 500); try again"),
        (503, {"error": {"message": None}}, "has a fault of its own (HTTP 503)"),
        (400, {"object": "error", "message": "Too long"}, "refused the request (HTTP 400: Too long)"),
    ],
)
async def test_a_refusal_says_what_to_do(endpoint, thinking, status, body, expected):
    response = JSONResponse if isinstance(body, dict) else PlainTextResponse
    endpoint.reply = lambda: response(body, status_code=status)
    text = await failure(thinking)
    assert expected in text
    assert len(text) < 400


async def test_a_redirect_is_not_followed_with_the_key(endpoint, thinking):
    endpoint.reply = lambda: RedirectResponse("http://127.0.0.1:9/")
    assert "refused the request (HTTP 307)" in await failure(thinking)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("<html>Hello</html>", "no stream of chat completions; see --llm-url"),
        ('{"choices": []}', "no stream of chat completions"),
        ("data: {nonsense\n\n", "malformed piece of an answer"),
        ("data: [1]\n\n", "malformed piece of an answer"),
        ('data: {"choices": [{"delta": {"content": 5}}]}\n\n', "malformed piece of an answer"),
        ('data: {"choices": 3}\n\n', "malformed piece of an answer"),
        ("data: " + "[" * 100_000 + "\n\n", "malformed piece of an answer"),
        (
            'data: {"error": {"message": "out of\\u0007 memory"}}\n\n',
            "stopped with an error (out of memory); try again",
        ),
        ("", "ended the stream in the middle of the answer"),
        ('data: {"choices": [{"delta": {"content": "Go"}}]}\n\n', "ended the stream in the middle of the answer"),
    ],
)
async def test_a_malformed_stream_is_no_answer(endpoint, thinking, stream, expected):
    endpoint.stream(stream)
    assert expected in await failure(thinking)


async def test_a_connection_cut_in_the_middle_gives_what_came_and_then_the_error(endpoint, thinking):
    endpoint.stream(sse(chunk("Well, ")).removesuffix("data: [DONE]\n\n"), cut=True)
    pieces = thinking.answer(HELLO)
    assert await anext(pieces) == "Well, "
    with pytest.raises(EngineError, match="broke the connection off in the middle of the answer"):
        await anext(pieces)


async def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    engine = EndpointThinking(f"http://127.0.0.1:{port}/v1", "tiny", KEY)
    assert "cannot be reached; see whether it runs and whether --llm-url is right" in await failure(engine)
    await engine.aclose()


async def test_silence_has_an_end(endpoint, thinking, monkeypatch):
    monkeypatch.setattr(thinking._api.client, "timeout", 0.2)
    endpoint.stream(": wait\n\n", forever=True)
    assert "did not answer in time" in await failure(thinking)


@pytest.mark.parametrize(
    "url", ["", "localhost:11434", "ftp://host/v1", "http://", "http://[::1", "http://h:x/v1", "http://h/\x1b[2J"]
)
def test_no_address(url):
    with pytest.raises(EngineError, match="--llm-url is no http"):
        EndpointThinking(url, "tiny")


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\x00b"])
def test_no_key(key):
    with pytest.raises(EngineError, match="API key holds characters") as caught:
        EndpointThinking("http://localhost/v1", "tiny", key)
    assert key not in str(caught.value)


async def test_a_password_in_the_address_is_not_shown():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    engine = EndpointThinking(f"http://me:{KEY}@127.0.0.1:{port}/v1?k={KEY}", "tiny")
    assert f"http://127.0.0.1:{port}/v1 cannot be reached" in await failure(engine)
    await engine.aclose()
