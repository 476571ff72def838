"""The dialect of the old text: its own frames as it writes them, and what is made of them."""

from __future__ import annotations

import copy
import json
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_of import ANYTHING, json_of

from realtime_chat.protocol.client_events import AnyClientEvent, ItemCreate
from realtime_chat.protocol.dialects.conversation import CONVERSATION, recognised
from realtime_chat.protocol.dialects.conversation_client import ClientMemory
from realtime_chat.protocol.dialects.conversation_server import Asks, ServerMemory, server_due
from realtime_chat.protocol.response_events import (
    AudioDelta,
    AudioTranscriptDelta,
    AudioTranscriptDone,
    FunctionCallDone,
    TextDelta,
    TextDone,
)
from realtime_chat.protocol.server_events import AnyServerEvent

# As the text has them, word for word
CREATE = {"type": "conversation.create", "data": {"model": "gpt-4o-realtime-preview", "voice": "alloy"}}
WEATHER = {
    "name": "get_weather",
    "description": "Get current weather for a location",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "City and state, e.g., San Francisco, CA"}},
        "required": ["location"],
    },
}
FUNCTIONS = {"type": "available_functions.create", "data": {"functions": [WEATHER]}}
RESULT = {"type": "function.response", "data": {"id": "call_1", "response": {"type": "success", "content": '{"c": 7}'}}}

PLACE = {"response_id": "r", "item_id": "i", "output_index": 0, "content_index": 0}
UPDATED = {"type": "session.updated", "event_id": "e9", "session": {"type": "realtime", "id": "sess_1", "model": "m"}}


def bare(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events without the ids that were made for them."""
    return [{key: value for key, value in event.items() if key != "event_id"} for event in events]


def heard(*frames: dict[str, Any], memory: ServerMemory | None = None) -> list[dict[str, Any]]:
    memory = memory or ServerMemory()
    return [event for frame in frames for event in CONVERSATION.server_in(frame, memory)]


def said(*events: dict[str, Any], memory: ServerMemory | None = None) -> list[dict[str, Any]]:
    memory = memory or ServerMemory()
    return [frame for event in events for frame in CONVERSATION.server_out(event, memory)]


# The client says


def test_a_conversation_is_an_update_that_is_answered_with_its_creation():
    memory = ServerMemory()
    session = {"type": "realtime", "model": "gpt-4o-realtime-preview", "audio": {"output": {"voice": "alloy"}}}
    assert bare(heard(CREATE, memory=memory)) == [{"type": "session.update", "session": session}]
    updated = copy.deepcopy(UPDATED)
    updated["session"]["audio"] = {"output": {"voice": "alloy"}}
    created = {"id": "conv_1", "model": "m", "voice": "alloy"}
    assert said(updated, memory=memory) == [{"type": "conversation.created", "event_id": "e9", "data": created}]
    assert said(UPDATED, memory=memory) == [UPDATED]


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({"output": {"format": {"type": "audio/pcmu"}}}, {"output": {"format": {"type": "audio/pcmu"}, "voice": "v"}}),
        ({"output": {"voice": "w", "speed": 2}}, {"output": {"voice": "v", "speed": 2}}),
        ({"input": {"turn_detection": None}}, {"input": {"turn_detection": None}, "output": {"voice": "v"}}),
        ({}, {"output": {"voice": "v"}}),
        ({"output": None}, {"output": None}),  # these are left to be refused
        ({"output": "loud"}, {"output": "loud"}),
        (None, None),
        ([], []),
    ],
)
def test_a_voice_leaves_what_else_is_said_of_the_sound(given, becomes):
    (update,) = heard({"type": "conversation.create", "data": {"voice": "v", "audio": given}})
    assert update["session"] == {"type": "realtime", "audio": becomes}


def test_functions_are_tools():
    memory = ServerMemory()
    session = {"type": "realtime", "tools": [{"type": "function"} | WEATHER]}
    assert bare(heard(FUNCTIONS, memory=memory)) == [{"type": "session.update", "session": session}]
    assert said(UPDATED, memory=memory) == []  # the text has no word for it


def test_a_result_is_an_item_and_asks_for_an_answer():
    item = {"type": "function_call_output", "call_id": "call_1", "output": '{"c": 7}'}
    created = {"type": "conversation.item.create", "item": item}
    assert bare(heard(RESULT)) == [created, {"type": "response.create"}]


@pytest.mark.parametrize(
    ("response", "output"),
    [
        ({"type": "error", "message": "No such city."}, "Error: No such city."),
        ({"type": "error", "content": {"code": 7}}, 'Error: {"code": 7}'),
        ({"type": "error"}, "Error: it failed"),
        ({"message": "It rains."}, "It rains."),
        ({}, ""),
    ],
)
def test_a_result_that_failed_says_why(response, output):
    (item, _) = heard({"type": "function.response", "data": {"id": "call_1", "response": response}})
    assert item["item"]["output"] == output


@pytest.mark.parametrize(
    "data",
    [
        {"item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}},
        {"item": {"role": "user", "content": "Hi"}},
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    ],
)
def test_a_message_is_an_item_and_asks_for_an_answer(data):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
    created = {"type": "conversation.item.create", "item": item}
    assert bare(heard({"type": "conversation.item.create", "data": data})) == [created, {"type": "response.create"}]


def test_a_message_of_somebody_else_asks_for_nothing():
    data = {"role": "assistant", "content": "Hello."}
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]}
    assert heard({"type": "conversation.item.create", "data": data}) == [
        {"type": "conversation.item.create", "item": item}
    ]


ACTIVE = {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}}
DONE = {"type": "response.done", "response": {"id": "r", "status": "completed"}}
MESSAGE = {"type": "conversation.item.create", "data": {"role": "user", "content": "Hi"}}


def test_a_message_interrupts_the_answer_and_nobody_is_told_when_that_was_over():
    memory = ServerMemory()
    said(ACTIVE, memory=memory)
    message = {"type": "conversation.item.create", "data": {"content": "Stop.", "role": "user"}}
    _, cancel, create = heard(message, memory=memory)  # what follows from a message that is refused is not done
    assert (cancel["type"], create["type"]) == ("response.cancel", "response.create")
    late = {"type": "error", "error": {"code": "response_cancel_not_active", "event_id": cancel["event_id"]}}
    assert said(late, memory=memory) == []
    failed = {"type": "error", "error": {"code": "x", "event_id": create["event_id"]}}
    assert said(failed, memory=memory) == [{"type": "error", "error": {"code": "x", "event_id": None}}]
    said(DONE, memory=memory)
    assert len(heard(message, memory=memory)) == 2


@pytest.mark.parametrize("knows", [{"type": "session.update", "session": {}}, {"type": "response.create"}])
def test_who_knows_how_to_ask_asks(knows):
    memory = ServerMemory()
    heard(knows, memory=memory)
    assert memory.asks is Asks.CLIENT
    said(ACTIVE, memory=memory)
    message = {"type": "conversation.item.create", "data": {"content": "Hi", "role": "user"}}
    assert [event["type"] for event in heard(message, RESULT, memory=memory)] == ["conversation.item.create"] * 2


def call(number: int) -> dict[str, Any]:
    names = {"call_id": f"call_{number}", "name": "get_weather", "arguments": '{"location": "Rome"}'}
    return {"type": "response.function_call_arguments.done", "event_id": f"e{number}"} | PLACE | names


def test_calls_are_told_when_the_answer_is_done_and_answered_when_all_have_results():
    memory = ServerMemory()
    delta = {"type": "response.function_call_arguments.delta", "delta": "{"}
    assert said(ACTIVE, delta, call(1), call(2), memory=memory) == [ACTIVE]
    first, second, done = said(DONE, memory=memory)
    assert done == DONE
    assert first["type"] == "function.call"
    assert first["data"] == {"id": "call_1", "name": "get_weather", "arguments": {"location": "Rome"}} | PLACE
    other = copy.deepcopy(RESULT)
    other["data"]["id"] = second["data"]["id"]
    assert [event["type"] for event in heard(other, RESULT, memory=memory)] == [
        "conversation.item.create",
        "conversation.item.create",
        "response.create",
    ]


def two_calls() -> ServerMemory:
    """An answer that called two functions."""
    memory = ServerMemory()
    said(ACTIVE, call(1), call(2), DONE, memory=memory)
    return memory


def result_of(number: int, **head: Any) -> dict[str, Any]:
    return {"type": "function.response", "data": {"id": f"call_{number}", "response": {"content": "7"}}} | head


def test_a_result_that_was_refused_is_none_and_a_corrected_one_is_taken():
    memory = two_calls()
    heard(result_of(1), memory=memory)
    CONVERSATION.server_refused(memory)
    assert [event["type"] for event in heard(result_of(2), memory=memory)] == ["conversation.item.create"]
    (corrected, asked) = heard(result_of(1), memory=memory)
    assert corrected["item"]["call_id"] == "call_1"
    assert asked["type"] == "response.create"


def test_only_the_result_that_was_refused_is_none():
    """Whatever ids the client gave them."""
    memory = two_calls()
    heard(result_of(1, event_id="mine"), memory=memory)
    heard(result_of(2, event_id="mine"), memory=memory)
    CONVERSATION.server_refused(memory)
    assert memory.unanswered == {"call_2"}
    _, asked = heard(result_of(2), memory=memory)
    assert asked["type"] == "response.create"


def test_a_second_result_that_was_refused_leaves_the_first():
    memory = two_calls()
    heard(result_of(1), memory=memory)
    heard(result_of(1), memory=memory)
    CONVERSATION.server_refused(memory)
    assert memory.unanswered == {"call_2"}


def test_another_frame_that_was_refused_leaves_the_results():
    memory = two_calls()
    heard(result_of(1), CREATE, memory=memory)
    CONVERSATION.server_refused(memory)
    assert memory.unanswered == {"call_2"}


def test_a_result_that_is_refused_late_is_no_matter_of_the_next_calls():
    memory = two_calls()
    heard(result_of(1), memory=memory)
    said(ACTIVE, call(3), DONE, memory=memory)
    CONVERSATION.server_refused(memory)
    assert memory.unanswered == {"call_3"}


class Machine:
    """What a server does with one session of the dialect: an answer at a time, and what it says waits to be written.

    Attributes:
        story: Results that were taken, and the answers to them that say something, in the order in which they began.
        errors: Ids of what failed, where the client was told.
        is_spoken_to: The person is speaking.
    """

    def __init__(self) -> None:
        self.memory = two_calls()
        self.story: list[str] = []
        self.errors: list[str] = []
        self.is_spoken_to = False
        self._unwritten: deque[dict[str, Any]] = deque()
        self._active = ""
        self._count = 0

    def hear(self, frame: dict[str, Any]) -> None:
        self._do(heard(frame, memory=self.memory))

    def write(self) -> bool:
        """Write the next event, and do what follows from it; give whether there was one."""
        if not self._unwritten:
            return False
        told = said(self._unwritten.popleft(), memory=self.memory)
        self.errors += [frame["error"]["message"] for frame in told if frame["type"] == "error"]
        self._do(server_due(self.memory))
        return True

    def write_all(self) -> None:
        while self.write():
            pass

    def end(self, status: str = "completed", reason: str | None = None, *, silent: bool = False) -> bool:
        """End the answer under way; give whether there was one."""
        if not self._active:
            return False
        ended = {"id": self._active, "status": status, "output": [] if silent else [{}]}
        self._unwritten.append({"type": "response.done", "response": ended | {"status_details": {"reason": reason}}})
        self._active = ""
        return True

    def speak(self) -> None:
        """The person begins to speak."""
        self.is_spoken_to = True
        self.end("cancelled", "turn_detected")

    def fall_silent(self, *, said_nothing: bool) -> None:
        """The person has spoken, or it was only a noise."""
        self.is_spoken_to = False
        if not self._active:
            self._begin(is_silent=said_nothing)
            if said_nothing:
                self.end(silent=True)

    def _begin(self, *, is_silent: bool = False) -> None:
        self._count += 1
        self._active = f"answer_{self._count}"
        response = {"id": self._active, "conversation_id": "c"}
        self._unwritten.append({"type": "response.created", "response": response})
        if not is_silent:
            self.story.append("answer")

    def _do(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["type"] == "response.cancel":
                self.end("cancelled", "client_cancelled")
            elif event["type"] == "response.create" and self._active:
                error = {"code": "conversation_already_has_active_response", "event_id": event["event_id"]}
                self._unwritten.append({"type": "error", "error": error | {"message": event["event_id"]}})
            elif event["type"] == "response.create":
                self._begin()
            elif event["item"]["type"] == "function_call_output":
                self.story.append("result")


def during_an_answer() -> Machine:
    """All results have come while something else was being answered."""
    machine = Machine()
    machine.hear(MESSAGE)
    machine.hear(result_of(1))
    machine.hear(result_of(2))
    machine.write_all()
    assert machine.story == ["answer", "result", "result"]
    return machine


def test_results_that_come_during_another_answer_are_answered_after_it():
    machine = during_an_answer()
    machine.end()
    machine.write_all()
    assert machine.story == ["answer", "result", "result", "answer"]
    machine.end()
    machine.write_all()
    assert not machine.end()


@pytest.mark.parametrize("said_nothing", [True, False])
def test_a_person_who_speaks_then_gets_one_answer_to_both(said_nothing):
    machine = during_an_answer()
    machine.speak()
    machine.write_all()
    assert machine.story == ["answer", "result", "result"]  # nobody is talked over
    machine.fall_silent(said_nothing=said_nothing)
    machine.write_all()
    machine.end()
    machine.write_all()
    assert machine.story == ["answer", "result", "result", "answer"]


def test_a_message_that_comes_then_gets_one_answer_to_both():
    machine = during_an_answer()
    machine.hear(MESSAGE)
    machine.write_all()
    machine.end()
    machine.write_all()
    assert machine.story == ["answer", "result", "result", "answer"]


STEPS = {
    "result": lambda machine: machine.hear(result_of(1)),
    "other result": lambda machine: machine.hear(result_of(2)),
    "message": lambda machine: machine.hear(MESSAGE),
    "cancel": lambda machine: machine.end("cancelled", "client_cancelled"),
    "end": Machine.end,
    "write": Machine.write,
    "write all": Machine.write_all,
    "speak": Machine.speak,
    "say": lambda machine: machine.is_spoken_to and machine.fall_silent(said_nothing=False),
    "cough": lambda machine: machine.is_spoken_to and machine.fall_silent(said_nothing=True),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12), st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_in_whatever_order_all_comes_the_results_are_answered_in_the_end(before, after):
    """However long what the server says waits to be written."""
    machine = Machine()
    for step in [*before, "result", "other result", *after]:
        STEPS[step](machine)
    if machine.is_spoken_to:
        machine.fall_silent(said_nothing=True)
    machine.write_all()
    while machine.end():
        machine.write_all()
        assert len(machine.story) < 100
    assert machine.story[-1] == "answer"
    assert [error for error in machine.errors if "result_" in error or "again_" in error] == []


def test_a_result_of_an_answer_that_calls_again_waits_for_the_new_results():
    memory = two_calls()
    said(ACTIVE, memory=memory)
    _, asked = [heard(result_of(number), memory=memory) for number in (1, 2)][-1]
    busy = {"code": "conversation_already_has_active_response", "event_id": asked["event_id"]}
    assert said({"type": "error", "error": busy}, call(3), DONE, memory=memory)[-1] == DONE
    assert server_due(memory) == []
    assert heard(result_of(3), memory=memory)[-1]["type"] == "response.create"


def test_an_answer_that_began_before_the_dialect_was_known_is_waited_for_as_well():
    memory = two_calls()
    _, asked = [heard(result_of(number), memory=memory) for number in (1, 2)][-1]
    busy = {"code": "conversation_already_has_active_response", "event_id": asked["event_id"]}
    said({"type": "error", "error": busy}, DONE, memory=memory)
    assert [event["type"] for event in server_due(memory)] == ["response.create"]


def test_whoever_asks_by_himself_is_asked_for_nothing_that_is_owed():
    memory = two_calls()
    said(ACTIVE, memory=memory)
    _, asked = [heard(result_of(number), memory=memory) for number in (1, 2)][-1]
    busy = {"code": "conversation_already_has_active_response", "event_id": asked["event_id"]}
    assert said({"type": "error", "error": busy}, memory=memory) == []
    heard({"type": "response.create"}, memory=memory)
    said(DONE, memory=memory)
    assert server_due(memory) == []


@pytest.mark.parametrize("is_again", [False, True])
def test_an_answer_to_a_result_that_is_refused_for_anything_else_is_told(is_again):
    memory = two_calls()
    said(ACTIVE, memory=memory)
    _, asked = [heard(result_of(number), memory=memory) for number in (1, 2)][-1]
    if is_again:
        busy = {"code": "conversation_already_has_active_response", "event_id": asked["event_id"]}
        said({"type": "error", "error": busy}, DONE, memory=memory)
        (asked,) = server_due(memory)
        assert server_due(memory) == []
    full = {"type": "error", "error": {"code": "conversation_full", "event_id": asked["event_id"]}}
    assert said(full, memory=memory) == [{"type": "error", "error": {"code": "conversation_full", "event_id": None}}]


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_calls_of_an_answer_that_was_stopped_are_none(status):
    memory = ServerMemory()
    stopped = {"type": "response.done", "response": {"id": "r", "status": status}}
    assert said(ACTIVE, call(1), stopped, memory=memory) == [ACTIVE, stopped]
    assert memory.unanswered == set()


def test_an_update_that_was_refused_does_not_put_the_others_out_of_order():
    memory = ServerMemory()
    wrong = copy.deepcopy(CREATE) | {"event_id": "mine"}
    heard(wrong, FUNCTIONS, CREATE, memory=memory)
    error = {"type": "error", "error": {"code": "invalid_value", "event_id": "mine"}}
    assert said(error, memory=memory) == [error]
    assert said(UPDATED, memory=memory) == []
    assert said(UPDATED, memory=memory)[0]["type"] == "conversation.created"


def test_what_is_missing_is_left_to_be_refused():
    assert bare(heard({"type": "conversation.create"})) == [{"type": "session.update", "session": {"type": "realtime"}}]
    tools = heard({"type": "available_functions.create", "data": []})[0]["session"]
    assert tools == {"type": "realtime", "tools": None}
    assert heard({"type": "function.response"})[0]["item"]["call_id"] is None


def test_odd_values_stay():
    assert heard({"type": "conversation.item.create", "data": {"item": 5}})[0]["item"] == 5
    vendor = {"type": "text", "data": {"kind": "song", "text": "la"}}
    assert CONVERSATION.client_in(vendor, ClientMemory()) == [vendor]
    memory = ServerMemory()
    deep = "[" * 900 + "]" * 900
    said(*(call(1) | {"arguments": text} for text in ("{", deep, "")), memory=memory)
    assert [frame["data"]["arguments"] for frame in said(DONE, memory=memory)[:3]] == ["{", deep, {}]


def test_an_error_about_something_else_leaves_the_updates_alone():
    memory = ServerMemory()
    heard(CREATE, memory=memory)
    said({"type": "error", "error": {"event_id": "other"}}, memory=memory)
    assert said(UPDATED, memory=memory)[0]["type"] == "conversation.created"


# The server says


@pytest.mark.parametrize(
    ("event", "kind", "data"),
    [
        (AudioDelta, "audio", {"audio": "AAAA"}),
        (TextDelta, "content_block.delta", {"kind": "text", "delta": "AAAA"}),
        (AudioTranscriptDelta, "content_block.delta", {"kind": "transcript", "delta": "AAAA"}),
        (TextDone, "text", {"kind": "text", "text": "AAAA"}),
        (AudioTranscriptDone, "text", {"kind": "transcript", "text": "AAAA"}),
    ],
)
def test_an_answer_comes_in_the_texts_words(event, kind, data):
    field = next(name for name in ("delta", "text", "transcript") if name in event.__struct_fields__)
    ga = {"type": event.__struct_config__.tag, "event_id": "e", field: "AAAA"} | PLACE
    frame = {"type": kind, "event_id": "e", "data": PLACE | data}
    assert said(ga) == [frame]
    assert CONVERSATION.client_in(frame, ClientMemory()) == [ga]


ANSWERS = [AudioDelta, TextDelta, AudioTranscriptDelta, TextDone, AudioTranscriptDone]


@given(st.one_of(*map(json_of, ANSWERS)))
def test_an_answers_event_survives(event):
    assert [one for frame in said(event) for one in CONVERSATION.client_in(frame, ClientMemory())] == [event]


@given(json_of(FunctionCallDone), st.dictionaries(st.text("abc", max_size=2), st.integers() | st.text('xyz"\\é')))
def test_a_call_survives(event, arguments):
    event |= {"call_id": "c", "name": "f", "arguments": json.dumps(arguments)}
    memory = ServerMemory()
    done = {"type": "response.done", "response": {"id": event["response_id"], "status": "completed"}}
    made = [one for frame in said(event, done, memory=memory) for one in CONVERSATION.client_in(frame, ClientMemory())]
    made[0]["arguments"] = json.loads(made[0]["arguments"])
    assert made == [event | {"arguments": arguments}, done]


# Our own client


def test_the_first_update_creates_the_conversation_and_the_functions():
    session = {"type": "realtime", "model": "m", "instructions": "x", "tools": [{"type": "function"} | WEATHER]}
    session["audio"] = {"input": {"turn_detection": None}, "output": {"voice": "alloy", "speed": 1.5}}
    memory = ClientMemory()
    update = {"type": "session.update", "event_id": "e", "session": session}
    rest = {"type": "realtime", "instructions": "x"}
    rest["audio"] = {"input": {"turn_detection": None}, "output": {"speed": 1.5}}
    assert CONVERSATION.client_out(update, memory) == [
        {"type": "conversation.create", "data": {"model": "m", "voice": "alloy"}},
        FUNCTIONS,
        {"type": "session.update", "event_id": "e", "session": rest},
    ]
    later = {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}
    assert CONVERSATION.client_out(later, memory) == [later]


def test_each_update_is_answered_once():
    client, server = ClientMemory(), ServerMemory()
    update = {"type": "session.update", "session": {"type": "realtime", "tools": [{"type": "function"} | WEATHER]}}
    frames = CONVERSATION.client_out(update, client)
    events = [event for frame in frames for event in CONVERSATION.server_in(frame, server)]
    answers = [frame for _ in events for frame in CONVERSATION.server_out(UPDATED, server)]
    assert [frame["type"] for frame in answers] == ["conversation.created", "session.updated"]
    understood = [event for frame in answers for event in CONVERSATION.client_in(frame, client)]
    conversation = {"id": "conv_1", "object": "realtime.conversation"}
    assert understood[0] == {"type": "conversation.created", "event_id": "e9", "conversation": conversation}


@given(json_of(ItemCreate).filter(lambda event: event["item"]["type"] != "function_call_output"))
def test_an_item_survives(event):
    memory = ServerMemory(asks=Asks.CLIENT)
    assert [one for frame in CONVERSATION.client_out(event, ClientMemory()) for one in heard(frame, memory=memory)] == [
        event
    ]


def test_a_result_survives():
    item = {"type": "function_call_output", "call_id": "call_1", "output": '{"c": 7}'}
    event = {"type": "conversation.item.create", "item": item}
    assert CONVERSATION.client_out(event, ClientMemory()) == [RESULT]
    assert heard(RESULT, memory=ServerMemory(asks=Asks.CLIENT)) == [event]
    placed = event | {"previous_item_id": "root"}
    frames = CONVERSATION.client_out(placed, ClientMemory())
    assert heard(*frames, memory=ServerMemory(asks=Asks.CLIENT)) == [placed]


# Both


WORDS = CONVERSATION.client_words | CONVERSATION.server_words
FIELDS = ("data", "session", "item", "response", "response_id", "error", "event_id", "arguments")
FRAMES = st.one_of(
    json_of(AnyClientEvent),
    json_of(AnyServerEvent),
    st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(WORDS)) | ANYTHING}, optional=dict.fromkeys(FIELDS, ANYTHING)
    ),
)


@given(st.lists(FRAMES, max_size=4))
def test_anything_is_taken_and_nothing_changed(frames):
    before = copy.deepcopy(frames)
    client, server = ClientMemory(), ServerMemory()
    for frame in frames:
        for made in (
            *CONVERSATION.client_out(frame, client),
            *CONVERSATION.client_in(frame, client),
            *CONVERSATION.server_in(frame, server),
            *CONVERSATION.server_out(frame, server),
        ):
            assert isinstance(made, dict)
        assert recognised(frame) in (True, False)
    assert frames == before


@given(FRAMES)
def test_what_is_no_word_of_it_is_the_same_in_both(frame):
    kind = frame["type"] if isinstance(frame["type"], str) else ""
    if kind not in CONVERSATION.client_words:
        assert CONVERSATION.client_out(frame, ClientMemory()) == heard(frame) == [frame]
    if kind not in CONVERSATION.server_words:
        assert said(frame) == CONVERSATION.client_in(frame, ClientMemory()) == [frame]


@pytest.mark.parametrize(
    ("frame", "is_it"),
    [
        (CREATE, True),
        (FUNCTIONS, True),
        (RESULT, True),
        ({"type": "conversation.item.create", "data": {}}, True),
        ({"type": "conversation.item.create", "item": {}}, False),
        ({"type": ["conversation.create"]}, False),
        ({}, False),
    ],
)
def test_a_frame_gives_it_away(frame, is_it):
    assert recognised(frame) is is_it
