"""`EffectRunner`: carries out what the machine wants, each effect at the edge that it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realtime_chat.audio.clock import now
from realtime_chat.audio.seam import Speaker
from realtime_chat.session.cleaning import one_sentence
from realtime_chat.session.effects import (
    CallTool,
    CheckTool,
    DropTool,
    Effect,
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
from realtime_chat.session.errors import SessionRejected
from realtime_chat.session.machine import Machine
from realtime_chat.session.notices import Closed, Notice
from realtime_chat.session.outcome import Outcome
from realtime_chat.session.sender import Sender
from realtime_chat.session.tool_runner import ToolRunner


class EffectRunner:
    """Does effects at once, in order: a sound that is to stop has stopped when `do` returns."""

    def __init__(
        self,
        machine: Machine,
        *,
        sender: Sender,
        tools: ToolRunner,
        speaker: Speaker | None,
        outcome: Outcome,
        tell: Callable[[Notice], None],
    ) -> None:
        """Make one.

        Args:
            machine: Told how far each item got when the sound was stopped.
            sender: Takes what the server is to hear.
            tools: Checks and calls tools.
            speaker: Takes the sound; None where answers are not spoken.
            outcome: Settled when the conversation is over.
            tell: Told of everything that happens.
        """
        self._machine = machine
        self._sender = sender
        self._tools = tools
        self._speaker = speaker
        self._outcome = outcome
        self._tell = tell

    def do(self, effects: Sequence[Effect]) -> None:
        """Carry effects out; returns at once. What the machine wants done about a `Flush` is done before the next."""
        for effect in effects:
            match effect:
                case Send(event):
                    self._sender.post(event)
                case Tell(notice):
                    self._tell(notice)
                case Reject(code, message):
                    self._outcome.settle(SessionRejected(one_sentence(code), one_sentence(message)))
                case Finish(cause, reason):
                    closed = Closed(cause, reason)
                    self._tell(closed)
                    self._outcome.settle(closed)
                case CheckTool() | CallTool() | DropTool():
                    self._tools.do(effect)
                case _ if self._speaker is not None:  # and where there is none, answers are not spoken
                    self._sound(effect, self._speaker)

    def _sound(self, effect: Play | EndItem | Flush | Hold | Release, speaker: Speaker) -> None:
        match effect:
            case Play(item_id, pcm):
                speaker.play(item_id, pcm)
            case EndItem(item_id):
                speaker.end(item_id)
            case Hold():
                speaker.hold()
            case Release():
                speaker.release()
            case Flush():
                self.do(self._machine.flushed(speaker.flush(), now()))
