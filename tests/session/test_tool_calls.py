"""Calls of tools, as the machine sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_tool import MemoryTool

from realtime_chat.protocol.client_events import ItemCreate, ItemDelete, ResponseCreate
from realtime_chat.protocol.responses import Usage
from realtime_chat.session.effects import CallTool, CheckTool, DropTool
from realtime_chat.session.notices import (
    Cause,
    Fault,
    Phase,
    ToolCall,
    ToolOutcome,
    ToolQuestion,
    ToolResult,
    Turn,
)
from realtime_chat.session.settings import Consent, Settings, TurnMode
from realtime_chat.session.tool_calls import MOST_CALLS, MOST_ROUNDS, QUESTION_SECONDS

TOOLS = (MemoryTool("look"), MemoryTool("change", is_read_only=False))


@pytest.fixture
def new(new_driver: Any) -> Any:
    def make(**wanted: Any) -> Any:
        wanted = {"modality": "text", "tools": TOOLS, "consent": Consent.ASKED} | wanted
        return new_driver(Settings(**wanted)).open()

    return make


def asked(new: Any, **wanted: Any) -> Any:
    """A driver whose person has typed a message, which is being answered."""
    driver = new(**wanted)
    driver.say()
    driver.created()
    driver.take_sent()
    driver.take_told()
    return driver


def outputs(driver: Any) -> dict[str, str]:
    """The answers to calls since the last look, and nothing else."""
    sent = driver.take_sent()
    assert all(isinstance(event, ItemCreate) for event in sent)
    found = {event.item.call_id: event.item.output for event in sent}
    assert len(found) == len(sent)
    return found


def told(driver: Any, kind: type) -> list[Any]:
    return [notice for notice in driver.take_told() if isinstance(notice, kind)]


def outcomes(driver: Any) -> dict[str, ToolOutcome]:
    return {notice.call_id: notice.outcome for notice in told(driver, ToolResult)}


class TestSession:
    def test_the_session_is_told_of_the_tools(self) -> None:
        session = Settings(tools=TOOLS).update().session
        assert [tool.name for tool in session.tools] == ["look", "change"]
        assert session.tools[0].parameters == {"type": "object", "properties": {}}
        assert session.tool_choice == "auto"

    def test_and_of_none_where_there_are_none(self) -> None:
        from msgspec import UNSET

        session = Settings().update().session
        assert (session.tools, session.tool_choice) == (UNSET, UNSET)


class TestCalls:
    def test_a_call_is_carried_out_and_leads_to_an_answer(self, new: Any) -> None:
        driver = asked(new)
        call = driver.call(arguments='{"city": "Paris"}')
        assert driver.take_tools() == [CallTool("c1", "look", {"city": "Paris"})]
        assert told(driver, ToolCall) == [ToolCall("c1", "look", '{"city": "Paris"}')]
        driver.done(output=[call])
        assert driver.machine.phase is Phase.THINKING
        assert driver.take_sent() == []
        driver.now += 0.25
        driver.tool_finished(output="12 degrees")
        created, asks = driver.take_sent()
        assert (created.item.call_id, created.item.output) == ("c1", "12 degrees")
        assert isinstance(asks, ResponseCreate)
        assert told(driver, ToolResult) == [ToolResult("c1", "look", ToolOutcome.DONE, "12 degrees", 250)]
        driver.created("r2")
        driver.text("It is cold.", response="r2")
        driver.done("r2")
        assert driver.machine.phase is Phase.LISTENING
        assert driver.machine.turns == 1

    def test_a_result_that_is_there_first_waits_for_the_end_of_the_response(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.tool_finished()
        assert outputs(driver) == {"c1": "found"}
        driver.done()
        assert driver.take_types() == ["response.create"]

    def test_all_calls_of_a_response_lead_to_one_answer(self, new: Any) -> None:
        driver = asked(new)
        driver.call("c1")
        driver.call("c2")
        driver.tool_finished("c2", "two")
        driver.done()
        assert outputs(driver) == {"c2": "two"}
        driver.tool_finished("c1", "one")
        assert driver.take_types() == ["conversation.item.create", "response.create"]

    @pytest.mark.parametrize("parts", ["item", "arguments", "end"])
    def test_however_the_server_names_a_call_it_is_carried_out_once(self, new: Any, parts: str) -> None:
        driver = asked(new)
        item = {"type": "function_call", "id": "i1", "call_id": "c1", "name": "look", "arguments": "{}"}
        place = {"response_id": "r1", "output_index": 0}
        if parts == "item":
            driver.event("response.output_item.done", **place, item=item)
            driver.event("response.output_item.done", **place, item=item)
        if parts == "arguments":
            driver.event("response.output_item.added", **place, item=item | {"arguments": ""})
            fields = {"item_id": "i1", "call_id": "c1", "arguments": "{}"}
            driver.event("response.function_call_arguments.done", **place, **fields)
        driver.done(output=[item] if parts == "end" else [])
        driver.done(output=[item])
        assert driver.take_tools() == [CallTool("c1", "look", {})]
        driver.tool_finished()
        assert driver.take_types() == ["conversation.item.create", "response.create"]

    def test_a_call_without_an_id_has_that_of_its_item(self, new: Any) -> None:
        driver = asked(new)
        driver.done(output=[{"type": "function_call", "id": "i1", "name": "look", "arguments": ""}])
        assert driver.take_tools() == [CallTool("i1", "look", {})]

    def test_a_call_without_any_id_cannot_be_answered(self, new: Any) -> None:
        driver = asked(new)
        driver.done(output=[{"type": "function_call", "name": "look", "arguments": ""}])
        assert (driver.take_tools(), driver.machine.idle) == ([], True)

    def test_a_call_that_comes_after_the_end_of_its_response_counts(self, new: Any) -> None:
        driver = asked(new)
        driver.done()
        driver.call()
        driver.tool_finished()
        assert driver.take_types() == ["conversation.item.create", "response.create"]

    def test_but_not_when_the_person_has_gone_on(self, new: Any) -> None:
        driver = asked(new)
        driver.done()
        driver.say("never mind")
        driver.take_sent()
        driver.call()
        assert list(outputs(driver)) == ["c1"]
        assert driver.take_tools() == []

    @pytest.mark.parametrize("arguments", ["[1]", "{", '"x"', "null", "[" * 100_000])
    def test_arguments_that_are_no_object(self, new: Any, arguments: str) -> None:
        driver = asked(new)
        driver.call(arguments=arguments)
        assert outcomes(driver) == {"c1": ToolOutcome.INVALID}
        assert json.loads(outputs(driver)["c1"])["error"] == "invalid_arguments"
        assert driver.take_tools() == []

    def test_a_tool_that_there_is_not(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="fly")
        driver.done()
        assert outcomes(driver) == {"c1": ToolOutcome.UNKNOWN}
        assert driver.take_types() == ["conversation.item.create", "response.create"]

    def test_without_any_tools_a_call_is_answered_too(self, new: Any) -> None:
        driver = asked(new, tools=())
        driver.call()
        driver.done()
        assert driver.take_types() == ["conversation.item.create", "response.create"]

    def test_a_failure_is_told_to_the_model(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.tool_finished(output="the disk is full", outcome=ToolOutcome.FAILED)
        assert json.loads(outputs(driver)["c1"]) == {"error": "failed", "message": "the disk is full"}

    def test_more_calls_than_anybody_needs_are_not_carried_out(self, new: Any) -> None:
        driver = asked(new)
        for number in range(MOST_CALLS + 1):
            driver.call(f"c{number}")
        assert len(driver.take_tools()) == MOST_CALLS
        assert outcomes(driver) == {f"c{MOST_CALLS}": ToolOutcome.TOO_MANY}

    def test_a_call_that_takes_too_long(self, new: Any) -> None:
        driver = asked(new, tool_seconds=5.0)
        driver.call()
        driver.done()
        driver.wait(5.0)
        assert driver.take_types() == []
        driver.wait(0.5)
        assert driver.take_tools()[1:] == [DropTool("c1")]
        assert outcomes(driver) == {"c1": ToolOutcome.TIMED_OUT}
        assert driver.take_types() == ["conversation.item.create", "response.create"]
        driver.tool_finished()
        assert driver.take_types() == []

    def test_a_server_that_repeats_itself_does_not_fill_the_memory(self, new: Any) -> None:
        driver = new()
        driver.say()
        for number in range(4_200):
            driver.call(f"c{number}", name="fly", response="r1")
        assert len(outcomes(driver)) == 4_200
        driver.take_sent()
        driver.call("c4199", name="fly")
        assert driver.take_sent() == []
        driver.call("c0", name="fly")
        assert len(driver.take_sent()) == 1

    def test_a_call_that_was_begun_and_not_ended_is_left_alone(self, new: Any) -> None:
        driver = asked(new)
        item = {"type": "function_call", "id": "i1", "call_id": "c1", "name": "look", "arguments": ""}
        driver.event("response.output_item.added", response_id="r1", output_index=0, item=item)
        driver.done()
        assert (driver.take_tools(), driver.take_sent(), driver.machine.idle) == ([], [], True)

    def test_an_item_of_another_kind_is_none_of_its_business(self, new: Any) -> None:
        driver = asked(new)
        driver.done(output=[{"type": "message", "id": "a1", "role": "assistant", "content": []}])
        assert (driver.take_tools(), driver.take_sent()) == ([], [])

    def test_half_a_surrogate_can_be_sent(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.tool_finished(output="a\ud800b")
        assert outputs(driver) == {"c1": "a?b"}


class TestTurns:
    def test_a_response_that_only_calls_tools_is_no_turn_and_the_next_one_has_its_time(self, new: Any) -> None:
        driver = new()
        driver.say()
        driver.created()
        driver.call()
        driver.done(usage={"total_tokens": 5, "input_tokens": 4, "output_tokens": 1})
        driver.tool_finished()
        assert told(driver, Turn) == []
        driver.now += 2
        driver.created("r2")
        driver.text("Well.", response="r2")
        driver.done("r2", usage={"total_tokens": 7, "input_tokens": 5, "output_tokens": 2})
        (turn,) = told(driver, Turn)
        assert turn.turn_end_to_text_ms == 2000
        assert turn.usage == Usage(total_tokens=12, input_tokens=9, output_tokens=3)

    def test_words_before_a_call_are_a_turn_of_their_own(self, new: Any) -> None:
        driver = asked(new, modality="audio", turns=TurnMode.LOCAL)
        driver.item()
        driver.words("Let me see.")
        driver.audio(500)
        driver.call()
        driver.item_done()
        driver.done()
        driver.sound(100)
        assert driver.machine.phase is Phase.SPEAKING
        driver.tool_finished()
        assert driver.take_types()[-1] == "response.create"
        driver.created("r2")
        driver.item("a2", "r2")
        driver.audio(200, "a2", "r2")
        driver.item_done("a2", "r2")
        driver.done("r2")
        driver.sound(1000)
        assert driver.machine.turns == 2
        assert len(driver.played) == 700 * 48
        assert driver.machine.phase is Phase.LISTENING

    def test_the_end_of_the_input_waits_for_the_tool(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.done()
        driver.end_input()
        assert driver.ends == []
        driver.tool_finished()
        driver.created("r2")
        driver.done("r2")
        assert [end.cause for end in driver.ends] == [Cause.FINISHED]

    def test_nothing_happens_after_the_end(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
        driver.take_sent()
        driver.tool_finished()
        assert driver.take_sent() == []


class TestConsent:
    def test_what_is_told_is_how_long_the_tool_was_at_it(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.tool_checked()
        driver.wait(20)
        driver.tool_allowed()
        driver.now += 0.25
        driver.tool_finished()
        driver.call("c2", name="change")
        driver.tool_checked("c2")
        driver.wait(20)
        driver.tool_allowed("c2", is_allowed=False)
        assert [result.ms for result in told(driver, ToolResult)] == [250, 0]

    def test_a_call_that_may_change_something_is_checked_and_then_asked_about(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change", arguments='{"to": 1}')
        assert driver.take_tools() == [CheckTool("c1", "change", {"to": 1})]
        assert told(driver, ToolQuestion) == []
        driver.tool_checked()
        assert told(driver, ToolQuestion) == [ToolQuestion("c1", "change", '{"to": 1}')]
        driver.tool_allowed()
        assert driver.take_tools() == [CallTool("c1", "change", {"to": 1})]

    def test_one_that_does_not_fit_is_not_asked_about(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.tool_finished(output="`to` is missing", outcome=ToolOutcome.INVALID)
        assert [type(notice) for notice in driver.take_told()] == [ToolCall, ToolResult]

    def test_no_is_told_to_the_model(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.tool_checked()
        driver.tool_allowed(is_allowed=False)
        assert outcomes(driver) == {"c1": ToolOutcome.REFUSED}
        assert "did not allow" in outputs(driver)["c1"]
        assert len(driver.take_tools()) == 1

    def test_one_question_at_a_time(self, new: Any) -> None:
        driver = asked(new)
        for call in ("c1", "c2", "c3"):
            driver.call(call, name="change")
        for call in ("c2", "c1", "c3"):
            driver.tool_checked(call)
        assert [question.call_id for question in told(driver, ToolQuestion)] == ["c2"]
        driver.tool_allowed("c1")  # which nobody was asked
        assert told(driver, ToolQuestion) == []
        driver.tool_allowed("c2")
        assert [question.call_id for question in told(driver, ToolQuestion)] == ["c1"]
        driver.tool_allowed("c1", is_allowed=False)
        assert [question.call_id for question in told(driver, ToolQuestion)] == ["c3"]

    @pytest.mark.parametrize("act", ["say", "interrupt", "voice_begins", "begin_turn", "server_starts"])
    def test_going_on_over_the_question_means_no(self, new: Any, act: str) -> None:
        turns = {"begin_turn": TurnMode.TAP, "server_starts": TurnMode.SERVER}.get(act, TurnMode.LOCAL)
        driver = asked(new, turns=turns)
        driver.call(name="change")
        driver.tool_checked()
        getattr(driver, act)()
        assert outcomes(driver) == {"c1": ToolOutcome.INTERRUPTED}
        driver.tool_allowed()
        assert not any(isinstance(effect, CallTool) for effect in driver.tools)

    def test_a_question_that_nobody_answers(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.done()
        driver.tool_checked()
        driver.wait(QUESTION_SECONDS + 1)
        assert outcomes(driver) == {"c1": ToolOutcome.REFUSED}

    @pytest.mark.parametrize("is_allowed", [True, False])
    def test_the_time_that_the_person_takes_is_no_latency_of_the_answer(self, new: Any, is_allowed: bool) -> None:
        driver = asked(new)
        driver.now += 0.25
        call = driver.call(name="change")
        driver.done(output=[call])
        driver.tool_checked()
        driver.now += 3.0
        driver.tool_allowed(is_allowed=is_allowed)
        if is_allowed:
            driver.now += 0.5
            driver.tool_finished()
        driver.created("r2")
        driver.text("Done.", response="r2")
        driver.done("r2")
        (turn,) = told(driver, Turn)
        assert turn.turn_end_to_text_ms == (750 if is_allowed else 250)

    def test_nor_of_the_next_one(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.tool_checked()
        driver.now += 3.0
        driver.say()  # over the question
        driver.created("r2")
        driver.now += 0.5
        driver.text("Fine.", response="r2")
        driver.done("r2")
        assert [turn.turn_end_to_text_ms for turn in told(driver, Turn)] == [500]

    def test_the_time_that_the_person_takes_is_not_the_tools(self, new: Any) -> None:
        driver = asked(new, tool_seconds=5.0)
        driver.call(name="change")
        driver.tool_checked()
        driver.wait(20.0)
        driver.tool_allowed()
        driver.wait(4.0)
        assert outcomes(driver) == {}

    def test_the_trusted_are_not_asked(self, new: Any) -> None:
        driver = asked(new, consent=Consent.GIVEN)
        driver.call(name="change")
        assert driver.take_tools() == [CallTool("c1", "change", {})]

    def test_where_there_is_nobody_the_answer_is_no(self, new: Any) -> None:
        driver = asked(new)
        driver.machine.set_consent(Consent.REFUSED)
        driver.call(name="change")
        assert driver.take_tools() == []
        assert outcomes(driver) == {"c1": ToolOutcome.REFUSED}


class TestInterruptions:
    def test_what_runs_may_end_while_the_person_speaks_and_no_answer_is_asked_for(self, new: Any) -> None:
        driver = asked(new, modality="audio")
        driver.call()
        driver.done()
        driver.voice_begins()
        driver.take_sent()
        driver.tool_finished()
        assert outputs(driver) == {"c1": "found"}
        driver.voice()
        driver.voice_ends()
        assert driver.take_types().count("response.create") == 1

    @pytest.mark.parametrize("turns", [TurnMode.LOCAL, TurnMode.SERVER])
    def test_what_still_runs_when_the_next_answer_is_begun_is_answered_before(self, new: Any, turns: TurnMode) -> None:
        driver = asked(new, modality="audio", turns=turns)
        driver.call()
        driver.done()
        if turns is TurnMode.LOCAL:
            driver.voice_begins()
            driver.voice()
            driver.take_sent()
            driver.voice_ends()
            kinds = ["conversation.item.create", "input_audio_buffer.commit", "response.create"]
        else:
            driver.server_starts()
            driver.take_sent()
            driver.server_stops()
            kinds = ["conversation.item.create"]
        assert driver.take_types() == kinds
        assert driver.take_tools()[-1] == DropTool("c1")
        assert outcomes(driver) == {"c1": ToolOutcome.INTERRUPTED}
        driver.tool_finished()
        assert driver.take_types() == []

    def test_a_call_of_an_interrupted_response_is_answered_and_not_carried_out(self, new: Any) -> None:
        driver = asked(new)
        driver.interrupt()
        driver.take_sent()
        driver.call()
        assert "was not" in outputs(driver)["c1"]
        driver.done(status="cancelled")
        assert (driver.take_tools(), driver.take_sent()) == ([], [])
        assert driver.machine.idle

    def test_half_a_call_is_taken_out_of_the_history(self, new: Any) -> None:
        driver = asked(new)
        item = {"type": "function_call", "id": "i1", "call_id": "c1", "name": "look", "arguments": ""}
        driver.event("response.output_item.added", response_id="r1", output_index=0, item=item)
        driver.interrupt()
        driver.take_sent()
        driver.done(status="cancelled", output=[item | {"status": "incomplete", "arguments": '{"ci'}])
        assert driver.take_sent() == [ItemDelete(item_id="i1")]

    @pytest.mark.parametrize("status", ["cancelled", "failed"])
    def test_a_response_that_the_server_ends_is_not_gone_on_with(self, new: Any, status: str) -> None:
        driver = asked(new)
        call = driver.call()
        driver.call("c2", name="change")
        driver.done(status=status, output=[call])
        driver.tool_finished()
        assert outputs(driver).keys() == {"c1", "c2"}
        assert driver.machine.idle

    def test_a_response_whose_end_never_comes(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.tool_finished()
        driver.take_sent()
        driver.wait(61.0)
        assert driver.take_types() == ["response.cancel"]
        driver.wait(6.0)
        assert driver.machine.idle

    def test_an_output_that_crosses_a_cancelled_call_is_no_fault(self, new: Any) -> None:
        driver = asked(new)
        driver.error("invalid_tool_call_id", "No tool call found for call id c1.")
        assert told(driver, Fault) == []


class TestLoops:
    def round(self, driver: Any, number: int) -> list[Any]:
        """The model calls a tool again; give what is sent."""
        driver.created(f"r{number}")
        driver.call(f"c{number}", response=f"r{number}")
        driver.done(f"r{number}")
        driver.tool_finished(f"c{number}")
        return driver.take_sent()

    def test_a_model_that_only_calls_tools_must_speak_in_the_end(self, new: Any) -> None:
        driver = new()
        driver.say()
        driver.take_sent()
        asks = [self.round(driver, number)[-1] for number in range(MOST_ROUNDS)]
        assert [ask.response.tool_choice if ask.response else None for ask in asks] == [None] * 9 + ["none"]
        driver.take_told()
        driver.take_tools()
        (output,) = self.round(driver, 99)
        assert "too_many" in output.item.output
        assert driver.take_tools() == []
        assert [fault.code for fault in told(driver, Fault)] == ["tool_loop"]
        assert driver.machine.idle

    @pytest.mark.parametrize("act", ["say", "words"])
    def test_words_of_either_side_begin_a_new_count(self, new: Any, act: str) -> None:
        driver = new()
        driver.say()
        for number in range(MOST_ROUNDS):
            self.round(driver, number)
        driver.created("words")
        if act == "words":
            driver.text("Well.", response="words")
            driver.done("words")
        driver.say()
        driver.done("words", status="cancelled")
        assert not driver.take_sent()[-1].response


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, str]]:
    """What can happen to some calls of one response and to the response, in any order that makes sense."""
    calls = [f"c{number}" for number in range(draw(st.integers(1, 5)))]
    ways = {call: draw(st.sampled_from(["look", "yes", "no", "misfit", "slow"])) for call in calls}
    paths = {
        "look": ["call", "finished"],
        "yes": ["call", "checked", "allowed", "finished"],
        "no": ["call", "checked", "refused"],
        "misfit": ["call", "finished"],
        "slow": ["call"],
    }
    left = {call: list(paths[ways[call]]) for call in calls} | {"r1": ["done"]}
    order = []
    while left:
        # The response ends after its last call was made; calls may be over before or after that.
        unmade = any(steps[0] == "call" for steps in left.values())
        able = [name for name in left if not (name == "r1" and unmade)]
        name = draw(st.sampled_from(able))
        step = left[name].pop(0)
        order.append((f"{ways[name]} {step}" if step == "call" else step, name))
        if not left[name]:
            del left[name]
    return order


@given(order=orders())
def test_each_call_is_answered_once_and_all_of_them_lead_to_one_answer(
    new_driver: Any, order: list[tuple[str, str]]
) -> None:
    driver = new_driver(Settings(modality="text", tools=TOOLS, consent=Consent.ASKED, tool_seconds=5.0)).open()
    driver.say()
    driver.created()
    driver.take_sent()
    calls = {name for _, name in order if name != "r1"}
    for step, name in order:
        match step.split():
            case [way, "call"]:
                driver.call(name, name="look" if way in {"look", "slow"} else "change")
            case ["checked"]:
                driver.tool_checked(name)
            case ["allowed"]:
                driver.tool_allowed(name)
            case ["refused"]:
                driver.tool_allowed(name, is_allowed=False)
            case ["finished"]:
                driver.tool_finished(name)
            case _:
                driver.done()
    # Questions whose turn had not come when they were answered are put now, and what is slow is given up.
    for _ in calls:
        driver.wait(QUESTION_SECONDS + 1)
    sent = driver.take_sent()
    answered = [event.item.call_id for event in sent if isinstance(event, ItemCreate)]
    assert sorted(answered) == sorted(calls)
    asks = [index for index, event in enumerate(sent) if isinstance(event, ResponseCreate)]
    assert len(asks) == 1
    assert asks[0] == len(sent) - 1


class TestTheEnd:
    def test_what_runs_is_interrupted_and_its_time_told(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.take_told()
        driver.do(driver.machine.close(Cause.QUIT, now=driver.now + 0.25))
        (result,) = [notice for notice in driver.take_told() if isinstance(notice, ToolResult)]
        assert (result.outcome, result.ms) == (ToolOutcome.INTERRUPTED, 250)
        assert "The conversation ended while this call was under way" in result.output
        assert "may have had its effect" in result.output
        assert "went on" not in result.output

    def test_what_was_not_begun_is_not_said_to_be_the_persons_doing(self, new: Any) -> None:
        driver = asked(new)
        driver.call(name="change")
        driver.take_told()
        driver.do(driver.machine.close(Cause.LOST, now=driver.now))
        (result,) = [notice for notice in driver.take_told() if isinstance(notice, ToolResult)]
        assert "The conversation ended before this call was carried out" in result.output

    def test_a_call_is_given_up_where_the_person_did_go_on(self, new: Any) -> None:
        driver = asked(new)
        driver.call()
        driver.say("never mind")
        driver.done()
        (result,) = [notice for notice in driver.take_told() if isinstance(notice, ToolResult)]
        assert "The person went on while this call was under way" in result.output

    def test_a_question_that_is_open_is_over(self, new: Any) -> None:
        driver = asked(new)
        for call in ("c1", "c2", "c3"):
            driver.call(call, name="change")
        driver.tool_checked("c1")
        driver.tool_checked("c2")
        driver.take_told()
        driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
        notices = driver.take_told()
        assert not any(isinstance(notice, ToolQuestion) for notice in notices)
        found = {notice.call_id: notice.outcome for notice in notices if isinstance(notice, ToolResult)}
        assert found == dict.fromkeys(("c1", "c2", "c3"), ToolOutcome.INTERRUPTED)
