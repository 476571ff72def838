"""`Floor`: who may speak, and what is done about it.

It puts together the `Ear` (does the person speak?), the `Suspicion` (may they?) and the `Assistant` (who answers).
"""

from __future__ import annotations

from realtime_chat.audio.frame import Frame
from realtime_chat.protocol.buffer_events import BufferCommitted, SpeechStarted, SpeechStopped
from realtime_chat.protocol.client_events import InputAudioBufferClear, InputAudioBufferCommit
from realtime_chat.protocol.responses import Response
from realtime_chat.session import notices
from realtime_chat.session.assistant import Assistant
from realtime_chat.session.ear import Ear
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.metrics import TurnTiming
from realtime_chat.session.notices import Phase
from realtime_chat.session.settings import Settings, TurnMode
from realtime_chat.session.suspicion import Suspicion


class Floor:
    """Takes turns between the person and the assistant.

    The person comes first: whenever they speak or type, the assistant's answer is stopped.
    """

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        self._settings = settings
        self._assistant = assistant
        self._ear = Ear(settings.turns)
        self._suspicion = Suspicion()

    @property
    def turns_mode(self) -> TurnMode:
        """Who says that a turn is over."""
        return self._ear.mode

    @property
    def is_idle(self) -> bool:
        """Nobody speaks, nothing sounds, and no answer is to come."""
        return not self._ear.is_hearing and self._assistant.is_idle

    @property
    def phase(self) -> Phase:
        """What all this amounts to, in an open session."""
        return Phase.HEARING if self._ear.is_hearing else self._assistant.phase

    def frame(self, frame: Frame) -> list[Effect]:
        """A frame was heard."""
        return self._ear.frame(frame)

    def voice_suspected(self, now: float) -> list[Effect]:
        """The person may have begun to speak: what sounds waits until that is sure, or nobody says so for a while."""
        return self._suspicion.rise(now) if self._assistant.is_audible else []

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
        if not self._ear.end():
            return [Send(InputAudioBufferClear()), *self._assistant.settle_debt(now)]
        given_up = self._assistant.give_up(now)
        return [*given_up, Send(InputAudioBufferCommit()), *self._assistant.ask(self._voice_timing(now), now)]

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
            effects: list[Effect] = [Send(InputAudioBufferClear()), *self._assistant.settle_debt(now)]
        else:
            effects = self.voice_ended(now)
        self._ear.turn_to(mode)
        return effects

    def input_lost(self, now: float) -> list[Effect]:
        """The microphone is gone; what the person was saying is a turn, as far as it was heard."""
        # A server that listens for silence would never hear any.
        return self.voice_ended(now)

    def server_turn(self, event: SpeechStarted | SpeechStopped | BufferCommitted, now: float) -> list[Effect]:
        """The server says that the person begins to speak, or that their turn is over; it answers by itself."""
        if isinstance(event, SpeechStarted):
            return [*self.interrupt(now, by_server=True), Tell(notices.SpeechStarted()), *self._ear.begin()]
        if not self._ear.is_hearing:
            return []
        self._ear.end()
        return self._assistant.expect(self._voice_timing(now), now)

    def typed(self, now: float) -> list[Effect]:
        """A typed message was put into the conversation, after `interrupt`: it wants an answer."""
        timing = TurnTiming(now)
        if self._ear.is_hearing:
            self._assistant.owe(timing, now)  # what the person is saying belongs to the same turn
            return []
        return self._assistant.ask(timing, now)

    def input_ended(self, now: float) -> list[Effect]:
        """The person will say nothing more; what they were saying is over."""
        if not self._ear.mode.is_by_server:
            return self.voice_ended(now)
        self._ear.end()
        return self._assistant.settle_debt(now)

    def interrupt(self, now: float, *, by_server: bool = False) -> list[Effect]:
        """Stop the answer; see `Assistant.interrupt`."""
        return [*self._assistant.interrupt(now, by_server=by_server), *self._suspicion.end()]

    def silence(self, now: float) -> list[Effect]:
        """The person wants silence; a turn that a key began is taken back, and so never was said."""
        effects = self.interrupt(now)
        if not (self._ear.mode.is_by_key and self._ear.is_hearing):
            return effects
        self._ear.end()
        return [*effects, Send(InputAudioBufferClear()), *self._assistant.settle_debt(now)]

    def begun(self, response_id: str, now: float) -> list[Effect]:
        """A response began, if it is a new one. Some servers do not say so: then its first part does."""
        if self._assistant.knows(response_id):
            return []
        is_spoken_over = self._ear.is_hearing and not self._ear.mode.is_by_server
        if not is_spoken_over:
            self._ear.end()  # the server must know
        return self._assistant.begun(response_id, now, is_wanted=not is_spoken_over)

    def done(self, response: Response, now: float) -> list[Effect]:
        """A response is done, however it ended."""
        if self._assistant.is_beside(response.id):
            return []
        return self.begun(response.id, now) + self._assistant.done(response, now)

    def overdue(self, now: float) -> list[Effect]:
        """Time went by: give up what the server should have said long ago."""
        by_server = self._ear.mode.is_by_server
        return [*self._suspicion.overdue(now), *self._assistant.overdue(now, by_server=by_server)]

    def _voice_timing(self, now: float) -> TurnTiming:
        """The turn is over now; whoever said so had waited for a silence, or had not, or it is not known how long."""
        waited = {TurnMode.SEMANTIC: None, TurnMode.TAP: 0, TurnMode.HOLD: 0}.get(
            self._ear.mode, self._settings.silence_ms
        )
        return TurnTiming(now, voice_ended=None if waited is None else now - waited / 1000)
