"""Which of a server's errors mean something to a person, and which only say that two messages crossed."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from realtime_chat.protocol.responses import Response, ResponseError
from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.notices import Fault
from realtime_chat.session.responses import ACTIVE_SECONDS, ASKED_SECONDS, Stage


class Verdict(Enum):
    """What an error means."""

    BENIGN = auto()
    """Two messages crossed on the wire; all is well."""
    BUSY = auto()
    """``response.create`` was refused since another response is active."""
    FAULT = auto()
    """Something is wrong."""


_BENIGN_CODES: Final = frozenset(
    {
        "response_cancel_not_active",  # it was done before our cancel arrived
        "item_truncate_invalid_item_id",
        "item_already_truncated",
        "item_delete_invalid_item_id",
        "input_audio_buffer_commit_empty",
        "invalid_tool_call_id",  # the call was cancelled, and its item with it, before our answer to it arrived
    }
)
_BENIGN_MESSAGES: Final = (
    "already shorter",  # truncated past its end; the service truncates at the real end all the same
    "can be truncated",  # truncated before it had any audio
    # What the codes above say, for servers that send the words without the code.
    "no active response",
    "Error truncating item",
    "Error deleting item",
    "buffer too small",
)
_BUSY_MESSAGE: Final = "already has an active response"
_BEGAN_NONE: Final = f"The server began no answer within {ASKED_SECONDS:g} s."
_UNANSWERED: Final = {
    Stage.ASKED: _BEGAN_NONE,
    Stage.BLOCKED: _BEGAN_NONE,
    Stage.ACTIVE: f"The server began an answer and sent nothing more of it for {ACTIVE_SECONDS:g} s.",
}


def judged(error: ErrorDetails) -> Verdict:
    """Judge an error by its code and message: its ``event_id`` is often left out."""
    if error.code == "conversation_already_has_active_response" or _BUSY_MESSAGE in error.message:
        return Verdict.BUSY
    if error.code in _BENIGN_CODES or any(words in error.message for words in _BENIGN_MESSAGES):
        return Verdict.BENIGN
    return Verdict.FAULT


def fault_of(response: Response) -> Fault | None:
    """Give the notice of a response that failed or was cut short; there is none of one that ended as it should."""
    details = response.status_details
    if response.status == "incomplete":
        filtered = details is not None and details.reason == "content_filter"
        why = "the server's content filter stopped it" if filtered else "it reached the limit of its length"
        return Fault("incomplete", f"The answer is cut short: {why}.")
    if response.status != "failed":
        return None
    error = details.error if details is not None and isinstance(details.error, ResponseError) else ResponseError()
    code = error.code or error.type
    return Fault(code if isinstance(code, str) else "response_failed", error.message or "The server gave no answer.")


def unanswered(stage: Stage) -> Fault | None:
    """Give the notice of an answer that is given up; there is none of one that nobody wants any more."""
    return Fault("no_answer", _UNANSWERED[stage]) if stage in _UNANSWERED else None
