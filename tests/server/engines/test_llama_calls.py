"""The steps of an answer, with a library in memory that writes what it is told to."""

import json

import pytest

from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.llama_calls import MAX_CALLS, write_answer
from realtime_chat.server.engines.llama_turn import Turn
from realtime_chat.server.engines.seam import TokenUsage, Tool, Toolbox, ToolCall
from realtime_chat.server.engines.tool_text import CALL_ENDS, call_head
from realtime_chat.server.engines.worker import Cancel

PICK = Tool("pick", "", {"properties": {"n": {"type": "array", "uniqueItems": True}}, "required": ["n"]})
STOP = Tool("stop", "", {})
TOOLS = (PICK, STOP)


class Library:
    """Answers each request with the next of ``replies``, a character a token, as far as ``max_tokens`` allows.

    The rest of one that is cut answers the next request.
    """

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.requests: list[dict] = []

    def handle_chat_completions(self, request, call_back) -> None:
        self.requests.append(request)
        reply = self.replies.pop(0)
        text = reply[: request["max_tokens"]]
        for c in text:
            if call_back({"choices": [{"delta": {"content": c}, "finish_reason": None}]}):
                return
        finish = "stop" if len(text) < request["max_tokens"] else "length"
        if text != reply:
            self.replies.insert(0, reply[len(text) :])
        usage = {
            "prompt_tokens": 100,
            "completion_tokens": len(text),
            "prompt_tokens_details": {"cached_tokens": 90},
        }
        call_back({"choices": [{"delta": {}, "finish_reason": finish}], "usage": usage})

    @property
    def begun(self) -> list[str]:
        last = [request["messages"][-1] for request in self.requests]
        return [message["content"] if message["role"] == "assistant" else "" for message in last]


def answer(library, room=500, cancel=None, **options):
    out: list = []
    cancel = Cancel() if cancel is None else cancel
    turn = Turn(library, lambda _: [{"role": "user", "content": "Hi"}], whole=1500, limit=room, cancel=cancel)
    for _ in write_answer(turn, out.append, Toolbox(TOOLS, **options)):
        pass
    calls = [piece for piece in out if isinstance(piece, ToolCall)]
    text = "".join(piece for piece in out if isinstance(piece, str))
    assert out[len(out) - len(calls) :] == calls, "text comes first"
    return text, calls, turn


def test_text_that_only_looks_like_a_call_is_text():
    for text in ("A spider <b>has</b> eight legs.", "1 < 2", "<", "Ends with <tool_"):
        assert answer(Library(text))[:2] == (text, [])


def test_a_thought_is_not_given():
    assert answer(Library("<think>Hm. stop</think>Well."))[0] == "Well."


def test_an_answer_of_text_and_calls_is_written_in_steps():
    head, arguments = call_head("stop"), f" {{}}{CALL_ENDS}"
    other, others = f"\n{call_head('pick')}", f' {{"n": [1]}}{CALL_ENDS}'
    library = Library(f"Well. {head}", arguments, other, others, "")
    text, calls, turn = answer(library)
    assert text.strip() == "Well."
    assert calls == [ToolCall("stop", "{}"), ToolCall("pick", '{"n": [1]}')]
    assert library.begun[1:3] == [f"Well. {head}", f"Well. {head}{arguments}"]
    assert library.begun[4] == f"Well. {head}{arguments}{other}{others}"
    written = sum(map(len, (f"Well. {head}", arguments, other, others)))
    assert turn.usage() == TokenUsage(100, 90, written)
    assert [request["max_tokens"] for request in library.requests][-1] == 500 - written


def test_a_named_tool_is_called_at_once():
    library = Library(f" {{}}{CALL_ENDS}")
    assert answer(library, only="stop")[1] == [ToolCall("stop", "{}")]
    assert library.begun == [call_head("stop")]


def test_one_call_where_several_are_not_wanted():
    assert len(answer(Library(call_head("stop"), f" {{}}{CALL_ENDS}"), choice="required", parallel=False)[1]) == 1


def test_a_model_that_cannot_stop_is_stopped():
    again = [f"\n{call_head('stop')}", f" {{}}{CALL_ENDS}"] * 3
    assert len(answer(Library(call_head("stop"), f" {{}}{CALL_ENDS}", *again))[1]) == 1
    heads = [call_head("pick")] + [f"\n{call_head('pick')}"] * MAX_CALLS
    steps = [step for n, head in enumerate(heads) for step in (head, f' {{"n": [{n}]}}{CALL_ENDS}')]
    assert len(answer(Library(*steps), room=1000)[1]) == MAX_CALLS


def test_arguments_that_do_not_fit_are_tried_again():
    wrong, right = f' {{"n": [1, 1]}}{CALL_ENDS}', f' {{"n": [1, 2]}}{CALL_ENDS}'
    library = Library(wrong, right)
    assert answer(library, only="pick")[1] == [ToolCall("pick", '{"n": [1, 2]}')]
    assert library.begun == [call_head("pick")] * 2
    assert [request["temperature"] for request in library.requests] == [0.0, 0.7]
    with pytest.raises(EngineError, match="finds no arguments that fit the tool pick"):
        answer(Library(wrong, wrong, wrong), only="pick")


def test_a_refused_grammar_is_followed_by_a_looser_one():
    library = Library("Sure!", f' {{"n": []}}{CALL_ENDS}')
    parameters = {"properties": {"n": {"items": {"pattern": "a"}}}}
    out: list = []
    turn = Turn(library, lambda _: [], whole=1500, limit=500, cancel=Cancel())
    assert list(write_answer(turn, out.append, Toolbox((Tool("pick", "", parameters),), only="pick"))) == []
    assert out == [ToolCall("pick", '{"n": []}')]
    assert ["pattern" in request["grammar"] for request in library.requests] == [True, False]


def test_a_call_that_is_cut_off_is_not_made():
    whole = [call_head("stop"), f" {{}}{CALL_ENDS}"]
    for room in range(1, len(whole[0]) + 3):
        text, calls, turn = answer(Library(*whole), room=room, choice="auto")
        assert (text, calls, turn.usage().reached_limit) == ("", [], True)
        assert turn.usage().output_tokens <= room


def test_a_call_whose_arguments_are_whole_is_made():
    text, calls, turn = answer(Library(call_head("stop"), f" {{}}{CALL_ENDS}"), room=len(call_head("stop")) + 3)
    assert (text, calls, turn.reached_limit) == ("", [ToolCall("stop", "{}")], True)


def in_turns(library, **options):
    """Write an answer; give how many tokens were written when others had their turn, and what came of it."""
    out: list = []
    turn = Turn(library, lambda _: [{"role": "user", "content": "Hi"}], whole=1500, limit=900, cancel=Cancel())
    others_had = [turn.written for _ in write_answer(turn, out.append, Toolbox(TOOLS, **options))]
    return others_had, "".join(piece for piece in out if isinstance(piece, str)), out


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_others_have_their_turn_within_a_long_text(choice):
    said = "A word. " * 25
    library = Library(said)
    assert in_turns(library, choice=choice)[:2] == ([64, 128, 192], said)
    assert library.begun == ["", said[:64], said[:128], said[:192]]
    grammars = [request["grammar"].splitlines()[0].split(" | ")[0] for request in library.requests]
    assert grammars == ["root ::= text"] + ["root ::= text?"] * 3  # it may be over just here


def test_a_text_that_is_whole_at_the_cut_is_whole():
    assert in_turns(Library("x" * 64, ""))[:2] == ([64], "x" * 64)


HEAD = call_head("pick")


@pytest.mark.parametrize("before", range(64 - len(HEAD) - 2, 66))
def test_others_have_their_turn_wherever_a_call_begins(before):
    text = "x" * before
    library = Library(text + HEAD, f' {{"n": [1]}}{CALL_ENDS}', "")
    others_had, said, out = in_turns(library)
    assert (said, out[-1]) == (text, ToolCall("pick", '{"n": [1]}'))
    assert others_had[0] == (64 if before + len(HEAD) >= 64 else len(library.begun[2]))
    if 0 < 64 - before < len(HEAD):  # the call was cut, and its rest may be no other
        assert library.requests[1]["grammar"].strip().split(" | ")[0] == f"root ::= {json.dumps(HEAD[64 - before :])}"


def test_others_have_their_turn_between_calls_and_attempts():
    wrong, right = (
        f' {{"n": [{"1, " * 30}1, 1]}}{CALL_ENDS}',
        f' {{"n": [{", ".join(map(str, range(30)))}]}}{CALL_ENDS}',
    )
    others_had, _, out = in_turns(Library(wrong, right), only="pick")
    assert (len(out), others_had) == (1, [len(wrong)])
    head, stop = call_head("pick"), call_head("stop")
    library = Library(head, right, f"\n{stop}", f" {{}}{CALL_ENDS}", "")
    others_had, _, out = in_turns(library, choice="required")
    assert len(out) == 2
    assert others_had == [len(head + right)]  # a short call is not parted


def test_nothing_follows_a_cancel():
    cancel = Cancel()
    library = Library(call_head("stop"), f" {{}}{CALL_ENDS}", "")
    handle = library.handle_chat_completions

    def cancelled_in_the_second(request, call_back) -> None:
        if len(library.requests) == 1:
            cancel.set()
        handle(request, call_back)

    library.handle_chat_completions = cancelled_in_the_second
    assert answer(library, cancel=cancel, choice="required")[1] == []
    assert len(library.requests) == 2


def test_the_grammars_name_the_tools():
    library = Library("Hello.")
    answer(library)
    assert json.dumps(call_head("pick")) in library.requests[0]["grammar"]
    library = Library("Hello.")
    answer(library, choice="none")
    assert "call" not in library.requests[0]["grammar"]
