"""What a conversation tells whoever watches it: the screen, the ``--json`` lines, a test.

Texts are the server's and the model's words as they came. They are untrusted: whoever shows them takes out control
characters first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from realtime_chat.audio.errors import DeviceKind
from realtime_chat.protocol.responses import Usage
from realtime_chat.session.settings import TurnMode


class Phase(Enum):
    """What a conversation is doing; `session.turns` holds the legal moves."""

    CONNECTING = "connecting"
    LISTENING = "listening"
    HEARING = "hearing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    CLOSED = "closed"


class Cause(Enum):
    """Why a conversation ended."""

    QUIT = "quit"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ready:
    """The session is set up: the person may speak or type.

    Attributes:
        model: The model's name as the server gives it.
        voice: The voice as the server gives it, ``""`` where it is not a name.
    """

    model: str
    voice: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The conversation moved on."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The person began to speak."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item has its place in the conversation, maybe long before its first word comes.

    Attributes:
        item_id: The item.
        role: Who says it.
        after: The item before it; ``None`` where that is not known: then it is the last one so far.
    """

    item_id: str
    role: Literal["user", "assistant"]
    after: str | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """An item's words so far.

    Attributes:
        role: Who says them.
        text: All of the item's words so far, not only the new ones; may be empty when an item was only placed.
        final: No more will come.
        item_id: The item; notices of one item belong to one line, in the order in which items first appear.
    """

    role: Literal["user", "assistant"]
    text: str
    final: bool
    item_id: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An item of the answer was stopped while it sounded or was read, or before it did.

    Attributes:
        item_id: The item that was cut.
        heard_ms: How much of it the person heard; 0 means that the item was deleted, ``None`` that its words were read
            as they came: they stay, and nobody knows how many the person took in.
    """

    item_id: str
    heard_ms: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer is over, and heard to its end or interrupted.

    Attributes:
        voice_to_voice_ms: From the end of the person's voice to the first sample handed to the speaker; ``None`` for a
            typed turn or a silent answer.
        turn_end_to_audio_ms: From the moment the turn was declared over (or the text was sent) to that sample.
        turn_end_to_text_ms: From that moment to the first word of the answer.
        usage: What the server counted, if it did.
    """

    voice_to_voice_ms: int | None
    turn_end_to_audio_ms: int | None
    turn_end_to_text_ms: int | None
    usage: Usage | None


class ToolOutcome(Enum):
    """What became of a call of a tool."""

    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    """It took longer than a tool may."""
    INVALID = "invalid_arguments"
    """It was not called: its arguments do not fit."""
    UNKNOWN = "unknown_tool"
    """There is no such tool."""
    REFUSED = "refused"
    """It was not called: the person, or nobody, allowed it."""
    INTERRUPTED = "interrupted"
    """The person went on before it was done; it may have been carried out if it had begun."""
    TOO_MANY = "too_many"
    """It was not called: the model calls tools without end."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model calls a tool.

    Attributes:
        call_id: The call.
        name: The tool.
        arguments: JSON, as the model wrote it.
    """

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolQuestion:
    """The person is asked whether a call, which was told, may be carried out; `ToolResult` says if it may not."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A call of a tool is over.

    Attributes:
        call_id: The call.
        name: The tool.
        outcome: What became of it.
        output: What the model is told.
        ms: How long the tool was at it, without the time that the person took to allow it; 0 where it was not called.
    """

    call_id: str
    name: str
    outcome: ToolOutcome
    output: str
    ms: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something went wrong and the conversation goes on."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class TurnsChanged:
    """From now on somebody else says that a turn is over."""

    turns: TurnMode


@dataclass(frozen=True, slots=True)
class VoiceChanged:
    """From now on the assistant answers aloud, or in writing only."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """The sound goes on on another device, or on none.

    Attributes:
        kind: Which way.
        name: The device; ``None`` while there is none.
    """

    kind: DeviceKind
    name: str | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that this client does not know, or cannot read, was passed over."""

    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation is over."""

    cause: Cause
    reason: str = ""


Notice = (
    Ready
    | PhaseChanged
    | SpeechStarted
    | Placed
    | Transcript
    | Interrupted
    | Turn
    | ToolCall
    | ToolQuestion
    | ToolResult
    | Fault
    | TurnsChanged
    | VoiceChanged
    | DeviceChanged
    | Ignored
    | Closed
)
