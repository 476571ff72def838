"""What the screen shows, without the screen: notices in, lines and a picture out.

A line is an item of the conversation. Lines keep the order of their items. A line leaves the live region, to become
ordinary history of the terminal, when nothing about it can change any more and every line before it has left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from realtime_chat.cli.announcements import announcement
from realtime_chat.cli.cells import in_lines
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.meter import Meter
from realtime_chat.cli.pending import Line, LineState, PendingLines
from realtime_chat.cli.tool_text import call_text, result_text
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import (
    Closed,
    Fault,
    Interrupted,
    Notice,
    Phase,
    PhaseChanged,
    Placed,
    Ready,
    ToolCall,
    ToolResult,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.settings import TurnMode

_MOST_TOKENS = 10**12
"""A count beyond this is none."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the screen asks for whenever it draws, since no notice tells it.

    Attributes:
        microphone: Level of what the microphone hears, 0..1.
        speaker: Level of what sounds, 0..1.
        is_muted: The microphone is muted.
        turns: Who says that a turn is over.
        is_voice_on: Answers are spoken.
        volume: Of what sounds; 1 leaves it as it is.
        entry: What is being typed; None where nothing is.
        help_page: Which part of the help is shown; None where none is.
        question: What the person is asked; ``""`` for nothing.
        spoken: The item that sounds, and how many characters of its transcript were heard; None where that is not
            known: its words are dim until all of it was heard.
    """

    microphone: float = 0.0
    speaker: float = 0.0
    is_muted: bool = False
    turns: TurnMode = TurnMode.LOCAL
    is_voice_on: bool = True
    volume: float = 1.0
    entry: Entry | None = None
    help_page: int | None = None
    question: str = ""
    spoken: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the live region shows; two equal pictures look the same.

    Attributes:
        lines: Those in progress.
        phase: What the conversation is doing.
        is_muted: The microphone is muted.
        microphone: 0..METER_STEPS.
        speaker: 0..METER_STEPS.
        turns: Who says that a turn is over.
        is_voice_on: Answers are spoken.
        volume: In percent.
        latency_ms: From the end of the last turn to its answer's first sound, or its first word where none sounds.
        tokens: What the server counted so far; 0 where it does not count.
        model: Its name, ``""`` before the session is ready.
        entry: What is being typed.
        help_page: Which part of the help is shown; None where none is.
        question: What the person is asked; ``""`` for nothing.
    """

    lines: tuple[Line, ...] = ()
    phase: Phase = Phase.CONNECTING
    is_muted: bool = False
    microphone: int = 0
    speaker: int = 0
    turns: TurnMode = TurnMode.LOCAL
    is_voice_on: bool = True
    volume: int = 100
    latency_ms: int | None = None
    tokens: int = 0
    model: str = ""
    entry: Entry | None = None
    help_page: int | None = None
    question: str = ""


class View:
    """Follows a conversation."""

    def __init__(self, talk_key: str = "space", *, can_type: bool = True) -> None:
        """Make one.

        Args:
            talk_key: The key that begins a turn, as a person calls it.
            can_type: There is a key to type with.
        """
        self._talk_key = talk_key
        self._can_type = can_type
        self._lines = PendingLines()
        self._heard: dict[str | int, int] = {}
        self._phase = Phase.CONNECTING
        self._is_written = False
        self._latency: int | None = None
        self._tokens = 0
        self._model = ""
        self._microphone, self._speaker = Meter(), Meter()

    def apply(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case Ready(model):
                self._model = one_line(model)
                self._phase = Phase.LISTENING
            case PhaseChanged(phase):
                self._move(phase)
            case Placed(item_id, role, after):
                self._lines.place(item_id, role, after)
            case Transcript():
                self._transcript(notice)
            case Interrupted(item_id, heard_ms):
                self._interrupted(item_id, heard_ms)
            case Turn():
                self._turn(notice)
            case ToolCall():
                self._lines.say("tool", call_text(notice))
            case ToolResult():
                self._lines.say("tool", result_text(notice))
            case Fault(_, message):
                self._lines.say("fault", one_line(message))
            case Closed():
                self._phase = Phase.CLOSED
                self._lines.end()
            case _:
                if isinstance(notice, VoiceChanged):
                    self._is_written = not notice.is_on
                sentence = announcement(notice, self._talk_key, can_type=self._can_type)
                if sentence is not None:
                    # Whoever tries one way after the other wants to know the last.
                    self._lines.say("news", sentence, topic="turns" if isinstance(notice, TurnsChanged) else "")

    def settled(self) -> list[Line]:
        """Give the lines that leave the live region now, in order; each is given once."""
        return self._lines.leave()

    def picture(self, status: Status, now: float) -> Picture:
        """Give what the live region shows at ``now`` seconds."""
        return Picture(
            lines=self._shown(status),
            phase=self._phase,
            is_muted=status.is_muted,
            microphone=self._microphone.silence()
            if status.is_muted
            else self._microphone.steps(status.microphone, now),
            speaker=self._speaker.steps(status.speaker, now),
            turns=status.turns,
            is_voice_on=status.is_voice_on,
            volume=round(status.volume * 100),
            latency_ms=self._latency,
            tokens=self._tokens,
            model=self._model,
            entry=status.entry,
            help_page=status.help_page,
            question=status.question,
        )

    def _move(self, phase: Phase) -> None:
        self._phase = phase
        if phase in {Phase.HEARING, Phase.THINKING}:  # a new turn, which was not answered yet
            self._latency = None
        if phase is Phase.LISTENING:  # nothing sounds any more, also where an answer failed
            self._lines.hear()

    def _turn(self, notice: Turn) -> None:
        has_sounded = notice.turn_end_to_audio_ms is not None
        self._latency = notice.turn_end_to_audio_ms if has_sounded else notice.turn_end_to_text_ms
        if notice.usage is not None:
            self._tokens = min(_MOST_TOKENS, self._tokens + max(0, notice.usage.total_tokens))
        self._lines.hear_said()

    def _transcript(self, notice: Transcript) -> None:
        line = self._lines.place(notice.item_id, notice.role)
        if line is not None:
            state = line.state.after_last_word() if notice.final else line.state
            # Speech has no lines; what is read does, also when the voice is on again before its end.
            is_read = notice.role == "assistant" and (self._is_written or "\n" in line.text)
            text = in_lines(notice.text) if is_read else one_line(notice.text)
            self._lines.put(replace(line, text=text, state=state))

    def _interrupted(self, item_id: str, heard_ms: int | None) -> None:
        line = self._lines.resume(item_id)
        if line is None:
            return
        if heard_ms == 0 and not line.before:  # the server remembers nothing of it either
            self._lines.put(replace(line, text="", state=LineState.WITHDRAWN))
        else:
            self._lines.put(replace(line, state=LineState.INTERRUPTED))

    def _shown(self, status: Status) -> tuple[Line, ...]:
        """Give the lines that have words, each with how much of it was spoken."""
        sounding = self._lines.find(status.spoken[0]) if status.spoken is not None else None
        is_before = sounding is not None
        shown: list[Line] = []
        heard: dict[str | int, int] = {}
        for line in self._lines:
            if line.is_settled:
                spoken = len(line.text)
            elif line.role == "user":
                spoken = 0
            elif sounding is not None and line.key == sounding.key and status.spoken is not None:
                spoken, is_before = _word_end(line.text, status.spoken[1]), False
            elif is_before or not status.is_voice_on or line.state is LineState.HEARD:
                spoken = len(line.text)
            else:
                spoken = 0
            # Between two items nothing sounds; what was heard by then still was.
            spoken = max(spoken, min(self._heard.get(line.key, 0), len(line.text)))
            if spoken and not line.is_settled:
                heard[line.key] = spoken
            if line.is_shown:
                shown.append(line.as_shown(spoken))
        self._heard = heard
        return tuple(shown)


def _word_end(text: str, characters: int) -> int:
    """Give where the word ends that was begun after so many characters."""
    if characters <= 0:
        return 0
    end = text.find(" ", characters - 1)
    return len(text) if end < 0 else end
