"""`Floor`: who may speak, and what is done about it.

It puts together an *ear* (does the person speak?), the `ResponseSlot` (may an answer be asked for?), the `Answers`
(what is said and sounds) and the `ToolCalls` (what is done before the answer goes on).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_chat.audio.frame import Frame
from realtime_chat.audio.playback import Heard, PlaybackEvent
from realtime_chat.protocol.client_events import (
    InputAudioBufferClear,
    InputAudioBufferCommit,
    ResponseCancel,
)
from realtime_chat.protocol.response_events import FunctionCallDone
from realtime_chat.protocol.responses import Response
from realtime_chat.protocol.server_events import BufferCommitted, ErrorDetails, SpeechStarted, SpeechStopped
from realtime_chat.session import notices
from realtime_chat.session.answers import Answers
from realtime_chat.session.asking import Asking
from realtime_chat.session.ear import Ear
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.faults import Verdict, fault_of, judged, unanswered
from realtime_chat.session.metrics import TurnTiming
from realtime_chat.session.notices import Phase
from realtime_chat.session.output_events import OutputEvent
from realtime_chat.session.responses import ASKED_SECONDS, ResponseSlot, Stage
from realtime_chat.session.settings import Consent, Settings, TurnMode
from realtime_chat.session.suspicion import Suspicion
from realtime_chat.session.tool_calls import MOST_ROUNDS, Due, ToolCalls
from realtime_chat.session.tool_events import ToolEvent
from realtime_chat.session.transcript import TranscriptStore

_ENDLESS: Final = notices.Fault(
    "tool_loop", f"The model called tools {MOST_ROUNDS} times in a row and said nothing: ask again in other words."
)


class Floor:
    """Takes turns between the person and the assistant.

    The person comes first: whenever they speak or type, the assistant's answer is stopped.
    """

    def __init__(self, settings: Settings, transcript: TranscriptStore) -> None:
        self._settings = settings
        self._ear = Ear(settings.turns)
        self._slot = ResponseSlot()
        self._answers = Answers(transcript, is_voiced=settings.modality == "audio", speed=settings.speed or 1.0)
        self._tools = ToolCalls(settings)
        self._timing: TurnTiming | None = None
        self._owed_since: float | None = None
        """Since when a typed message waits for what the person is saying, to be answered with it."""
        self._asking = Asking(self._slot, self._tools)
        self._suspicion = Suspicion()

    @property
    def turns(self) -> int:
        """How many answers were given."""
        return self._answers.turns

    @property
    def turns_mode(self) -> TurnMode:
        """Who says that a turn is over."""
        return self._ear.mode

    @property
    def is_idle(self) -> bool:
        """Nobody speaks, nothing sounds, and no answer is to come."""
        is_busy = self._answers.is_sounding or self._tools.is_busy
        return not self._ear.is_hearing and self._slot.is_free and not is_busy

    @property
    def phase(self) -> Phase:
        """What all this amounts to, in an open session."""
        if self._ear.is_hearing:
            return Phase.HEARING
        active = self._slot.active_id
        if self._answers.is_audible or (active is not None and self._answers.is_written(active)):
            return Phase.SPEAKING
        is_busy = self._answers.is_sounding or self._tools.is_busy
        return Phase.THINKING if self._slot.is_pending or is_busy else Phase.LISTENING

    def frame(self, frame: Frame) -> list[Effect]:
        """A frame was heard."""
        return self._ear.frame(frame)

    def spoken(self, sounding: Heard) -> str:
        """Give the words of an item that were heard."""
        return self._answers.spoken(sounding)

    def voice_suspected(self, now: float) -> list[Effect]:
        """The person may have begun to speak: what sounds waits until that is sure, or nobody says so for a while."""
        return self._suspicion.rise(now) if self._answers.is_audible else []

    def voice_dismissed(self) -> list[Effect]:
        """They had not, or it does not matter any more: what waits goes on."""
        return self._suspicion.end()

    def voice_began(self, now: float) -> list[Effect]:
        """The person begins to speak, as told here."""
        return [*self.interrupt(now), Tell(notices.SpeechStarted()), *self._ear.begin()]

    def voiced(self, frame: Frame) -> list[Effect]:
        """The person speaks; passed over where their beginning was."""
        return self._ear.voiced(frame)

    def voice_ended(self, now: float) -> list[Effect]:
        """The person's turn is over, as told here."""
        if not self._ear.is_hearing:
            return []
        is_turn = self._ear.end()
        is_owed, self._owed_since = self._owed_since is not None, None
        if not is_turn:
            return [Send(InputAudioBufferClear()), *(self._asking.ask(now) if is_owed else [])]
        self._timing = self._voice_timing(now)
        return [*self._tools.give_up(now), Send(InputAudioBufferCommit()), *self._asking.ask(now)]

    def begin_turn(self, now: float) -> list[Effect]:
        """The key that begins a turn was pressed."""
        return self.voice_began(now) if self._ear.mode.is_by_key and not self._ear.is_hearing else []

    def end_turn(self, now: float) -> list[Effect]:
        """The key that ends a turn was pressed, or the one that was held down released."""
        return self.voice_ended(now) if self._ear.mode.is_by_key else []

    def change_turns(self, mode: TurnMode, now: float) -> list[Effect]:
        """Let ``mode`` say when a turn is over. What is being said is over, too; what a server heard is forgotten."""
        if self._ear.mode.is_by_server:
            # What the server has of it, or of the silence before, must not become a part of the next turn.
            effects: list[Effect] = [Send(InputAudioBufferClear()), *self._settle_debt(now)]
        else:
            effects = self.voice_ended(now)
        self._ear.turn_to(mode)
        return effects

    def input_lost(self, now: float) -> list[Effect]:
        """The microphone is gone; what the person was saying is a turn, as far as it was heard."""
        # A server that listens for silence would never hear any.
        return self.voice_ended(now)

    def set_voice(self, *, is_on: bool) -> list[Effect]:
        """Have answers spoken or not; see `Answers.set_voice`."""
        return self._answers.set_voice(is_on=is_on)

    def is_deleted(self, item_id: str) -> bool:
        """Say whether the server was told to forget an item."""
        return self._answers.is_deleted(item_id)

    def server_turn(self, event: SpeechStarted | SpeechStopped | BufferCommitted, now: float) -> list[Effect]:
        """The server says that the person begins to speak, or that their turn is over; it answers by itself."""
        if isinstance(event, SpeechStarted):
            return [*self.interrupt(now, by_server=True), Tell(notices.SpeechStarted()), *self._ear.begin()]
        if not self._ear.is_hearing:
            return []
        self._ear.end()
        self._timing = self._voice_timing(now)
        self._slot.expect(now)
        return self._tools.give_up(now)

    def typed(self, now: float) -> list[Effect]:
        """A typed message was put into the conversation, after `interrupt`: it wants an answer."""
        self._timing = TurnTiming(now)
        if self._ear.is_hearing:
            self._owed_since = now  # what the person is saying belongs to the same turn
            return []
        return self._asking.ask(now)

    def input_ended(self, now: float) -> list[Effect]:
        """The person will say nothing more; what they were saying is over."""
        if not self._ear.mode.is_by_server:
            return self.voice_ended(now)
        self._ear.end()
        return self._settle_debt(now)

    def interrupt(self, now: float, *, by_server: bool = False) -> list[Effect]:
        """Stop the answer: one that sounds, one that is being made, and one that was only asked for.

        Args:
            now: The time.
            by_server: The server said so, and cancels by itself.
        """
        self._timing = None
        if not by_server:
            self._owed_since = None
        cancel = self._slot.interrupt(now, by_server=by_server)
        effects: list[Effect] = [] if cancel is None else [Send(ResponseCancel(response_id=cancel))]
        return [*effects, *self._answers.interrupt(), *self._tools.interrupt(now), *self._suspicion.end()]

    def fall_silent(self) -> list[Effect]:
        """The conversation ends, and with it what the assistant was saying; see `Answers.interrupt`."""
        return self._answers.interrupt()

    def flushed(self, heard: Sequence[Heard]) -> list[Effect]:
        """The sound was stopped."""
        return self._answers.flushed(heard)

    def playback(self, event: PlaybackEvent) -> list[Effect]:
        """The speaker began or finished an item."""
        return self._answers.playback(event)

    def begun(self, response_id: str, now: float) -> list[Effect]:
        """A response began, if it is a new one. Some servers do not say so: then its first part does."""
        if self._answers.knows(response_id):
            return []
        # No two responses are made at a time: the end of an earlier one was lost.
        effects = self._finish(self._slot.occupant, now)
        timing, self._timing = self._timing, None
        cancel = response_id if self._slot.begun(response_id, now) else None
        self._answers.begin(response_id, timing)
        if self._ear.is_hearing and not self._ear.mode.is_by_server:
            cancel = self._slot.interrupt(now, by_server=False) or cancel
        else:
            self._ear.end()  # the server must know
            self._owed_since = None
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

    def tool(self, event: ToolEvent, now: float) -> list[Effect]:
        """Something happened to a call of a tool."""
        return self._tools.follow(event, now) + self._go_on(now)

    def give_up(self, now: float) -> list[Effect]:
        """Answer the calls of tools that nobody waits for any more, before the next words follow them."""
        return self._tools.give_up(now)

    def set_consent(self, consent: Consent) -> None:
        """Let ``consent`` say who allows the calls that may change something, from now on."""
        self._tools.consent = consent

    def done(self, response: Response, now: float) -> list[Effect]:
        """A response is done, however it ended; another may have been waiting for that."""
        if self._slot.is_occupied and not self._answers.knows(response.id):
            return []  # it was made beside the one that matters
        effects = self.begun(response.id, now) + self._ended(response, now)
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

    def overdue(self, now: float) -> list[Effect]:
        """Time went by: give up what the server should have begun, or ended, long ago."""
        return [*self._suspicion.overdue(now), *self._given_up(now), *self._tools.overdue(now), *self._go_on(now)]

    def _given_up(self, now: float) -> list[Effect]:
        stage, response_id = self._slot.overdue(now), self._slot.occupant
        if stage is None:
            is_forgotten = self._owed_since is not None and now - self._owed_since > ASKED_SECONDS
            return self._settle_debt(now) if is_forgotten and self._ear.mode.is_by_server else []
        effects: list[Effect] = []
        if (fault := unanswered(stage)) is not None:
            effects.append(Tell(fault))
        if stage is Stage.ACTIVE and response_id is not None:
            effects.append(Send(ResponseCancel(response_id=response_id)))
        effects += self._finish(response_id, now)
        effects += self._asking.asking(now) if self._slot.abandon(now) else []
        return effects + (self._settle_debt(now) if stage is Stage.EXPECTED else [])

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

    def _settle_debt(self, now: float) -> list[Effect]:
        """Have a typed message answered that waited for words which the server will not answer."""
        is_owed, self._owed_since = self._owed_since is not None, None
        return self._asking.ask(now) if is_owed else []

    def _voice_timing(self, now: float) -> TurnTiming:
        """The turn is over now; whoever said so had waited for a silence, or had not, or it is not known how long."""
        waited = {TurnMode.SEMANTIC: None, TurnMode.TAP: 0, TurnMode.HOLD: 0}.get(
            self._ear.mode, self._settings.silence_ms
        )
        return TurnTiming(now, voice_ended=None if waited is None else now - waited / 1000)
