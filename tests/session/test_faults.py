from __future__ import annotations

import pytest

from realtime_chat.protocol.responses import Response, StatusDetails
from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.faults import Verdict, fault_of, judged
from realtime_chat.session.notices import Fault


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        ("conversation_already_has_active_response", "", Verdict.BUSY),
        ("item_delete_invalid_item_id", "", Verdict.BENIGN),
        ("invalid_value", "Audio content of 98ms is already shorter than 115ms", Verdict.BENIGN),
        ("unsupported_content_type", "Only model output audio messages can be truncated", Verdict.BENIGN),
        (None, "Cancellation failed: no active response found", Verdict.BENIGN),
        (None, "Error truncating item: the item with id 'a1' does not exist.", Verdict.BENIGN),
        (None, "Error deleting item: the item with id 'a1' does not exist.", Verdict.BENIGN),
        (None, "Error committing input audio buffer: buffer too small. Expected at least 100ms.", Verdict.BENIGN),
        (None, "Conversation already has an active response in progress: resp_1.", Verdict.BUSY),
        ("invalid_value", "Invalid voice", Verdict.FAULT),
        (None, "", Verdict.FAULT),
    ],
)
def test_errors_are_judged_by_what_they_say(code: str | None, message: str, verdict: Verdict) -> None:
    assert judged(ErrorDetails(code=code, message=message)) is verdict


def test_a_failure_without_details_still_says_something() -> None:
    assert fault_of(Response(id="r1", status="failed")) == Fault("response_failed", "The server gave no answer.")
    assert fault_of(Response(id="r1", status="completed")) is None
    filtered = StatusDetails(type="incomplete", reason="content_filter")
    fault = fault_of(Response(id="r1", status="incomplete", status_details=filtered))
    assert fault is not None
    assert "content filter" in fault.message
