"""The conversation machine: client events and engine results in, effects out. No socket, clock, thread or task."""

from __future__ import annotations

import re

from msgspec import UNSET

from realtime_chat.audio.frame import SAMPLE_BYTES, samples_to_ms
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
from realtime_chat.protocol.items import MessageItem, OutputAudio
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.server_events import (
    ItemAdded,
    ItemDeleted,
    ItemDone,
    ItemRetrieved,
    ItemTruncated,
    SessionCreated,
    SessionUpdated,
)
from realtime_chat.protocol.sessions import (
    AudioConfig,
    InputConfig,
    RealtimeSession,
    SemanticVad,
    ServerVad,
    merged,
)
from realtime_chat.server.answer_options import answer_options
from realtime_chat.server.answerer import Answerer
from realtime_chat.server.defaults import check_max_tokens, check_update
from realtime_chat.server.detection import Detection, completed, detection_of
from realtime_chat.server.effects import Effect, Prepare, WarmUp
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.seam import Speech, TokenUsage
from realtime_chat.server.history import Entry, History, audio_of, without_audio
from realtime_chat.server.input_buffer import Heard
from realtime_chat.server.listener import Listener
from realtime_chat.server.outbox import NewId, Outbox

_ITEM_ID = re.compile(r"^[a-zA-Z0-9_-]+$")


class Conversation:
    """One session of the server. Every public method returns what is to be done, in order."""

    def __init__(self, session: RealtimeSession, new_id: NewId) -> None:
        self.session = session
        self._out = Outbox(new_id)
        self._history = History()
        self._listener = Listener(self._out, self._history, self._detection)
        self._answerer = Answerer(self._out, self._history)
        self._drafted = ""
        self._warm = False

    # What the client does

    def open(self) -> list[Effect]:
        """Begin the session."""
        self._out.emit(SessionCreated, session=self.session)
        return self._out.take()

    def malformed(self, error: MalformedEvent) -> list[Effect]:
        """Answer a message that was no event."""
        self._out.refuse(error.code, error.reason, param=error.param, event_id=error.event_id)
        return self._out.take()

    def receive(self, event: AnyClientEvent) -> list[Effect]:
        """Take an event of the client."""
        try:
            self._dispatch(event)
        except MalformedEvent as error:
            event_id = event.event_id if isinstance(event.event_id, str) else None
            self._out.refuse(error.code, error.reason, param=error.param, event_id=event_id)
        return self._out.take()

    def expire(self, minutes: int) -> list[Effect]:
        """Tell the client that the session's time is over."""
        self._out.refuse("session_expired", f"Your session hit the maximum duration of {minutes} minutes.")
        return self._out.take()

    def _dispatch(self, event: AnyClientEvent) -> None:
        match event:
            case SessionUpdate():
                self._update(check_update(event.session))
            case InputAudioBufferAppend():
                self._append(event.audio)
            case InputAudioBufferCommit():
                self._listener.commit()
                self._answerer.go_on()
            case InputAudioBufferClear():
                self._listener.clear()
                self._answerer.drop_draft()
            case ItemCreate():
                self._create_item(event)
            case ItemDelete():
                self._known(event.item_id, "item_delete_invalid_item_id", "deleting")
                self._listener.forget(event.item_id)
                self._history.remove(event.item_id)
                self._out.emit(ItemDeleted, item_id=event.item_id)
                self._answerer.go_on()
            case ItemRetrieve():
                entry = self._known(event.item_id, "item_retrieve_invalid_item_id", "retrieving")
                self._out.emit(ItemRetrieved, item=entry.with_audio())
            case ItemTruncate():
                self._truncate(event)
            case ResponseCreate():
                params = event.response if isinstance(event.response, ResponseParams) else ResponseParams()
                self._respond(params)
            case ResponseCancel():
                self._answerer.cancel(event)
            case OutputAudioBufferClear():
                raise MalformedEvent("invalid_value", "'output_audio_buffer.clear' is for WebRTC and SIP only.", "type")

    def _update(self, update: RealtimeSession) -> None:
        had = self._detection
        update.model = UNSET
        self.session = merged(self.session, update)
        audio_input = self._input
        if isinstance(audio_input.turn_detection, ServerVad | SemanticVad):
            audio_input.turn_detection = completed(audio_input.turn_detection)
        if self._detection != had:
            self._listener.detect(self._detection)
        self._listener.tells = audio_input.transcription not in (None, UNSET)
        if self.session.output_modalities == ["audio"]:
            self._warm_up()
        self._out.emit(SessionUpdated, session=self.session)
        self._out.do(Prepare(self._history.messages(self._instructions)))

    def _append(self, pcm: bytes) -> None:
        self._warm_up()
        detection = self._detection
        for heard in self._listener.append(pcm):
            if heard is Heard.STARTED:
                if detection is not None and detection.interrupts:
                    self._answerer.stop("turn_detected")
            elif detection is not None and detection.responds and self._answerer.active is None:
                self._respond(ResponseParams())
        if self._drafted == self._listener.current_id and not self._listener.is_quiet:
            self._answerer.drop_draft()

    def _create_item(self, event: ItemCreate) -> None:
        item = event.item
        if item.id is UNSET:
            item.id = self._out.new_id("item")
        elif not _ITEM_ID.match(str(item.id)):
            reason = (
                "Invalid 'item.id': string does not match pattern. Expected a string that matches the pattern "
                "'^[a-zA-Z0-9_-]+$'."
            )
            raise MalformedEvent("invalid_value", reason, "item.id")
        if item.id in self._history:
            reason = f"Error adding item: an item with the id '{item.id}' already exists."
            raise MalformedEvent("item_create_duplicate_item_id", reason, "item.id")
        after = event.previous_item_id if isinstance(event.previous_item_id, str) else None
        if after not in (None, "root") and after not in self._history:
            reason = f"Error adding item: the previous item with id '{after}' does not exist."
            raise MalformedEvent("invalid_value", reason, "previous_item_id")
        if isinstance(item, MessageItem) and any(isinstance(part, OutputAudio) for part in item.content):
            raise MalformedEvent("invalid_value", "Assistant audio cannot be created by a client.", "item.content")
        pcm = audio_of(item)
        if len(pcm) % SAMPLE_BYTES:
            reason = "Invalid 'item.content.audio': not a whole number of 16-bit samples."
            raise MalformedEvent("invalid_value", reason, "item.content.audio")
        item.status = "completed"
        entry = Entry(without_audio(item), bytearray(pcm))
        previous = self._history.add(entry, after)
        self._out.emit(ItemAdded, item=entry.item, previous_item_id=previous)
        self._out.emit(ItemDone, item=entry.item, previous_item_id=previous)
        if pcm:
            self._listener.listen_to(entry)

    def _truncate(self, event: ItemTruncate) -> None:
        entry = self._known(event.item_id, "item_truncate_invalid_item_id", "truncating")
        if not entry.pcm or not (isinstance(entry.item, MessageItem) and entry.item.role == "assistant"):
            reason = "Only model output audio messages can be truncated"
            raise MalformedEvent("unsupported_content_type", reason, "item_id")
        if event.content_index != 0 or event.audio_end_ms < 0:
            param = "content_index" if event.content_index else "audio_end_ms"
            raise MalformedEvent("invalid_value", f"Invalid '{param}': no such place in the item.", param)
        active = self._answerer.active
        if active is not None and entry.id == active.item_id:
            # Its sound is still being made: what is cut now would come back with the next delta.
            self._answerer.stop("client_cancelled")
        length = samples_to_ms(len(entry.pcm) // SAMPLE_BYTES)
        end = min(event.audio_end_ms, length)
        entry.truncate(end)
        if event.audio_end_ms > length:
            reason = f"Audio content of {length}ms is already shorter than {event.audio_end_ms}ms"
            event_id = event.event_id if isinstance(event.event_id, str) else None
            self._out.refuse("invalid_value", reason, param="audio_end_ms", event_id=event_id)
        self._out.emit(ItemTruncated, item_id=entry.id, content_index=0, audio_end_ms=end)

    def _respond(self, params: ResponseParams) -> None:
        if params.conversation == "none" or params.input is not UNSET:
            param = "response.conversation" if params.conversation == "none" else "response.input"
            raise MalformedEvent("invalid_value", "Out-of-band responses are not supported by this server.", param)
        check_max_tokens(params.max_output_tokens, "response.max_output_tokens")
        options = answer_options(self.session, params)
        self._answerer.respond(options)
        if options.modality == "audio":
            self._warm_up()

    # What the engines do

    def heard(self, item_id: str, samples: int, text: str) -> list[Effect]:
        """Take the words of the first ``samples`` samples of an item."""
        speaking = self._listener.heard(item_id, samples, text)
        if speaking is not None:
            self._drafted = item_id
            self._answerer.draft(self.session, *speaking)
        self._answerer.go_on()
        return self._out.take()

    def hearing_failed(self, item_id: str, message: str) -> list[Effect]:
        """Take it that an item's speech could not be recognised."""
        if self._listener.failed(item_id, message):
            self._answerer.cannot_hear(message)
        return self._out.take()

    def wrote(self, work_id: str, delta: str) -> list[Effect]:
        """Take more text."""
        if work := self._answerer.wanted(work_id):
            work.wrote(delta)
        return self._out.take()

    def finished_writing(self, work_id: str, usage: TokenUsage) -> list[Effect]:
        """Take it that the text is complete."""
        if work := self._answerer.wanted(work_id):
            work.finished_writing(usage)
        return self._out.take()

    def spoke(self, work_id: str, clause: Clause, speech: Speech) -> list[Effect]:
        """Take more of the sound of a clause; clauses come in order, each whole before the next."""
        if work := self._answerer.wanted(work_id):
            work.spoke(clause, speech)
        return self._out.take()

    def finished_speaking(self, work_id: str) -> list[Effect]:
        """Take it that all was said."""
        if work := self._answerer.wanted(work_id):
            work.finished_speaking()
        return self._out.take()

    def failed(self, work_id: str, message: str) -> list[Effect]:
        """Take it that an engine could not go on."""
        self._answerer.failed(work_id, message)
        return self._out.take()

    # Parts of the above

    @property
    def _input(self) -> InputConfig:
        audio = self.session.audio
        return audio.input if isinstance(audio, AudioConfig) and isinstance(audio.input, InputConfig) else InputConfig()

    @property
    def _detection(self) -> Detection | None:
        wanted = self._input.turn_detection
        return None if wanted is UNSET else detection_of(wanted)

    @property
    def _instructions(self) -> str:
        return self.session.instructions if isinstance(self.session.instructions, str) else ""

    def _known(self, item_id: str, code: str, doing: str) -> Entry:
        if item_id not in self._history:
            reason = f"Error {doing} item: the item with id '{item_id[:200]}' does not exist."
            raise MalformedEvent(code, reason, "item_id")
        return self._history[item_id]

    def _warm_up(self) -> None:
        if not self._warm:
            self._warm = True
            self._out.do(WarmUp())
