"""`Assistant`: the other one in the conversation, from when an answer is asked for until it was heard.

It puts together the `ResponseSlot` (may an answer be asked for?) with the `Asking`, the `Answers` (what is said and
sounds) and the `ToolCalls` (what is done before the answer goes on).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_chat.audio.playback import Heard, PlaybackEvent
from realtime_chat.protocol.client_events import ResponseCancel
from realtime_chat.protocol.response_events import FunctionCallDone
from realtime_chat.protocol.responses import Response
from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session import notices
from realtime_chat.session.answers import Answers
from realtime_chat.session.asking import Asking
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.faults import Verdict, fault_of, judged, unanswered
from realtime_chat.session.metrics import TurnTiming
from realtime_chat.session.notices import Phase
from realtime_chat.session.output_events import OutputEvent
from realtime_chat.session.responses import ResponseSlot, Stage
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tool_calls import MOST_ROUNDS, Due, ToolCalls
from realtime_chat.session.tool_events import ToolEvent
from realtime_chat.session.transcript import TranscriptStore

_ENDLESS: Final = notices.Fault(
    "tool_loop", f"The model called tools {MOST_ROUNDS} times in a row and said nothing: ask again in other words."
)


class Assistant:
    """Gives one answer at a time; knows nothing of who else speaks."""

    def __init__(self, settings: Settings, transcript: TranscriptStore) -> None:
        """Make one; what it says is written into ``transcript``."""
        self._slot = ResponseSlot()
        self._answers = Answers(transcript, is_voiced=settings.modality == "audio", speed=settings.speed or 1.0)
        self._tools = ToolCalls(settings)
        self._asking = Asking(self._slot, self._tools)
        self._timing: TurnTiming | None = None

    @property
    def turns(self) -> int:
        """How many answers were given."""
        return self._answers.turns

    @property
    def is_audible(self) -> bool:
        """It is heard now."""
        return self._answers.is_audible

    @property
    def is_idle(self) -> bool:
        """Nothing sounds, and no answer is to come."""
        return self._slot.is_free and not self._is_busy

    @property
    def phase(self) -> Phase:
        """What it amounts to where nobody else speaks, in an open session."""
        active = self._slot.active_id
        if self._answers.is_audible or (active is not None and self._answers.is_written(active)):
            return Phase.SPEAKING
        return Phase.THINKING if self._slot.is_pending or self._is_busy else Phase.LISTENING

    @property
    def _is_busy(self) -> bool:
        return self._answers.is_sounding or self._tools.is_busy

    # What the person does

    def ask(self, timing: TurnTiming, now: float) -> list[Effect]:
        """A turn is over, and wants an answer; ``timing`` begins with it."""
        self._begin(timing)
        self._asking.forgive()
        return self._asking.ask(now)

    def owe(self, timing: TurnTiming, now: float) -> None:
        """A typed message belongs to the turn of what the person is saying, and is answered with that."""
        self._begin(timing)
        self._asking.owe(now)

    def settle_debt(self, now: float) -> list[Effect]:
        """Have a typed message answered that waited for words which will not be answered."""
        return self._asking.settle(now)

    def expect(self, timing: TurnTiming, now: float) -> list[Effect]:
        """A turn is over, and the server answers by itself."""
        self._begin(timing)
        self._slot.expect(now)
        return self._tools.give_up(now)

    def interrupt(self, now: float, *, by_server: bool = False) -> list[Effect]:
        """Stop the answer: one that sounds, one that is being made, and one that was only asked for.

        Args:
            now: The time.
            by_server: The server said so, and cancels by itself.
        """
        self._timing = None
        if not by_server:
            self._asking.forgive()
        cancel = self._slot.interrupt(now, by_server=by_server)
        effects: list[Effect] = [] if cancel is None else [Send(ResponseCancel(response_id=cancel))]
        return [*effects, *self._answers.interrupt(), *self._tools.interrupt(now)]

    def fall_silent(self, now: float) -> list[Effect]:
        """The conversation ends, and with it what the assistant was saying and doing, and asked to be allowed."""
        return [*self._answers.interrupt(), *self._tools.abandon(now)]

    def set_voice(self, *, is_on: bool) -> list[Effect]:
        """Have answers spoken or not; see `Answers.set_voice`."""
        return self._answers.set_voice(is_on=is_on)

    def set_consent(self, consent: Consent) -> None:
        """Let ``consent`` say who allows the calls that may change something, from now on."""
        self._tools.consent = consent

    def give_up(self, now: float) -> list[Effect]:
        """Answer the calls of tools that nobody waits for any more, before the next words follow them."""
        return self._tools.give_up(now)

    # What becomes of its words, sound and calls

    def spoken(self, sounding: Heard) -> str:
        """Give the words of an item that were heard."""
        return self._answers.spoken(sounding)

    def is_deleted(self, item_id: str) -> bool:
        """Say whether the server was told to forget an item."""
        return self._answers.is_deleted(item_id)

    def flushed(self, heard: Sequence[Heard]) -> list[Effect]:
        """The sound was stopped."""
        return self._answers.flushed(heard)

    def playback(self, event: PlaybackEvent) -> list[Effect]:
        """The speaker began or finished an item."""
        return self._answers.playback(event)

    def tool(self, event: ToolEvent, now: float) -> list[Effect]:
        """Something happened to a call of a tool."""
        return self._tools.follow(event, now) + self._go_on(now)

    # What the server does

    def knows(self, response_id: str) -> bool:
        """Say whether a response began earlier."""
        return self._answers.knows(response_id)

    def begun(self, response_id: str, now: float, *, is_wanted: bool) -> list[Effect]:
        """A new response began; it is cancelled where it is not wanted, or was not while it was asked for."""
        # No two responses are made at a time: the end of an earlier one was lost.
        effects = self._finish(self._slot.occupant, now)
        timing, self._timing = self._timing, None
        if timing is not None:
            timing.leave_out(self._tools.take_thinking())
        cancel = response_id if self._slot.begun(response_id, now) else None
        self._answers.begin(response_id, timing)
        if is_wanted:
            self._asking.forgive()
        else:
            cancel = self._slot.interrupt(now, by_server=False) or cancel
        if cancel is not None:
            effects += [Send(ResponseCancel(response_id=cancel)), *self._answers.interrupt()]
        return effects

    def progressed(self, response_id: str, now: float) -> None:
        """The server is at work on a response."""
        self._slot.progressed(response_id, now)

    def take(self, event: OutputEvent | FunctionCallDone, now: float) -> list[Effect]:
        """Take a part of a response."""
        is_wanted = self._answers.is_wanted(event.response_id)
        effects = self._tools.take(event, now, is_wanted=is_wanted) + self._go_on(now)
        return effects if isinstance(event, FunctionCallDone) else effects + self._answers.take(event, now)

    def is_beside(self, response_id: str) -> bool:
        """Say whether a response was made beside the one that matters."""
        return self._slot.is_occupied and not self._answers.knows(response_id)

    def done(self, response: Response, now: float) -> list[Effect]:
        """A response that began is done, however it ended; another may have been waiting for that."""
        effects = self._ended(response, now)
        if (fault := fault_of(response)) is not None:
            effects.append(Tell(fault))
        effects += self._asking.asking(now) if self._slot.over(response.id, now) else []
        return effects + self._go_on(now)

    def failed(self, error: ErrorDetails, now: float) -> list[Effect]:
        """The server says that something is wrong."""
        verdict = judged(error)
        if verdict is Verdict.FAULT:
            effects: list[Effect] = [Tell(notices.Fault(error.code or error.type, error.message))]
            return effects + self._asking.refused(error, now)
        if verdict is Verdict.BUSY:
            self._slot.busy(now)
        return [Tell(notices.Ignored("error", error.code or error.message))]

    def overdue(self, now: float, *, by_server: bool) -> list[Effect]:
        """Time went by: give up what the server should have begun, or ended, long ago.

        Args:
            now: The time.
            by_server: The server says when the person's turn is over.
        """
        return [*self._given_up(now, by_server=by_server), *self._tools.overdue(now), *self._go_on(now)]

    def _begin(self, timing: TurnTiming) -> None:
        self._tools.take_thinking()  # that of the turn before
        self._timing = timing

    def _given_up(self, now: float, *, by_server: bool) -> list[Effect]:
        stage, response_id = self._slot.overdue(now), self._slot.occupant
        if stage is None:
            return self._asking.overdue(now) if by_server else []
        effects: list[Effect] = []
        if (fault := unanswered(stage)) is not None:
            effects.append(Tell(fault))
        if stage is Stage.ACTIVE and response_id is not None:
            effects.append(Send(ResponseCancel(response_id=response_id)))
        effects += self._finish(response_id, now)
        effects += self._asking.asking(now) if self._slot.abandon(now) else []
        return effects + (self._asking.settle(now) if stage is Stage.EXPECTED else [])

    def _finish(self, response_id: str | None, now: float) -> list[Effect]:
        """End a response that the server did not; what came of it is heard to its end, where it is wanted."""
        return [] if response_id is None else self._ended(Response(id=response_id, status="cancelled"), now)

    def _ended(self, response: Response, now: float) -> list[Effect]:
        """Nothing more comes of a response; where it only called tools, the turn goes on."""
        effects = self._tools.done(response, now, is_wanted=self._answers.is_wanted(response.id))
        is_step = self._tools.is_step(response.id)
        effects += self._answers.finish(response, now, is_step=is_step)
        if is_step:
            self._timing = self._answers.unanswered(response.id)
        return effects

    def _go_on(self, now: float) -> list[Effect]:
        """Ask for the answer that the results of tools lead to, if they are all there."""
        due = self._tools.settle()
        if due is Due.END:
            return [Tell(_ENDLESS)]
        return self._asking.ask(now) if due is Due.ANSWER else []
