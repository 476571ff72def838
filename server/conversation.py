"""The conversation machine: client events and engine results in, effects out. No socket, clock, thread or task."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from realtime_chat.protocol.client_events import (
    AnyClientEvent,
    InputAudioBufferAppend,
    InputAudioBufferClear,
    InputAudioBufferCommit,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    OutputAudioBufferClear,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
)
from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.server_events import SessionCreated, SessionUpdated
from realtime_chat.protocol.sessions import Session
from realtime_chat.server.answer import TOO_LONG
from realtime_chat.server.answerer import Answerer
from realtime_chat.server.detection import Detection
from realtime_chat.server.effects import Effect, Emit
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.seam import Speech, TokenUsage, ToolCall
from realtime_chat.server.history import History
from realtime_chat.server.idle import IdleTimer
from realtime_chat.server.items import Items
from realtime_chat.server.limits import HISTORY_BYTES
from realtime_chat.server.listener import Listener
from realtime_chat.server.outbox import NewId, Outbox
from realtime_chat.server.preparation import Preparation
from realtime_chat.server.recognition import Recognition
from realtime_chat.server.room import check_session
from realtime_chat.server.terms import Terms
from realtime_chat.server.turn_taking import TurnTaking
from realtime_chat.server.voice_judge import Networks
from realtime_chat.server.work import Work


class Conversation:
    """One session of the server. Every public method returns what is to be done, in order."""

    def __init__(
        self, session: Session, new_id: NewId, networks: Networks | None = None, *, history_bytes: int = HISTORY_BYTES
    ) -> None:
        """Begin a session.

        Args:
            session: What it is like, every field set.
            new_id: Makes ids.
            networks: What is asked besides whether a sound is a voice.
            history_bytes: How much sound is kept.
        """
        self._terms = Terms(session)
        self._out = Outbox(new_id)
        self._history = History(history_bytes)
        self._recognition = Recognition(self._out, self._history)
        self._listener = Listener(self._out, self._history, self._recognition, self._terms.detection, networks)
        self._answerer = Answerer(self._out, self._history)
        self._items = Items(self._out, self._history, self._recognition, self._answerer)
        self._idle = IdleTimer(self._out, self._history, self._listener)
        self._preparation = Preparation(self._out, self._history)
        self._turns = TurnTaking(
            self._out, self._history, self._listener, self._items, self._answerer, self._preparation, self._terms
        )
        self._drafted = ""
        self._configure(self._terms.detection)

    @property
    def session(self) -> Session:
        """What the session is like, every field set."""
        return self._terms.session

    # What the client does

    def open(self, update: Session | None = None) -> list[Effect]:
        """Begin the session.

        Args:
            update: What it is like from the start, where it is not as usual.

        Raises:
            MalformedEvent: The update asks for something this server does not do.
        """
        effects: list[Effect] = []
        if update is not None:
            self._update(deepcopy(update))
            effects = [effect for effect in self._out.take() if not isinstance(effect, Emit)]
        self._out.emit(SessionCreated, session=self.session)
        return [*self._out.take(), *effects]

    def malformed(self, error: MalformedEvent) -> list[Effect]:
        """Answer a message that was no event."""
        self._out.refuse(error.code, error.reason, param=error.param, event_id=error.event_id)
        return self._out.take()

    def coding(self, event: AnyClientEvent) -> Callable[[], bytes] | None:
        """Give what takes long in an event, to be called in a thread; `receive` wants what it returns."""
        return self._items.coding(event) if isinstance(event, ItemCreate | ItemRetrieve) else None

    def takes(self, event: InputAudioBufferAppend) -> bool:
        """Say whether there is room for all of a piece of sound, and nothing is wrong with it."""
        return self._listener.takes(event.audio)

    def receive(self, event: AnyClientEvent, sound: bytes | None = None) -> list[Effect]:
        """Take an event of the client.

        Args:
            event: What the client sent.
            sound: What `coding` made, where it gave something to do.
        """
        try:
            self._dispatch(event, sound)
        except MalformedEvent as error:
            event_id = event.event_id if isinstance(event.event_id, str) else None
            self._out.refuse(error.code, error.reason, param=error.param, event_id=event_id)
        return self._out.take()

    def expire(self, reason: str) -> list[Effect]:
        """Tell the client that the session's time is over."""
        self._out.refuse("session_expired", reason)
        return self._out.take()

    def woke(self) -> list[Effect]:
        """Take it that the time that was asked for with `Wake` is over: nobody spoke after the last answer."""
        self._turns.wake(self._idle)
        return self._out.take()

    def close(self) -> None:
        """The client is gone: nothing of the session is kept."""
        self._listener.close()
        self._answerer.close()
        self._history.clear()
        self._out.take()

    def _dispatch(self, event: AnyClientEvent, sound: bytes | None) -> None:
        match event:
            case SessionUpdate():
                self._update(event.session)
            case InputAudioBufferAppend():
                self._append(event.audio)
            case InputAudioBufferCommit():
                self._listener.commit()
                self._answerer.go_on()
            case InputAudioBufferClear():
                self._listener.clear()
                self._answerer.drop_draft()
            case ItemCreate():
                self._items.create(event, sound)
            case ItemDelete():
                self._items.delete(event.item_id)
            case ItemRetrieve():
                self._items.retrieve(event.item_id, sound)
            case ItemTruncate():
                self._items.truncate(event)
            case ResponseCreate():
                params = event.response if isinstance(event.response, ResponseParams) else ResponseParams()
                self._turns.respond(params, asked=True)
            case ResponseCancel():
                self._answerer.cancel(event)
            case OutputAudioBufferClear():
                raise MalformedEvent("invalid_value", "'output_audio_buffer.clear' is for WebRTC and SIP only.", "type")

    def _update(self, update: Session) -> None:
        had = self._terms.detection
        terms = self._terms.amended(update, has_spoken=self._history.has_spoken)
        check_session(terms.session)
        self._terms = terms
        self._configure(had)
        self._out.emit(SessionUpdated, session=self._terms.session)
        if self._terms.talk is not None:
            options = self._terms.options()
            if options.modality == "audio":
                self._preparation.warm_up(speaks=True)
            self._preparation.read_ahead(options)

    def _configure(self, had: Detection | None) -> None:
        """Let the parts know what the session says; ``had`` is how turns were found before."""
        detection = self._terms.detection
        self._turns.terms = self._terms
        if detection != had:
            self._listener.detect(detection)
        self._idle.configure(None if detection is None else detection.idle_ms)
        self._items.formats = self._terms.formats
        self._listener.take_format(self._terms.formats.inward)
        self._recognition.tells = self._terms.wants_words

    def _append(self, data: bytes) -> None:
        self._preparation.warm_up(speaks=self._terms.talk is not None)
        for heard in self._listener.append(data):
            self._turns.notice(heard)
        if self._drafted == self._listener.current_id and not self._listener.is_quiet:
            self._answerer.drop_draft()

    # What the engines do

    def heard(self, item_id: str, samples: int, text: str) -> list[Effect]:
        """Take the words of the first ``samples`` samples of an item."""
        speaking = self._listener.heard(item_id, samples, text)
        if speaking is not None and self._terms.talk is not None and self._terms.will_answer:
            self._drafted = item_id
            self._answerer.draft(self._terms.talk, *speaking)
        if ended := self._listener.check():
            self._turns.notice(ended)
        self._answerer.go_on()
        return self._out.take()

    def hearing_failed(self, item_id: str, message: str) -> list[Effect]:
        """Take it that an item's speech could not be recognised."""
        if self._recognition.failed(item_id, message):
            self._answerer.cannot_hear(item_id, message)
        return self._out.take()

    def wrote(self, work_id: str, delta: str) -> list[Effect]:
        """Take more text."""
        return self._make(work_id, lambda work: work.wrote(delta))

    def called(self, work_id: str, call: ToolCall) -> list[Effect]:
        """Take a call of a function."""
        return self._make(work_id, lambda work: work.called(call))

    def finished_writing(self, work_id: str, usage: TokenUsage) -> list[Effect]:
        """Take it that the text is complete."""
        return self._make(work_id, lambda work: work.finished_writing(usage))

    def spoke(self, work_id: str, clause: Clause, speech: Speech) -> list[Effect]:
        """Take more of the sound of a clause; clauses come in order, each whole before the next."""
        return self._make(work_id, lambda work: work.spoke(clause, speech))

    def finished_speaking(self, work_id: str) -> list[Effect]:
        """Take it that all was said."""
        return self._make(work_id, Work.finished_speaking)

    def too_long(self, work_id: str, message: str) -> list[Effect]:
        """Take it that the conversation does not fit, and that nothing of it may be left out."""
        self._answerer.failed(work_id, TOO_LONG, message)
        return self._out.take()

    def failed(self, work_id: str, message: str, code: str = "engine_failed") -> list[Effect]:
        """Take it that an engine could not go on."""
        self._answerer.failed(work_id, code, message)
        return self._out.take()

    def _make(self, work_id: str, result: Callable[[Work], None]) -> list[Effect]:
        if work := self._answerer.wanted(work_id):
            result(work)
            self._answerer.tidy()
        return self._out.take()
