from __future__ import annotations

from realtime_chat.protocol.items import FunctionCallItem
from realtime_chat.protocol.response_events import FunctionCallDone
from realtime_chat.session.tool_drafts import ToolDrafts, call_id_of


def item(call: str = "c1", arguments: str = "") -> FunctionCallItem:
    return FunctionCallItem(id=f"i_{call}", name="look", arguments=arguments, call_id=call)


def written(call: str = "c1", name: str = "") -> FunctionCallDone:
    return FunctionCallDone(response_id="r1", item_id=f"i_{call}", call_id=call, arguments="{}", name=name)


def test_a_name_from_the_beginning_and_arguments_from_the_end() -> None:
    drafts = ToolDrafts()
    drafts.begin("r1", item())
    drafts.write(written())
    assert drafts.take("r1") == [item(arguments="{}")]
    assert drafts.take("r1") == []


def test_arguments_alone_are_no_call_unless_they_name_it() -> None:
    drafts = ToolDrafts()
    drafts.write(written("c1"))
    drafts.write(written("c2", name="see"))
    assert [(draft.name, draft.call_id) for draft in drafts.take("r1")] == [("see", "c2")]


def test_one_that_was_only_begun_is_in_progress() -> None:
    drafts = ToolDrafts()
    drafts.begin("r1", item())
    assert [draft.status for draft in drafts.take("r1")] == ["in_progress"]


def test_an_event_without_an_id_of_its_item() -> None:
    drafts = ToolDrafts()
    drafts.begin("r1", item())
    drafts.write(FunctionCallDone(response_id="r1", item_id="", call_id="c1", arguments="{}"))
    assert [draft.id for draft in drafts.take("r1")] == ["i_c1"]


def test_a_server_that_ends_nothing_does_not_fill_the_memory() -> None:
    drafts = ToolDrafts()
    for number in range(1000):
        drafts.begin("r1", item(f"c{number}"))
        drafts.write(written(f"d{number}", name="look"))
        drafts.begin(f"r_{number}", item())
    kept = [len(drafts.take(f"r_{number}")) for number in range(1000)]
    assert sum(kept) < 300
    assert kept[-1] == 1
    for number in range(1000):
        drafts.begin("r1", item(f"c{number}"))
        drafts.write(written(f"d{number}", name="look"))
    assert len(drafts.take("r1")) < 300


def test_the_id_that_a_call_is_answered_by() -> None:
    assert call_id_of(item()) == "c1"
    assert call_id_of(FunctionCallItem(id="i", name="x", arguments="")) == "i"
    assert call_id_of(FunctionCallItem(id="i", name="x", arguments="", call_id="")) == "i"
    assert call_id_of(FunctionCallItem(name="x", arguments="")) == ""
