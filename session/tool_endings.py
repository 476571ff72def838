"""What the model is told of calls that brought no result."""

from __future__ import annotations

from typing import Final

from realtime_chat.session.notices import ToolOutcome

SENTENCES: Final = {
    ToolOutcome.UNKNOWN: "There is no tool of this name.",
    ToolOutcome.REFUSED: "The person did not allow this call, and it was not carried out. Do not repeat it unasked.",
    ToolOutcome.INTERRUPTED: "The person went on before this call was carried out, and it was not.",
    ToolOutcome.TOO_MANY: "Too many calls in a row: this one was not carried out. Answer the person in words now.",
}
"""By how a call ended, where there is nothing more to say of it."""

NOBODY: Final = "Nobody is there to allow this call, and it was not carried out. Say what it would have done."
GIVEN_UP: Final = "The person went on while this call was under way. It may have had its effect; its result is lost."
ENDED_WHILE: Final = "The conversation ended while this call was under way. It may have had its effect."
ENDED_BEFORE: Final = "The conversation ended before this call was carried out, and it was not."
