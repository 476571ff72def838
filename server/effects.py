"""What the conversation machine wants done; the runner does it."""

from __future__ import annotations

from dataclasses import dataclass

from realtime_chat.protocol.event import ServerEvent
from realtime_chat.server.engines.clauses import Clause
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.engines.seam import ChatMessage, Toolbox
from realtime_chat.server.truncation import AUTO, Truncation


@dataclass(frozen=True, slots=True)
class Emit:
    """Send an event to the client."""

    event: ServerEvent


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load the engines that hear and speak: this session will need them soon.

    Attributes:
        speaks: The one that speaks, too.
    """

    speaks: bool = True


@dataclass(frozen=True, slots=True)
class Wake:
    """Call the machine's ``woke`` after so many seconds, and not when it was to be called before; ``None``: never."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Recognise an item's speech; a call for an item replaces the one under way for it.

    Attributes:
        item_id: The item, which may not be committed yet.
        pcm: PCM16 mono 24 kHz.
        samples: How much of the item ``pcm`` covers, in samples from its start; given back with the result.
        hint: What the item's speech was taken for so far.
        urgency: How soon the words are wanted.
    """

    item_id: str
    pcm: bytes
    samples: int
    hint: str = ""
    urgency: Urgency = Urgency.TURN


@dataclass(frozen=True, slots=True)
class Hurry:
    """This item's words are wanted now: the turn, whose recognition is under way, is over."""

    item_id: str


@dataclass(frozen=True, slots=True)
class StopTranscribing:
    """Nobody wants this item's words any more."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Let the language model read ahead."""

    messages: tuple[ChatMessage, ...]
    tools: Toolbox | None = None
    truncation: Truncation = AUTO


@dataclass(frozen=True, slots=True)
class Think:
    """Write an answer.

    Attributes:
        work_id: Given back with every result.
        messages: The whole conversation.
        max_tokens: The most tokens to write, ``None`` for no limit.
        tools: What the model may call.
        truncation: What to do where the conversation is longer than the model's context.
        urgency: How soon it is wanted.
    """

    work_id: str
    messages: tuple[ChatMessage, ...]
    max_tokens: int | None
    tools: Toolbox | None = None
    truncation: Truncation = AUTO
    urgency: Urgency = Urgency.TURN


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a clause of an answer, after those asked for before."""

    work_id: str
    clause: Clause
    voice: str
    speed: float
    urgency: Urgency = Urgency.TURN


@dataclass(frozen=True, slots=True)
class FinishSpeaking:
    """No more clauses will come; say so when the last one is said."""

    work_id: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """Stop thinking and speaking for an answer."""

    work_id: str


Effect = (
    Emit | WarmUp | Wake | Transcribe | Hurry | StopTranscribing | Prepare | Think | Speak | FinishSpeaking | Abandon
)
