"""A conversation machine driven by hand: a client on one side, engines on the other, nothing in between."""

from __future__ import annotations

import itertools
import json

from realtime_chat.protocol import client_events as c
from realtime_chat.protocol import items, sessions
from realtime_chat.protocol.codec import encode
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.defaults import default_session
from realtime_chat.server.effects import Emit, FinishSpeaking, Speak, Think
from realtime_chat.server.engines.seam import Speech, TokenUsage, WordTime
from realtime_chat.server.limits import HISTORY_BYTES


class Driver:
    """A conversation, its client and its engines; ``start`` is the session, where it is not the usual one."""

    def __init__(self, start: sessions.Session | None = None, *, history_bytes: int = HISTORY_BYTES, **session) -> None:
        numbers = itertools.count()
        self.conversation = Conversation(
            start or default_session("sess_1", "model", "alloy", 0),
            lambda prefix: f"{prefix}_{next(numbers)}",
            history_bytes=history_bytes,
        )
        self.events: list[dict] = []
        self.wishes: list = []
        self.run(self.conversation.open())
        if session:
            self.update(**session)

    def run(self, effects) -> list[str]:
        names = []
        for effect in effects:
            if isinstance(effect, Emit):
                event = json.loads(encode(effect.event))
                assert event["event_id"]
                self.events.append(event)
                names.append(event["type"])
            else:
                self.wishes.append(effect)
        return names

    def send(self, event) -> list[str]:
        return self.run(self.conversation.receive(event))

    def update(self, *, turn_detection=..., transcription=..., modalities=None, **fields) -> list[str]:
        audio_input = sessions.InputConfig()
        if turn_detection is not ...:
            audio_input.turn_detection = turn_detection
        if transcription is not ...:
            audio_input.transcription = transcription
        session = sessions.RealtimeSession(audio=sessions.AudioConfig(input=audio_input), **fields)
        if modalities:
            session.output_modalities = modalities
        return self.send(c.SessionUpdate(session=session))

    def say(self, text: str) -> list[str]:
        content = [items.InputText(text=text)]
        return self.send(c.ItemCreate(item=items.MessageItem(role="user", content=content)))

    def wished(self, kind) -> list:
        found = [wish for wish in self.wishes if isinstance(wish, kind)]
        self.wishes = [wish for wish in self.wishes if not isinstance(wish, kind)]
        return found

    @property
    def done(self) -> dict:
        """The response that was done last."""
        return self.last("response.done")["response"]

    @property
    def error(self) -> dict:
        """The last event, which must be an error."""
        assert self.events[-1]["type"] == "error"
        return self.events[-1]["error"]

    def last(self, name: str) -> dict:
        return [event for event in self.events if event["type"] == name][-1]

    def answer(self, text: str = "Hello there. How are you?") -> list[str]:
        """Let the engines write and say an answer."""
        think = self.wished(Think)[-1]
        names = self.run(self.conversation.wrote(think.work_id, text))
        names += self.run(self.conversation.finished_writing(think.work_id, TokenUsage(10, 4, 6)))
        return names + self.speak()

    def speak(self) -> list[str]:
        names = []
        for wish in self.wished(Speak):
            words = (WordTime(len(wish.clause.text), 24_000),)
            speech = Speech(bytes(48_000), words)
            names += self.run(self.conversation.spoke(wish.work_id, wish.clause, speech))
        for wish in self.wished(FinishSpeaking):
            names += self.run(self.conversation.finished_speaking(wish.work_id))
        return names


def manual(**fields) -> Driver:
    return Driver(turn_detection=None, transcription=sessions.Transcription(model="any"), **fields)
