"""Hypothesis strategies of the items that a client puts into a conversation."""

from __future__ import annotations

import copy

from client_values import CALLS, DEEP, ITEMS, MUCH, SCHEMAS, SOUND, SPEECH, WORDS, Json
from hypothesis import strategies as st

PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("input_text"), "text": WORDS}),
    st.fixed_dictionaries({"type": st.just("output_text"), "text": WORDS}),
    st.fixed_dictionaries({"type": st.just("input_audio"), "audio": SOUND}, optional={"transcript": WORDS}),
    st.fixed_dictionaries({"type": st.just("output_audio"), "audio": SOUND}),
    st.sampled_from([4, 900, 40_000]).map(
        lambda length: {"type": "input_image", "image_url": "data:image/png;base64," + "A" * length}
    ),
    st.just({"type": "input_scent"}),
)
NEW_IDS = {"id": ITEMS, "status": st.sampled_from(["completed", "incomplete", "gone"])}
_GOOD_ITEMS: list[dict[str, Json]] = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Tell me a long story."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": SPEECH}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]},
    {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:" + "A" * 900}]},
    {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:" + MUCH}]},
    {"type": "function_call", "call_id": "call_a", "name": "stop", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_a", "output": "stopped"},
    {"type": "function_call_output", "call_id": "call_0", "output": "sunny"},
]
GOOD_ITEMS = st.sampled_from(range(len(_GOOD_ITEMS))).map(lambda index: copy.deepcopy(_GOOD_ITEMS[index]))
"""Items that are taken, if there is room, and the call is there that they are about."""

MCP_TOOLS = st.fixed_dictionaries(
    {"name": WORDS, "input_schema": st.one_of(SCHEMAS, DEEP, st.none())},
    optional={"description": st.one_of(WORDS, st.none(), st.just(5)), "annotations": st.one_of(DEEP, st.none())},
)
FAULTS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["protocol_error", "http_error", "tool_execution_error", "what"]), "message": WORDS},
        optional={"code": st.sampled_from([500, -32_000, 10**30, "500"]), "more": DEEP},
    ),
)
_LABEL = {"server_label": WORDS}
MCP_ITEMS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("mcp_list_tools"), **_LABEL, "tools": st.lists(MCP_TOOLS, max_size=3)}, optional=NEW_IDS
    ),
    st.fixed_dictionaries(
        {"type": st.just("mcp_call"), **_LABEL, "name": WORDS, "arguments": WORDS},
        optional={**NEW_IDS, "approval_request_id": CALLS, "output": WORDS, "error": FAULTS},
    ),
    st.fixed_dictionaries(
        {"type": st.just("mcp_approval_request"), **_LABEL, "name": WORDS, "arguments": WORDS}, optional=NEW_IDS
    ),
    st.fixed_dictionaries(
        {"type": st.just("mcp_approval_response"), "approval_request_id": CALLS, "approve": st.booleans()},
        optional={**NEW_IDS, "reason": WORDS},
    ),
)
"""What clients know of MCP servers, which is kept for them."""

NEW_ITEMS = st.one_of(
    GOOD_ITEMS,
    st.builds(lambda item, item_id: item | {"id": item_id}, GOOD_ITEMS, ITEMS),
    MCP_ITEMS,
    st.fixed_dictionaries(
        {
            "type": st.just("message"),
            "role": st.sampled_from(["user", "user", "assistant", "system", "tool"]),
            "content": st.lists(PARTS, max_size=3),
        },
        optional=NEW_IDS,
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call"), "name": WORDS, "arguments": st.one_of(WORDS, st.just("{}"))},
        optional={**NEW_IDS, "call_id": CALLS},
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call_output"), "call_id": CALLS, "output": WORDS}, optional=NEW_IDS
    ),
    st.just({"type": "item_reference", "id": "item_1"}),
)
