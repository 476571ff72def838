from __future__ import annotations

import re
import sys

import pytest
from msgspec import UNSET

from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.server.checks import (
    MAX_ID,
    MAX_TRACING,
    check_choice,
    check_delay,
    check_include,
    check_item,
    check_metadata,
    check_modalities,
    check_prompt,
    check_reasoning,
    check_tools,
    check_tracing,
    check_truncation,
)

CLOCK = sessions.FunctionTool(name="clock")


def refusal(check, *args) -> tuple[str, str | None]:
    with pytest.raises(MalformedEvent) as caught:
        check(*args)
    assert caught.value.reason.endswith(".")
    return caught.value.code, caught.value.param


def message(role: str, *content) -> items.MessageItem:
    return items.MessageItem(role=role, content=list(content))


@pytest.mark.parametrize(
    "item",
    [
        message("system", items.InputText(text="x")),
        message("user", items.InputText(text="x"), items.InputAudio(), items.InputImage(image_url="data:")),
        message("assistant", items.OutputText(text="x")),
        items.FunctionCallItem(name="a-b_C9", arguments='{"x": 1}'),
        items.FunctionCallItem(name="f", arguments=""),
        items.FunctionCallOutputItem(call_id="any", output="not JSON"),
        items.MessageItem(id="a-Z_9", role="user", content=[]),
        items.FunctionCallItem(id="x" * MAX_ID, call_id="y" * MAX_ID, name="f", arguments=""),
    ],
)
def test_items_that_may_be_made(item):
    check_item(item, "item")


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (items.MessageItem(id="a b", role="user", content=[]), "item.id"),
        (items.MessageItem(id="", role="user", content=[]), "item.id"),
        (items.MessageItem(id="a\n", role="user", content=[]), "item.id"),
        (message("system", items.InputAudio()), "item.content[0].type"),
        (message("user", items.InputText(text="x"), items.OutputText(text="x")), "item.content[1].type"),
        (message("assistant", items.OutputAudio(transcript="x")), "item.content[0].type"),
        (items.FunctionCallItem(name="no name", arguments="{}"), "item.name"),
        (items.FunctionCallItem(name="f", arguments="{"), "item.arguments"),
        (items.FunctionCallItem(name="f", arguments="[1]"), "item.arguments"),
        (items.FunctionCallItem(name="f", arguments="[" * 100_000), "item.arguments"),
    ],
)
def test_items_that_may_not(item, param):
    assert refusal(check_item, item, "item") == ("invalid_value", param)


@pytest.mark.parametrize("length", [MAX_ID + 1, 10**7])
def test_ids_that_are_too_long(length):
    for item, name in (
        (items.MessageItem(id="x" * length, role="user", content=[]), "id"),
        (items.McpApprovalResponseItem(id="!" * length, approval_request_id="x", approve=True), "id"),
        (items.FunctionCallItem(call_id="x" * length, name="f", arguments=""), "call_id"),
        (items.FunctionCallOutputItem(call_id="x" * length, output=""), "call_id"),
    ):
        assert refusal(check_item, item, "item") == ("string_above_max_length", f"item.{name}")


@pytest.mark.parametrize("parameters", [UNSET, {}, {"type": "object"}, {"properties": {"x": {}}}])
def test_tools_that_may_be_offered(parameters):
    check_tools([sessions.FunctionTool(name="x" * 64, parameters=parameters), CLOCK], "session.tools")


@pytest.mark.parametrize(
    ("tool", "code", "param"),
    [
        (sessions.FunctionTool(name=""), "invalid_value", "session.tools[1].name"),
        (sessions.FunctionTool(name="x" * 65), "invalid_value", "session.tools[1].name"),
        (sessions.FunctionTool(name="what time"), "invalid_value", "session.tools[1].name"),
        (CLOCK, "invalid_value", "session.tools[1].name"),
        (
            sessions.FunctionTool(name="f", parameters={"type": "array"}),
            "invalid_function_parameters",
            "session.tools[1].parameters",
        ),
        (
            sessions.FunctionTool(name="f", parameters={"properties": 3}),
            "invalid_function_parameters",
            "session.tools[1].parameters",
        ),
        (sessions.McpTool(server_label="x"), "invalid_value", "session.tools[1].type"),
    ],
)
def test_tools_that_may_not(tool, code, param):
    assert refusal(check_tools, [CLOCK, tool], "session.tools") == (code, param)


NO_SCHEMAS = [
    {"properties": {"a": {"type": "frob"}}},
    {"properties": {"a": 3}},
    {"required": "a"},
    {"properties": {"a": {"pattern": "("}}},
    {"properties": {"a": {"maxLength": -1}}},
    {"properties": {"a": {"$ref": "#/nowhere"}}},
    {"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}},
    {"$schema": "http://127.0.0.1:9/x"},
]


@pytest.mark.parametrize("parameters", NO_SCHEMAS)
def test_parameters_that_are_no_schema(parameters):
    tool = sessions.FunctionTool(name="f", parameters=parameters)
    with pytest.raises(MalformedEvent) as caught:
        check_tools([CLOCK, tool], "session.tools")
    error = caught.value
    assert (error.code, error.param) == ("invalid_function_parameters", "session.tools[1].parameters")
    assert error.reason.startswith("Invalid schema for function 'f': ")
    assert error.reason.isprintable()


@pytest.mark.parametrize("parameters", NO_SCHEMAS[:-3])
def test_what_a_schema_is_nobody_knows_without_the_engines(parameters, monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    if isinstance(parameters.get("properties", {}), dict):
        check_tools([sessions.FunctionTool(name="f", parameters=parameters)], "session.tools")


def test_the_schemas_of_all_tools_have_a_limit_together():
    properties = {f"p{number}": {"type": "string"} for number in range(1_000)}
    tools = [sessions.FunctionTool(name=f"f{n}", parameters={"properties": properties}) for n in range(40)]
    check_tools(tools[:8], "response.tools")
    code, param = refusal(check_tools, tools, "response.tools")
    assert code == "invalid_function_parameters"
    assert re.fullmatch(r"response\.tools\[(9|[12]\d)\]\.parameters", param)


def test_a_choice_names_a_tool():
    for choice in ("none", "auto", "required", sessions.FunctionChoice(name="clock")):
        check_choice(choice, [CLOCK], "session.tool_choice")
    for choice in (sessions.FunctionChoice(name="watch"), sessions.McpChoice(server_label="x")):
        assert refusal(check_choice, choice, [CLOCK], "session.tool_choice") == ("invalid_value", "session.tool_choice")


def test_metadata_has_limits():
    check_metadata({"k" * 64: "v" * 512} | {str(i): "" for i in range(15)}, "response.metadata")
    check_metadata(None, "response.metadata")
    check_metadata(UNSET, "response.metadata")
    many = {str(i): "" for i in range(17)}
    assert refusal(check_metadata, many, "m") == ("object_above_max_properties", "m")
    assert refusal(check_metadata, {"k": "v" * 513}, "m") == ("string_above_max_length", "m.k")
    assert refusal(check_metadata, {"k" * 65: "v"}, "m") == ("string_above_max_length", "m." + "k" * 64)


@pytest.mark.parametrize("ratio", [0, 0.5, 1])
def test_truncation_that_may_be_asked_for(ratio):
    check_truncation("auto")
    check_truncation(UNSET)
    check_truncation(sessions.RetentionRatio(retention_ratio=ratio, token_limits={"post_instructions": 0}))


@pytest.mark.parametrize(
    ("asked", "code", "param"),
    [
        (sessions.RetentionRatio(retention_ratio=1.1), "invalid_value", "retention_ratio"),
        (
            sessions.RetentionRatio(retention_ratio=1, token_limits={"post_instructions": -1}),
            "invalid_value",
            "token_limits.post_instructions",
        ),
        (
            sessions.RetentionRatio(retention_ratio=1, token_limits={"x": 1}),
            "unknown_parameter",
            "token_limits.x",
        ),
    ],
)
def test_truncation_that_may_not(asked, code, param):
    assert refusal(check_truncation, asked) == (code, f"session.truncation.{param}")


def test_an_answer_is_either_spoken_or_written():
    for modalities in (UNSET, ["audio"], ["text"]):
        check_modalities(modalities, "m")
    for modalities in ([], ["audio", "text"]):
        assert refusal(check_modalities, modalities, "m") == ("invalid_value", "m")


def test_what_a_session_may_include():
    check_include(UNSET)
    check_include(None)
    check_include(["item.input_audio_transcription.logprobs"])
    assert refusal(check_include, ["everything"]) == ("invalid_value", "session.include[0]")


def test_how_long_a_model_may_think():
    check_reasoning(UNSET, "session.reasoning")
    check_reasoning(None, "session.reasoning")
    check_reasoning(sessions.Reasoning(effort="low"), "session.reasoning")
    heroic = sessions.Reasoning(effort="heroic")
    assert refusal(check_reasoning, heroic, "response.reasoning") == ("invalid_value", "response.reasoning.effort")


def test_how_long_a_recogniser_may_wait():
    for wanted in (UNSET, None, sessions.Transcription(), sessions.Transcription(delay="low")):
        check_delay(wanted)
    refused = refusal(check_delay, sessions.Transcription(delay="forever"))
    assert refused == ("invalid_value", "session.audio.input.transcription.delay")


def test_how_a_session_may_be_traced():
    for wanted in (UNSET, None, "auto", {}, {"workflow_name": "x", "group_id": "y", "metadata": {"z": 1}}):
        check_tracing(wanted)
    assert refusal(check_tracing, {"workflow_name": 5}) == ("invalid_type", "session.tracing.workflow_name")
    assert refusal(check_tracing, {"x": "y"}) == ("unknown_parameter", "session.tracing.x")
    for much in ({"metadata": [[]] * MAX_TRACING}, {"group_id": "x" * MAX_TRACING}, {"x" * MAX_TRACING: 1}):
        assert refusal(check_tracing, much) == ("invalid_value", "session.tracing")


def test_there_are_no_stored_prompts():
    check_prompt(UNSET, "session.prompt")
    check_prompt(None, "session.prompt")
    assert refusal(check_prompt, {"id": "pmpt_1"}, "response.prompt") == ("invalid_value", "response.prompt")
