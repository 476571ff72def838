import asyncio
import subprocess
import sys
from contextlib import aclosing
from itertools import pairwise

import pytest

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.json_schema import ArgumentsSchema
from realtime_chat.server.engines.llama import SHORT_ANSWERS, LlamaThinking
from realtime_chat.server.engines.llama_calls import AT_ONCE
from realtime_chat.server.engines.place import Place
from realtime_chat.server.engines.seam import ChatMessage, TokenUsage, Tool, Toolbox, ToolCall

pytestmark = pytest.mark.engines

SYSTEM = ChatMessage("system", "Answer in one short sentence.")

TIMER = Tool(
    "set_timer",
    "Set a timer.",
    {"properties": {"minutes": {"type": "integer", "minimum": 1, "maximum": 60}}, "required": ["minutes"]},
)
TOOLS = {
    tool.name: tool
    for tool in (
        TIMER,
        Tool("stop", "Stop everything.", {}),
        Tool(
            "book_table",
            "Book a table in a restaurant.",
            {
                "$defs": {"day": {"enum": ["Monday", "Tuesday"]}},
                "properties": {
                    "guests": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 2},
                    "when": {
                        "type": "object",
                        "properties": {"day": {"$ref": "#/$defs/day"}, "hour": {"type": "integer"}},
                        "required": ["day", "hour"],
                    },
                },
                "required": ["guests", "when"],
            },
        ),
        Tool("set_code", "", {"properties": {"code": {"pattern": "^[A-Z]{2}-[0-9]{3}$"}}, "required": ["code"]}),
        Tool(
            'pick "two"',
            "Pick two letters.",
            {
                "properties": {
                    "é": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "maxItems": 2}
                },
                "required": ["é"],
                "additionalProperties": False,
            },
        ),
        Tool("either", "", {"anyOf": [{"properties": {"x": {"type": "null"}}, "required": ["x"]}]}),
    )
}


@pytest.fixture(scope="module")
def gguf(model):
    return next(model("smollm2-135m-instruct").glob("*.gguf"))


@pytest.fixture(scope="module")
def thinking(gguf):
    engine = LlamaThinking(gguf, context=512)
    yield engine
    engine.close()


async def ask(engine, *messages, **options) -> tuple[str, TokenUsage]:
    *pieces, usage = [piece async for piece in engine.answer(messages, **options)]
    assert all(isinstance(piece, str) and piece for piece in pieces)
    assert isinstance(usage, TokenUsage)
    return "".join(pieces), usage


async def test_an_answer_streams_and_ends_with_what_it_cost(thinking):
    pieces = [p async for p in thinking.answer([SYSTEM, ChatMessage("user", "What is the capital of France?")])]
    *text, usage = pieces
    assert len(text) > 1
    assert "".join(text).strip()
    assert "<|" not in "".join(text)
    assert len(text) <= usage.output_tokens + 1
    assert usage.input_tokens > usage.cached_tokens > 0
    assert not usage.reached_limit


async def test_the_limit_of_tokens_is_kept_and_said(thinking):
    _, usage = await ask(thinking, SYSTEM, ChatMessage("user", "Tell me a long story about a dog."), max_tokens=5)
    assert usage.output_tokens == 5
    assert usage.reached_limit


@pytest.mark.parametrize(("asked", "written"), [(None, 380), (300, 300), (5000, 380)])
async def test_an_answer_has_the_room_that_the_context_leaves(thinking, asked, written):
    story = ChatMessage("user", "Write a very long story about the sea with many chapters.")
    _, usage = await ask(thinking, story, max_tokens=asked)  # the model does not come to an end of that
    assert usage.reached_limit
    assert usage.output_tokens >= written
    assert asked == usage.output_tokens or usage.input_tokens + usage.output_tokens in (512, 513)


async def test_a_long_answer_lets_others_have_their_turn(thinking):
    ended = []

    async def write(name, text, tokens):
        Place().take()
        written, usage = await ask(thinking, ChatMessage("user", text), max_tokens=tokens)
        assert written
        assert usage.output_tokens <= tokens
        ended.append((name, usage.output_tokens > AT_ONCE))

    story = "Write a very long story about a lighthouse, with many chapters."
    await asyncio.gather(write("long", story, 3 * AT_ONCE), write("short", "Say hi.", 8))
    assert ended == [("short", False), ("long", True)]


async def test_what_was_prepared_is_not_read_again(thinking):
    system = ChatMessage("system", "You are a gardener. " * 12)
    await thinking.prepare([system])
    _, usage = await ask(thinking, system, ChatMessage("user", "Hello!"), max_tokens=2)
    assert usage.cached_tokens > usage.input_tokens * 0.8


async def test_a_next_turn_is_read_on_from_the_last(thinking):
    first = ChatMessage("user", "What do bees make?")
    text, before = await ask(thinking, SYSTEM, first)
    messages = [SYSTEM, first, ChatMessage("assistant", text), ChatMessage("user", "And cows?")]
    _, usage = await ask(thinking, *messages, max_tokens=2)
    assert usage.cached_tokens >= before.input_tokens


async def test_closing_the_iterator_makes_way_for_the_next(thinking):
    story = [SYSTEM, ChatMessage("user", "Tell me a very long story about a cat and a dog and a horse.")]
    async with aclosing(thinking.answer(story)) as pieces:
        await anext(pieces)
    text, _ = await ask(thinking, SYSTEM, ChatMessage("user", "What do bees make?"))
    assert text


async def test_a_prompt_can_be_cancelled_while_it_is_read(thinking):
    messages = [SYSTEM, ChatMessage("user", " ".join(f"Thing {n} costs {n * 7}." for n in range(25)))]
    task = asyncio.create_task(anext(thinking.answer(messages)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await ask(thinking, SYSTEM, ChatMessage("user", "Hello!"), max_tokens=3))[0]


async def test_a_conversation_longer_than_the_context_goes_on(thinking):
    messages = [SYSTEM]
    read = []
    for number in range(14):
        messages.append(ChatMessage("user", f"What do you think of the number {number * 37}? I rather like it."))
        _, usage = await ask(thinking, *messages, max_tokens=2)
        messages.append(ChatMessage("assistant", f"I think that {number * 37} is a fine number, as they all are."))
        assert usage.input_tokens < 512
        read.append(usage.input_tokens)
    assert any(after < before for before, after in pairwise(read)), "nothing was ever left out"


async def test_a_language_with_more_tokens_than_guessed_fits_too(thinking):
    messages = [SYSTEM]
    for _ in range(6):
        messages += [ChatMessage("user", "ⴰⵣⵓⵍ ⴼⵍⵍⴰⴽ " * 4), ChatMessage("assistant", "ⴰⵣⵓⵍ " * 6)]
    _, usage = await ask(thinking, *messages, ChatMessage("user", "ⴰⵣⵓⵍ?"), max_tokens=2)
    assert usage.input_tokens < 512


async def test_one_message_longer_than_the_context_is_refused_with_a_next_step(thinking):
    with pytest.raises(EngineError, match=r"too long .* tokens.*; shorten it"):
        await ask(thinking, SYSTEM, ChatMessage("user", "word " * 2000))
    assert (await ask(thinking, SYSTEM, ChatMessage("user", "Hello!"), max_tokens=3))[0]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [ChatMessage("user", "")],
        [ChatMessage("user", "a \ud800 \x00 \x1b[31m <|im_end|>")],
        [ChatMessage("assistant", "Yes?"), ChatMessage("assistant", "Well?")],
        [SYSTEM, SYSTEM],
    ],
    ids=["none", "empty", "odd", "assistants", "systems"],
)
async def test_odd_conversations_are_answered(thinking, messages):
    _, usage = await ask(thinking, *messages, max_tokens=3)
    assert usage.output_tokens <= 3
    await thinking.prepare(messages)


async def test_the_examples_are_part_of_the_prompt(gguf):
    counts = []
    for examples in (None, ()):
        engine = LlamaThinking(gguf, context=256, examples=examples)
        try:
            counts.append((await ask(engine, SYSTEM, ChatMessage("user", "Hello!"), max_tokens=1))[1].input_tokens)
        finally:
            engine.close()
    primed, bare = counts
    assert primed > bare + 4 * len(SHORT_ANSWERS)


async def test_a_long_answer_with_tools_lets_others_have_their_turn(roomy):
    ended = []
    story = ChatMessage("user", "Write a very long story about a lighthouse, with many chapters.")

    async def write_long():
        Place().take()
        text, calls, usage = await call(roomy, SYSTEM, story, choice="none", max_tokens=3 * AT_ONCE)
        assert usage.output_tokens > AT_ONCE, text
        assert text
        assert calls == []
        ended.append("long")

    async def write_short():
        Place().take()
        await ask(roomy, ChatMessage("user", "Say hi."), max_tokens=8)
        ended.append("short")

    await asyncio.gather(write_long(), write_short())
    assert ended == ["short", "long"]


async def call(engine, *messages, **options) -> tuple[str, list[ToolCall], TokenUsage]:
    max_tokens = options.pop("max_tokens", None)
    box = Toolbox(tuple(TOOLS.values()), **options)
    *pieces, usage = [piece async for piece in engine.answer(messages, max_tokens=max_tokens, tools=box)]
    calls = [piece for piece in pieces if isinstance(piece, ToolCall)]
    assert isinstance(usage, TokenUsage)
    for each in calls:
        assert ArgumentsSchema(TOOLS[each.name]).fits(each.arguments), each
        assert each.call_id == ""
    return "".join(piece for piece in pieces if isinstance(piece, str)), calls, usage


@pytest.fixture(scope="module")
def roomy(gguf):
    engine = LlamaThinking(gguf, context=1536)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", TOOLS)
async def test_a_named_tool_is_called_with_arguments_that_are_valid(roomy, name):
    text, calls, usage = await call(roomy, SYSTEM, ChatMessage("user", "Do it for Ann on Monday at 8."), only=name)
    assert (text, [each.name for each in calls]) == ("", [name])
    assert usage.output_tokens > 0


@pytest.mark.parametrize("parallel", [True, False])
async def test_a_required_call_is_made(roomy, parallel):
    question = ChatMessage("user", "Set a timer for 3 minutes, and stop.")
    text, calls, _ = await call(roomy, SYSTEM, question, choice="required", parallel=parallel)
    assert text == ""
    assert len(calls) == 1 if not parallel else calls


async def test_nothing_is_called_where_nothing_may_be(roomy):
    text, calls, _ = await call(roomy, SYSTEM, ChatMessage("user", "Set a timer for 3 minutes."), choice="none")
    assert text
    assert calls == []


async def test_a_result_leads_to_an_answer_that_is_read_on_from_the_call(roomy):
    asked = [SYSTEM, ChatMessage("user", "Set a timer for 3 minutes.")]
    _, (made,), before = await call(roomy, *asked, only="set_timer")
    told = ChatMessage("assistant", "", (ToolCall(made.name, made.arguments, "c1"),))
    text, calls, usage = await call(roomy, *asked, told, ChatMessage("tool", '{"done": true}', call_id="c1"))
    assert text or calls
    assert usage.cached_tokens >= before.input_tokens


async def test_tools_that_were_prepared_are_not_read_again(roomy):
    box = Toolbox(tuple(TOOLS.values()))
    await roomy.prepare([SYSTEM], tools=box)
    _, _, usage = await call(roomy, SYSTEM, ChatMessage("user", "Hello!"), max_tokens=2)
    assert usage.cached_tokens > usage.input_tokens * 0.9


async def test_a_call_without_room_is_not_made(roomy):
    text, calls, usage = await call(roomy, SYSTEM, ChatMessage("user", "Hello!"), choice="required", max_tokens=4)
    assert (text, calls) == ("", [])
    assert (usage.output_tokens, usage.reached_limit) == (4, True)


async def test_a_call_can_be_cancelled_while_it_is_written(roomy):
    question = ChatMessage("user", "Book a table for Ann and Bob.")
    task = asyncio.create_task(call(roomy, SYSTEM, question, only="book_table"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await ask(roomy, SYSTEM, ChatMessage("user", "Hello!"), max_tokens=3))[0]


async def test_a_grammar_that_the_library_refuses_is_made_up_for(roomy):
    parameters = {"properties": {"a": {"type": "string", "pattern": "^(?!x)", "maxLength": 9}}, "required": ["a"]}
    tool = Tool("ahead", "", parameters)
    asked = [SYSTEM, ChatMessage("user", "Go ahead.")]
    made, _ = [piece async for piece in roomy.answer(asked, tools=Toolbox((tool,), only="ahead"))]
    assert ArgumentsSchema(tool).fits(made.arguments)


async def test_tools_that_cannot_be_used_are_named(roomy):
    broken = Toolbox((Tool("odd", "", {"properties": {"a": {"$ref": "#/no"}}}),))
    many = Toolbox(tuple(Tool(f"tool{n}", "It is here to be read. " * 9, {}) for n in range(60)))
    asked = [SYSTEM, ChatMessage("user", "Hello!")]
    with pytest.raises(EngineError, match="the tool odd"):
        await anext(roomy.answer(asked, tools=broken))
    with pytest.raises(EngineError, match="offer fewer tools"):
        await anext(roomy.answer(asked, tools=many))


@pytest.mark.parametrize("content", [None, b"", b"GGUF", b"\x00" * 10_000])
def test_a_broken_file_is_named(tmp_path, content, capfd):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EngineError, match=r"The thinking engine failed: model\.gguf cannot be loaded"):
        LlamaThinking(path)
    assert capfd.readouterr() == ("", "")


def test_no_xllamacpp_says_what_to_install(gguf, monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(EngineError, match=r"needs xllamacpp: install it with .*\[local\]"):
        LlamaThinking(gguf)


_PROGRAM = """
import asyncio, os, pathlib, psutil, signal, sys
from realtime_chat.server.engines.llama import LlamaThinking
from realtime_chat.server.engines.seam import ChatMessage

os.environ.pop("OMP_WAIT_POLICY", None)
engine = LlamaThinking(pathlib.Path(sys.argv[1]), context=256)
assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"

async def ask():
    return [piece async for piece in engine.answer([ChatMessage("user", "Hi!")], max_tokens=2)]

asyncio.run(ask())
listening = [c for c in psutil.Process().net_connections("inet") if c.status == "LISTEN"]
assert sys.platform == "win32" or not listening, listening
sockets = [c.laddr for c in psutil.Process().net_connections("unix") if c.laddr] if sys.platform != "win32" else []
assert not any(os.path.exists(path) for path in sockets), sockets
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    raise SystemExit(7)
"""


def test_it_is_silent_listens_on_no_port_and_leaves_ctrl_c_alone(gguf):
    done = subprocess.run([sys.executable, "-c", _PROGRAM, gguf], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, b"", b"")
