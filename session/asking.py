"""`Asking`: asks the server for answers, one at a time, and knows of the one that it still owes."""

from __future__ import annotations

from msgspec import UNSET

from realtime_chat.protocol.client_events import ResponseCreate
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.effects import Effect, Send
from realtime_chat.session.responses import ASKED_SECONDS, ResponseSlot
from realtime_chat.session.tool_calls import ToolCalls


class Asking:
    """Sends ``response.create`` when the slot is free, and knows the errors that answer it.

    A message that is typed while the person speaks is owed an answer: it waits for what they say, and is answered
    with it.
    """

    def __init__(self, slot: ResponseSlot, tools: ToolCalls) -> None:
        self._slot = slot
        self._tools = tools
        self._asked = 0
        self._owed_since: float | None = None

    def ask(self, now: float) -> list[Effect]:
        """An answer is wanted: ask for it, now or when the slot is free."""
        return self.asking(now) if self._slot.ask(now) else []

    def asking(self, now: float) -> list[Effect]:
        """Ask, for the slot said so; a model that called tools without end must answer in words."""
        self._asked += 1
        params = ResponseParams(tool_choice="none") if self._tools.is_spent else UNSET
        return [*self._tools.give_up(now), Send(ResponseCreate(event_id=self._id, response=params))]

    def refused(self, error: ErrorDetails, now: float) -> list[Effect]:
        """An error came: where it answers the question, that fails rather than hangs, and the next one is asked."""
        # Services often leave the id out.
        is_answer = error.event_id is None or error.event_id == self._id
        return self.asking(now) if is_answer and self._slot.refused(now) else []

    def owe(self, now: float) -> None:
        """An answer is wanted as soon as the person has said what they are saying."""
        self._owed_since = now

    def forgive(self) -> None:
        """Nothing is owed any more: the answer is asked for, or comes by itself, or nobody wants it."""
        self._owed_since = None

    def settle(self, now: float) -> list[Effect]:
        """What the person was saying will not be answered: ask for the answer that is owed, if one is."""
        is_owed, self._owed_since = self._owed_since is not None, None
        return self.ask(now) if is_owed else []

    def overdue(self, now: float) -> list[Effect]:
        """Time went by: nobody waits so long for words which the server alone can hear the end of."""
        is_due = self._owed_since is not None and now - self._owed_since > ASKED_SECONDS
        return self.settle(now) if is_due else []

    @property
    def _id(self) -> str:
        return f"ask_{self._asked}"
