"""A driver for the pure machine: it carries out effects as the runner does, and keeps them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from realtime_chat.audio.errors import DeviceKind
from realtime_chat.audio.frame import SAMPLE_BYTES, Frame
from realtime_chat.audio.gate import SpeechStarted, SpeechStopped, Voiced
from realtime_chat.audio.playback import Heard, Playback
from realtime_chat.protocol.codec import decode_server_event, event_type
from realtime_chat.session.effects import (
    CallTool,
    CheckTool,
    DropTool,
    EndItem,
    Finish,
    Flush,
    Hold,
    Play,
    Reject,
    Release,
    Send,
    Tell,
)
from realtime_chat.session.machine import Machine
from realtime_chat.session.notices import DeviceChanged, ToolOutcome
from realtime_chat.session.settings import Settings, TurnMode
from realtime_chat.session.tool_events import ToolAllowed, ToolChecked, ToolFinished


class Driver:
    """Feeds a machine; plays its sound on a real `Playback`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.machine = Machine(settings or Settings(transcribe="whisper"))
        self.playback = Playback()
        self.now = 100.0
        self.sent: list[Any] = []
        self.told: list[Any] = []
        self.acts: list[Any] = []
        """All of ``sent`` and ``told``, in order."""
        self.ends: list[Any] = []
        self.tools: list[Any] = []
        self.heard: dict[str, Heard] = {}
        self.played = b""
        self._position = 0

    # What was done since the last look.

    def take_sent(self) -> list[Any]:
        sent, self.sent = self.sent, []
        return sent

    def take_told(self) -> list[Any]:
        told, self.told = self.told, []
        return told

    def take_acts(self) -> list[Any]:
        acts, self.acts = self.acts, []
        return acts

    def take_tools(self) -> list[Any]:
        tools, self.tools = self.tools, []
        return tools

    def take_types(self) -> list[str]:
        return [event_type(event) for event in self.take_sent()]

    # Inputs.

    def open(self) -> Driver:
        self.do(self.machine.opened(self.now))
        self.event("session.created", session={"type": "realtime"})
        self.event("session.updated", session={"type": "realtime", "model": "m", "audio": {"output": {"voice": "v"}}})
        self.sent.clear()
        self.told.clear()
        self.acts.clear()
        return self

    def event(self, kind: str, **fields: Any) -> None:
        frame = json.dumps({"type": kind, "event_id": "event_1", **fields})
        self.do(self.machine.received(decode_server_event(frame), self.now))

    def voice_begins(self) -> None:
        self.do(self.machine.gate(SpeechStarted(self._position), self.now))

    def voice(self, frames: int = 10) -> None:
        for _ in range(frames):
            self.do(self.machine.gate(Voiced(self._frame()), self.now))

    def voice_ends(self) -> None:
        self.do(self.machine.gate(SpeechStopped(self._position), self.now))

    def speak(self, frames: int = 10) -> None:
        self.voice_begins()
        self.voice(frames)
        self.voice_ends()

    def frame(self) -> None:
        self.do(self.machine.frame(self._frame(), self.now))

    def begin_turn(self) -> None:
        self.do(self.machine.begin_turn(self.now))

    def end_turn(self) -> None:
        self.do(self.machine.end_turn(self.now))

    def key_turn(self, frames: int = 10) -> None:
        self.begin_turn()
        self.hear(frames)
        self.end_turn()

    def hear(self, frames: int = 10) -> None:
        for _ in range(frames):
            self.frame()

    def change_turns(self, mode: TurnMode) -> None:
        self.do(self.machine.change_turns(mode, self.now))

    def set_voice(self, is_on: bool) -> None:
        self.do(self.machine.set_voice(is_on, self.now))

    def device(self, kind: DeviceKind, name: str | None) -> None:
        self.do(self.machine.device_changed(DeviceChanged(kind, name), self.now))

    def server_starts(self, item: str = "u1") -> None:
        self.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id=item)

    def server_stops(self, item: str = "u1") -> None:
        self.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=item)

    def committed(self, item: str = "u1", after: str | None = None) -> None:
        self.event("input_audio_buffer.committed", previous_item_id=after, item_id=item)

    def updated(self) -> None:
        self.event("session.updated", session={"type": "realtime"})

    def say(self, text: str = "hello") -> None:
        self.do(self.machine.say(text, self.now))

    def interrupt(self) -> None:
        self.do(self.machine.interrupt(self.now))

    def end_input(self) -> None:
        self.do(self.machine.input_ended(self.now))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.machine.tick(self.now))

    def sound(self, milliseconds: int) -> None:
        """Let the speaker render for a while."""
        self.now += milliseconds / 1000
        self.playback.render(milliseconds * 24, self.now)
        self._tell_playback()

    def _tell_playback(self) -> None:
        for event in self.playback.take_events():
            self.do(self.machine.playback(event, self.now))

    def _frame(self) -> Frame:
        frame = Frame(self._position, bytes(480 * SAMPLE_BYTES))
        self._position += 480
        return frame

    # Parts of an answer.

    def created(self, response: str = "r1") -> None:
        self.event("response.created", response={"id": response, "status": "in_progress"})

    def item(self, item: str = "a1", response: str = "r1", index: int = 0) -> None:
        message = {"type": "message", "id": item, "role": "assistant", "status": "in_progress", "content": []}
        self.event("response.output_item.added", response_id=response, output_index=index, item=message)
        self.event("conversation.item.added", item=message, previous_item_id=None)

    def words(self, text: str, item: str = "a1", response: str = "r1", part: int = 0) -> None:
        self.event(
            "response.output_audio_transcript.delta", response_id=response, item_id=item, content_index=part, delta=text
        )

    def text(self, text: str, item: str = "a1", response: str = "r1", part: int = 0) -> None:
        self.event("response.output_text.delta", response_id=response, item_id=item, content_index=part, delta=text)

    def audio(self, milliseconds: int, item: str = "a1", response: str = "r1", part: int = 0) -> None:
        pcm = msgspec.to_builtins(bytes(milliseconds * 48))
        self.event("response.output_audio.delta", response_id=response, item_id=item, content_index=part, delta=pcm)

    def item_done(self, item: str = "a1", response: str = "r1", **fields: Any) -> None:
        message = {"type": "message", "id": item, "role": "assistant", "status": "completed", "content": []} | fields
        self.event("response.output_item.done", response_id=response, output_index=0, item=message)

    def done(self, response: str = "r1", status: str = "completed", **fields: Any) -> None:
        self.event("response.done", response={"id": response, "status": status} | fields)

    def error(self, code: str | None, message: str = "", event_id: str | None = None, param: str | None = None) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": message, "event_id": event_id}
        error["param"] = param
        self.event("error", error=error)

    def answer(self, milliseconds: int = 1000, item: str = "a1", response: str = "r1") -> None:
        """A whole spoken answer arrives at once, as servers send it."""
        self.created(response)
        self.item(item, response)
        self.words("Good day.", item, response)
        self.audio(milliseconds, item, response)
        self.item_done(item, response)
        self.done(response)

    # Calls of tools.

    def call(
        self,
        call: str = "c1",
        name: str = "look",
        arguments: str = "{}",
        response: str = "r1",
        status: str = "completed",
    ) -> dict[str, Any]:
        """A whole call arrives, as servers send it; give its item as the end of the response names it."""
        item = {"type": "function_call", "id": f"item_{call}", "call_id": call, "name": name, "arguments": ""}
        part = {"response_id": response, "output_index": 0}
        self.event("response.output_item.added", **part, item=item | {"status": "in_progress"})
        whole = {"item_id": f"item_{call}", "call_id": call, "name": name, "arguments": arguments}
        self.event("response.function_call_arguments.done", **part, **whole)
        done = item | {"arguments": arguments, "status": status}
        self.event("response.output_item.done", **part, item=done)
        return done

    def tool_checked(self, call: str = "c1") -> None:
        self.do(self.machine.tool(ToolChecked(call), self.now))

    def tool_allowed(self, call: str = "c1", is_allowed: bool = True) -> None:
        self.do(self.machine.tool(ToolAllowed(call, is_allowed), self.now))

    def tool_finished(self, call: str = "c1", output: str = "found", outcome: ToolOutcome = ToolOutcome.DONE) -> None:
        self.do(self.machine.tool(ToolFinished(call, outcome, output), self.now))

    # Carrying out.

    def do(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case Send(event):
                    self.sent.append(event)
                    self.acts.append(event)
                case Tell(notice):
                    self.told.append(notice)
                    self.acts.append(notice)
                case Play(item_id, pcm):
                    self.played += pcm
                    self.playback.put(item_id, pcm)
                case EndItem(item_id):
                    self.playback.end(item_id, self.now)
                    self._tell_playback()
                case Flush():
                    heard = self.playback.flush()
                    self.heard |= {one.item_id: one for one in heard}
                    self.do(self.machine.flushed(heard, self.now))
                case Hold():
                    self.playback.hold()
                case Release():
                    self.playback.release()
                case CheckTool() | CallTool() | DropTool():
                    self.tools.append(effect)
                case Finish() | Reject():
                    self.ends.append(effect)


@pytest.fixture(scope="session")
def new_driver() -> type[Driver]:
    return Driver


@pytest.fixture
def driver() -> Driver:
    return Driver().open()
