"""`ToolCalls`: the calls of tools that responses make, until each is answered.

The server remembers every call, and a model that finds one without a result is lost. So each call that was made is
answered exactly once, whatever becomes of it; and when all those of a response are, and the response is done, one
answer is asked for.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import Any, Final

from realtime_chat.protocol.client_events import ItemCreate, ItemDelete
from realtime_chat.protocol.items import FunctionCallItem, FunctionCallOutputItem, Item
from realtime_chat.protocol.response_events import FunctionCallDone, OutputItemAdded, OutputItemDone
from realtime_chat.protocol.responses import Response
from realtime_chat.session.cleaning import encodable
from realtime_chat.session.effects import CallTool, CheckTool, DropTool, Effect, Send, Tell
from realtime_chat.session.notices import ToolCall, ToolOutcome, ToolQuestion, ToolResult
from realtime_chat.session.output_events import OutputEvent
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tool_batch import Batch, BatchStage, Call, CallStage
from realtime_chat.session.tool_drafts import ToolDrafts, call_id_of
from realtime_chat.session.tool_endings import ENDED_BEFORE, ENDED_WHILE, GIVEN_UP, NOBODY, SENTENCES
from realtime_chat.session.tool_events import ToolAllowed, ToolChecked, ToolEvent, ToolFinished

MOST_ROUNDS: Final = 10
"""Responses in a row that may call tools; then the model must answer in words. Models that loop never end else."""

MOST_CALLS: Final = 32
"""Calls of one response that are carried out."""

QUESTION_SECONDS: Final = 60.0
"""How long the person may take to allow a call; who has not by then is not there."""

_REMEMBERED: Final = 4_096
"""Calls that are kept in mind after they are answered, to know them again when a server repeats itself."""


class Due(Enum):
    """What follows when calls are answered."""

    NOTHING = auto()
    ANSWER = auto()
    """An answer is to be asked for."""
    END = auto()
    """None is: the model calls tools without end."""


class ToolCalls:
    """The calls under way; see the module."""

    def __init__(self, settings: Settings) -> None:
        self.consent = settings.consent
        """Who allows the calls that may change something."""
        self._tools = {tool.name: tool for tool in settings.tools}
        self._seconds = settings.tool_seconds
        self._drafts = ToolDrafts()
        self._batches: dict[str, Batch] = {}
        self._calls: dict[str, Call] = {}
        self._known: dict[tuple[str, str], None] = {}
        self._latest: str | None = None
        """The response that ended last, if nobody has spoken since: what is late of it is still wanted."""
        self._rounds = 0
        self._thought = 0.0

    @property
    def is_busy(self) -> bool:
        """An answer is to come, when the calls are answered."""
        return any(batch.stage is not BatchStage.DROPPED for batch in self._batches.values())

    @property
    def is_spent(self) -> bool:
        """The model has called so many times in a row that it must answer in words now."""
        return self._rounds >= MOST_ROUNDS

    def take_thinking(self) -> float:
        """Give how many seconds the person thought about questions since the last call of this."""
        thought, self._thought = self._thought, 0.0
        return thought

    def is_step(self, response_id: str) -> bool:
        """Say whether a response that is done called tools, so that the turn goes on."""
        batch = self._batches.get(response_id)
        return batch is not None and batch.stage is BatchStage.WAITING

    def take(self, event: OutputEvent | FunctionCallDone, now: float, *, is_wanted: bool) -> list[Effect]:
        """Take a part of a response; ``is_wanted`` says that it was not interrupted."""
        match event:
            case OutputItemAdded(item=FunctionCallItem() as item):
                self._drafts.begin(event.response_id, item)
            case FunctionCallDone():
                self._drafts.write(event)
            case OutputItemDone(item=FunctionCallItem() as item) if _is_whole(item):
                return self._made(event.response_id, item, now, is_wanted=is_wanted)
            case _:
                pass
        return []

    def done(self, response: Response, now: float, *, is_wanted: bool) -> list[Effect]:
        """A response is done: it makes no more calls. Some servers name them only here, or only in their parts."""
        is_over = response.status in {"cancelled", "failed"}
        effects: list[Effect] = []
        for item in response.output:
            if isinstance(item, FunctionCallItem):
                self._drafts.end(response.id, item)
        for draft in self._drafts.take(response.id):
            if (response.id, call_id_of(draft)) in self._known:
                continue
            if _is_whole(draft) and (draft.arguments or not is_over):
                effects += self._made(response.id, draft, now, is_wanted=is_wanted and not is_over)
            elif isinstance(draft.id, str) and response.status != "completed":
                # It was cut off while it was written: half a call in the history would wait for its result for ever.
                effects.append(Send(ItemDelete(item_id=draft.id)))
        batch = self._batches.get(response.id)
        if batch is not None and batch.stage is BatchStage.ARRIVING:
            if is_over:
                effects += self._drop(batch, now)
            else:
                batch.move(BatchStage.WAITING)
        if is_wanted and not is_over:
            self._latest = response.id
            if batch is None:
                self._rounds = 0
        return effects

    def follow(self, event: ToolEvent, now: float) -> list[Effect]:
        """Take what happened to a call; what comes too late is passed over."""
        call = self._calls.get(event.call_id)
        if call is None:
            return []
        match event:
            case ToolChecked() if call.stage is CallStage.CHECKING:
                call.move(CallStage.QUEUED, now)
                return self._next_question(now)
            case ToolAllowed(is_allowed=is_allowed) if call.stage is CallStage.ASKED:
                if not is_allowed:
                    return self._answer(call, ToolOutcome.REFUSED, now)
                self._thought += now - call.since
                call.move(CallStage.RUNNING, now)
                return [self._calling(call), *self._next_question(now)]
            case ToolFinished(_, outcome, output) if call.stage in {CallStage.CHECKING, CallStage.RUNNING}:
                return self._answer(call, outcome, now, output)
            case _:
                return []

    def interrupt(self, now: float) -> list[Effect]:
        """Nobody wants the answers any more: what was not begun is not done. What runs may still end well."""
        self._rounds = 0
        self._latest = None
        effects: list[Effect] = []
        for batch in list(self._batches.values()):
            if batch.stage is not BatchStage.DROPPED:
                effects += self._drop(batch, now)
        return effects

    def abandon(self, now: float) -> list[Effect]:
        """The conversation ends: what was not begun is not done, and what runs comes to nothing that is heard of."""
        effects: list[Effect] = []
        # The question that is open is the last one, or it would give way to the next.
        for call in sorted(self._calls.values(), key=lambda call: call.stage is CallStage.ASKED):
            is_running = call.stage is CallStage.RUNNING
            said = ENDED_WHILE if is_running else ENDED_BEFORE
            effects += self._answer(call, ToolOutcome.INTERRUPTED, now if is_running else call.since, said)
        return effects

    def give_up(self, now: float) -> list[Effect]:
        """Another answer is begun: what still runs for one that nobody wants is answered now, so that it is whole."""
        effects: list[Effect] = []
        for call in list(self._calls.values()):
            if call.batch.stage is BatchStage.DROPPED:
                effects += [DropTool(call.call_id), *self._answer(call, ToolOutcome.INTERRUPTED, now, GIVEN_UP)]
        return effects

    def overdue(self, now: float) -> list[Effect]:
        """Time went by: wait no longer for what takes too long."""
        effects: list[Effect] = []
        for call in list(self._calls.values()):
            waited = now - call.since
            if call.stage is CallStage.ASKED and waited > QUESTION_SECONDS:
                effects += self._answer(call, ToolOutcome.REFUSED, now)
            elif call.stage in {CallStage.CHECKING, CallStage.RUNNING} and waited > self._seconds:
                said = (
                    f"It was not done after {self._seconds:g} s, and is not waited for; it may still have its effect."
                )
                effects += [DropTool(call.call_id), *self._answer(call, ToolOutcome.TIMED_OUT, now, said)]
        return effects

    def settle(self) -> Due:
        """Say what is to follow, once, of the batches that are answered."""
        due = Due.NOTHING
        for batch in list(self._batches.values()):
            if batch.calls or batch.stage is BatchStage.ARRIVING:
                continue
            del self._batches[batch.response_id]
            if batch.stage is BatchStage.WAITING:
                self._rounds += 1
                due = Due.END if batch.is_surplus else Due.ANSWER
        return due

    def _made(self, response_id: str, item: FunctionCallItem, now: float, *, is_wanted: bool) -> list[Effect]:
        call_id = call_id_of(item)
        if not call_id or (response_id, call_id) in self._known or call_id in self._calls:
            return []
        self._known[response_id, call_id] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        batch = self._batch(response_id, is_wanted=is_wanted)
        batch.made += 1
        call = Call(call_id, item.name, item.arguments, batch, since=now)
        batch.calls[call_id] = self._calls[call_id] = call
        return [Tell(ToolCall(call_id, call.name, call.arguments)), *self._begun(call, now)]

    def _batch(self, response_id: str, *, is_wanted: bool) -> Batch:
        batch = self._batches.get(response_id)
        if batch is None:
            is_late = response_id == self._latest
            stage = BatchStage.ARRIVING if is_wanted else BatchStage.DROPPED
            batch = Batch(response_id, BatchStage.WAITING if is_late else stage, is_surplus=self.is_spent)
            self._batches[response_id] = batch
        return batch

    def _begun(self, call: Call, now: float) -> list[Effect]:
        """Do what is to be done first about a call."""
        tool = self._tools.get(call.name)
        if call.batch.stage is BatchStage.DROPPED:
            return self._answer(call, ToolOutcome.INTERRUPTED, now)
        if tool is None:
            return self._answer(call, ToolOutcome.UNKNOWN, now)
        if call.batch.is_surplus or call.batch.made > MOST_CALLS:
            return self._answer(call, ToolOutcome.TOO_MANY, now)
        values = _object(call.arguments)
        if values is None:
            return self._answer(call, ToolOutcome.INVALID, now, "The arguments are not a JSON object.")
        call.values = values
        if tool.is_read_only or self.consent is Consent.GIVEN:
            call.stage = CallStage.RUNNING
            return [self._calling(call)]
        if self.consent is Consent.REFUSED:
            return self._answer(call, ToolOutcome.REFUSED, now, NOBODY)
        return [CheckTool(call.call_id, call.name, call.values)]

    def _calling(self, call: Call) -> CallTool:
        return CallTool(call.call_id, call.name, call.values)

    def _next_question(self, now: float) -> list[Effect]:
        """Ask the person about the next call, where no other question is open."""
        queued = [call for call in self._calls.values() if call.stage is CallStage.QUEUED]
        if not queued or any(call.stage is CallStage.ASKED for call in self._calls.values()):
            return []
        queued[0].move(CallStage.ASKED, now)
        return [Tell(ToolQuestion(queued[0].call_id, queued[0].name, queued[0].arguments))]

    def _drop(self, batch: Batch, now: float) -> list[Effect]:
        batch.move(BatchStage.DROPPED)
        effects: list[Effect] = []
        for call in list(batch.calls.values()):
            if call.stage is not CallStage.RUNNING:
                dropped = [DropTool(call.call_id)] if call.stage is CallStage.CHECKING else []
                effects += [*dropped, *self._answer(call, ToolOutcome.INTERRUPTED, now)]
        return effects

    def _answer(self, call: Call, outcome: ToolOutcome, now: float, said: str = "") -> list[Effect]:
        """Give a call its one result."""
        del self._calls[call.call_id], call.batch.calls[call.call_id]
        if call.stage is CallStage.ASKED:
            self._thought += now - call.since
        output = encodable(said)
        if outcome is not ToolOutcome.DONE:
            message = output or SENTENCES.get(outcome, "")
            output = json.dumps({"error": outcome.value, "message": message}, ensure_ascii=False)
        item = FunctionCallOutputItem(call_id=call.call_id, output=output)
        result = ToolResult(call.call_id, call.name, outcome, output, call.milliseconds(now))
        return [Send(ItemCreate(item=item)), Tell(result), *self._next_question(now)]


def _is_whole(item: Item) -> bool:
    return item.status not in {"incomplete", "in_progress"}


def _object(text: str) -> dict[str, Any] | None:
    """Give the object that JSON says; nothing at all is an empty one, as some servers write it."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
