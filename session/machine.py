"""`Machine`: one conversation, client side. Values in (events, frames, keys, time), effects out; nothing else.

The `Floor` says who may speak, and from that follows the phase; `turns.moved` checks each move. What the server says
goes through `Incoming`, and the parts of an answer straight to the `Assistant`.

Every method takes the time in seconds of one clock and returns the effects to carry out at once, in order. While a
`Flush` is carried out, `flushed` must be called with what it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realtime_chat.audio.frame import Frame
from realtime_chat.audio.gate import GateEvent
from realtime_chat.audio.playback import Heard, PlaybackEvent
from realtime_chat.protocol.response_events import FunctionCallDone
from realtime_chat.protocol.server_events import AnyServerEvent, Error, SessionUpdated, Unknown
from realtime_chat.protocol.sessions import RealtimeSession, Session
from realtime_chat.session import notices
from realtime_chat.session.assistant import Assistant
from realtime_chat.session.closing import Closing
from realtime_chat.session.controls import Controls
from realtime_chat.session.dictation import Dictation
from realtime_chat.session.effects import Effect, Finish, Flush, Reject, Send, Tell, only_here
from realtime_chat.session.floor import Floor
from realtime_chat.session.incoming import Incoming
from realtime_chat.session.notices import Cause, DeviceChanged, Phase
from realtime_chat.session.onset import noticed
from realtime_chat.session.output_events import OutputEvent, response_of
from realtime_chat.session.places import announced
from realtime_chat.session.salvage import salvaged
from realtime_chat.session.settings import Consent, Settings, TurnMode
from realtime_chat.session.tool_events import ToolEvent
from realtime_chat.session.transcript import TranscriptStore
from realtime_chat.session.turns import moved
from realtime_chat.session.writing import Writing


class Machine:
    """One conversation; see the module."""

    def __init__(self, settings: Settings) -> None:
        self.transcript = TranscriptStore()
        """Who said what until now."""
        self._settings = settings
        self._phase = Phase.CONNECTING
        self._assistant = Assistant(settings, self.transcript)
        self._floor = Floor(settings, self._assistant)
        self._controls = Controls(settings, self._floor, self._assistant)
        self._dictation = Dictation(self.transcript, is_on=settings.transcribe is not None)
        self._writing = Writing(self.transcript)
        self._incoming = Incoming(
            self.transcript,
            assistant=self._assistant,
            floor=self._floor,
            controls=self._controls,
            dictation=self._dictation,
        )
        self._closing = Closing()
        self._typed: list[str] = []
        self._early: list[Callable[[float], list[Effect]]] = []

    @property
    def phase(self) -> Phase:
        """What the conversation is doing."""
        return self._phase

    @property
    def turns(self) -> int:
        """How many answers were given; 0 after a file in which nobody was heard to speak."""
        return self._assistant.turns

    @property
    def turns_mode(self) -> TurnMode:
        """Who says that a turn is over."""
        return self._floor.turns_mode

    @property
    def voice(self) -> bool:
        """Answers are spoken; else they come in writing."""
        return self._controls.voice.is_on

    def spoken(self, sounding: Heard) -> int:
        """How many characters of an item's words were heard, by how far its sound got."""
        return len(self._assistant.spoken(sounding))

    @property
    def idle(self) -> bool:
        """The session is open, nobody speaks, nothing sounds, and no answer is to come."""
        return self._is_open and self._floor.is_idle

    def opened(self, now: float) -> list[Effect]:
        """The connection is open: the session is set up before anything else is said."""
        del now
        return [Send(self._settings.update())]

    def received(self, event: AnyServerEvent | Unknown, now: float) -> list[Effect]:
        """The server said something; what is unknown here is passed over."""
        if self._is_over:
            return []
        if isinstance(response_id := response_of(event), str):
            self._assistant.progressed(response_id, now)
        readable = (salvaged(event) or event) if isinstance(event, Unknown) else event
        if isinstance(readable, Unknown):
            return [Tell(notices.Ignored(readable.type, readable.reason))]
        if self._phase is Phase.CONNECTING:
            return self._while_connecting(readable, now)
        return self._settled(self._received(readable, now), now)

    def gate(self, event: GateEvent, now: float) -> list[Effect]:
        """The person's voice began, went on or ended here, or may have."""
        return self._settled(noticed(event, self._floor, now), now) if self._is_open else []

    def frame(self, frame: Frame, now: float) -> list[Effect]:
        """A frame was heard, whatever is in it.

        The server gets each one where it says when a turn is over, and those of the turn where the person does.
        """
        del now
        return self._floor.frame(frame) if self._is_open else []

    def begin_turn(self, now: float) -> list[Effect]:
        """The person pressed the key that says that they speak; no matter where others say so, or a second time."""
        return self._settled(self._floor.begin_turn(now), now) if self._is_open else []

    def end_turn(self, now: float) -> list[Effect]:
        """The person is done speaking, and said so; no matter where they did not begin."""
        return self._settled(self._floor.end_turn(now), now) if self._is_open else []

    def change_turns(self, mode: TurnMode, now: float) -> list[Effect]:
        """Let ``mode`` say when a turn is over, from now on."""
        return self._controlled(lambda now: self._controls.change_turns(mode, now), now)

    def set_voice(self, is_on: bool, now: float) -> list[Effect]:
        """Have answers spoken, or not: then what sounds falls silent, and the rest of it is read."""
        return self._controlled(lambda _: self._controls.set_voice(is_on=is_on), now)

    def device_changed(self, change: DeviceChanged, now: float) -> list[Effect]:
        """A microphone or a speaker came or went; where no speaker is left, answers go on in writing."""
        return self._controlled(lambda now: self._controls.device_changed(change, now), now)

    def say(self, text: str, now: float) -> list[Effect]:
        """The person typed a message; before the session is ready, it waits."""
        if self._is_over:
            return []
        if self._phase is Phase.CONNECTING:
            self._typed.append(text)
            return []
        return self._settled(self._said([text], now), now)

    def interrupt(self, now: float) -> list[Effect]:
        """The person wants silence, and takes back what they began to say with a key."""
        return self._settled(self._floor.silence(now), now) if self._is_open else []

    def flushed(self, heard: Sequence[Heard], now: float) -> list[Effect]:
        """The sound was stopped; ``heard`` says how far each item got."""
        if self._closing.has_begun:
            return self._last(self._assistant.flushed(heard))
        return self._settled(self._assistant.flushed(heard), now) if self._is_open else []

    def playback(self, event: PlaybackEvent, now: float) -> list[Effect]:
        """The speaker began or finished an item."""
        return self._settled(self._assistant.playback(event), now) if self._is_open else []

    def tool(self, event: ToolEvent, now: float) -> list[Effect]:
        """Something happened to a call of a tool: it was checked, allowed or not, or is over."""
        return self._settled(self._assistant.tool(event, now), now) if self._is_open else []

    def set_consent(self, consent: Consent) -> None:
        """Let ``consent`` say who allows the calls that may change something, from now on."""
        self._assistant.set_consent(consent)

    def input_ended(self, now: float) -> list[Effect]:
        """Nothing more will be said or typed: the conversation is over as soon as it is idle."""
        if self._is_over:
            return []
        self._closing.await_idleness()
        return self._settled(self._floor.input_ended(now), now)

    def tick(self, now: float) -> list[Effect]:
        """Time went by; to be called about once a second. Ends what the server should have ended."""
        return self._settled(self._floor.overdue(now), now) if self._is_open else []

    def close(self, cause: Cause, reason: str = "", *, now: float) -> list[Effect]:
        """End the conversation, at once; nothing does anything afterwards.

        What sounds ends where it was heard: then the end is what follows the `Flush`. ``now`` says how long a tool was
        at what it did not finish.
        """
        if self._is_over:
            return []
        effects = self._assistant.fall_silent(now) if self._is_open else []
        self._closing.begin(Finish(cause, reason))
        return only_here(effects) if Flush() in effects else self._last(effects)

    @property
    def _is_open(self) -> bool:
        return self._phase is not Phase.CONNECTING and not self._is_over

    @property
    def _is_over(self) -> bool:
        return self._phase is Phase.CLOSED or self._closing.has_begun

    def _last(self, effects: list[Effect]) -> list[Effect]:
        """Give the end, with what is told before it; a server that is left, or gone, is sent nothing."""
        if self._phase is Phase.CLOSED:
            return []
        self._phase = moved(self._phase, Phase.CLOSED)
        return [*only_here(effects), Tell(notices.PhaseChanged(Phase.CLOSED)), self._closing.end]

    def _controlled(self, control: Callable[[float], list[Effect]], now: float) -> list[Effect]:
        """Carry out what was changed; before the session is ready, it waits."""
        if self._phase is Phase.CONNECTING:
            self._early.append(control)
            return []
        return self._settled(control(now), now) if self._is_open else []

    def _while_connecting(self, event: AnyServerEvent, now: float) -> list[Effect]:
        """Nothing but our update was sent: an error answers it, and whatever else comes is not for us."""
        if isinstance(event, Error):
            return [Reject(event.error.code or event.error.type, event.error.message)]
        if not isinstance(event, SessionUpdated):
            return []
        self._phase = moved(self._phase, Phase.LISTENING)
        effects: list[Effect] = [Tell(self._ready(event.session)), Tell(notices.PhaseChanged(Phase.LISTENING))]
        for control in self._early:
            effects += control(now)
        typed, self._typed = self._typed, []
        return self._settled(effects + (self._said(typed, now) if typed else []), now)

    def _received(self, event: AnyServerEvent, now: float) -> list[Effect]:
        if not isinstance(event, OutputEvent | FunctionCallDone):
            return self._incoming.take(event, now)
        # Settled in between: an answer that nobody announced is thought of before it is spoken.
        return self._settled(self._floor.begun(event.response_id, now), now) + self._assistant.take(event, now)

    def _said(self, texts: list[str], now: float) -> list[Effect]:
        stopped = self._floor.interrupt(now) + self._assistant.give_up(now)
        return stopped + self._writing.put(texts) + self._floor.typed(now)

    def _ready(self, session: Session) -> notices.Ready:
        model = session.model if isinstance(session, RealtimeSession) and isinstance(session.model, str) else None
        voice = session.audio.output.voice if session.audio and session.audio.output else None
        return notices.Ready(model or self._settings.model or "", voice if isinstance(voice, str) else "")

    def _settled(self, effects: list[Effect], now: float) -> list[Effect]:
        """Give ``effects`` and what follows from the new state: new places, the phase, and the end if it has come."""
        effects = announced(effects, self.transcript.take_placed())
        if self._is_open and self._floor.phase is not self._phase:
            self._phase = moved(self._phase, self._floor.phase)
            effects = [*effects, Tell(notices.PhaseChanged(self._phase))]
        if self._closing.is_due(now, is_idle=self.idle, is_waiting=self._dictation.is_waiting):
            effects = effects + self.close(Cause.FINISHED, now=now)
        return effects
