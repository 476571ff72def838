import json
from collections.abc import Callable

import httpx
import pytest

from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.thinking import look_at_endpoint

MODELS = json.dumps({"data": [{"id": "llama3.2:latest"}, {"id": "qwen\x1b[2J"}, "odd"]})


async def look(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    url: str = "http://127.0.0.1:11434/v1/",
    model: str | None = None,
    key: str | None = None,
) -> Finding:
    transport = httpx.MockTransport(answer)
    findings = look_at_endpoint(url, model, key, transport=transport)
    (finding,) = [finding async for finding in findings]
    return finding


@pytest.mark.parametrize(
    ("status", "body", "model", "verdict", "words"),
    [
        (200, MODELS, "llama3.2", Verdict.OK, "127.0.0.1:11434 answers, and has llama3.2"),
        (200, MODELS, None, Verdict.OK, "has 2 models"),
        (200, MODELS, "gpt-x\x1b[2J", Verdict.FAIL, "has no model called gpt-x"),
        (200, "<html>", "x", Verdict.WARN, "something else"),
        (200, "[]", "x", Verdict.WARN, "something else"),
        (401, "", "x", Verdict.FAIL, "refuses the key (HTTP 401)"),
        (404, "", "x", Verdict.WARN, "no list of models"),
        (500, "", "x", Verdict.FAIL, "out of order (HTTP 500)"),
    ],
)
async def test_what_an_endpoint_says(status: int, body: str, model: str | None, verdict: Verdict, words: str):
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, text=body)

    finding = await look(answer, model=model, key="llm-key")
    assert finding.verdict is verdict
    assert words in finding.what
    assert bool(finding.todo) is (verdict is not Verdict.OK)
    assert "\x1b" not in finding.what + finding.todo
    assert asked[0].url.path == "/v1/models"
    assert asked[0].headers["Authorization"] == "Bearer llm-key"


async def test_an_address_with_a_password():
    finding = await look(lambda _: httpx.Response(200, text=MODELS), url="http://me:pa55@127.0.0.1:1/v1")
    assert finding.what == "127.0.0.1:1 answers, and has 2 models"


async def test_nobody_there():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    finding = await look(answer)
    assert finding.verdict is Verdict.FAIL
    assert "cannot be reached (ConnectError)" in finding.what


async def test_a_port_where_nobody_listens():
    (finding,) = [finding async for finding in look_at_endpoint("http://127.0.0.1:1/v1", None, None)]
    assert finding.verdict is Verdict.FAIL
