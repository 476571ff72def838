"""`Steering`: what each key does to a conversation."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.audio.clock import now
from realtime_chat.audio.seam import Speaker
from realtime_chat.cli.bindings import Action
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.hints import explained
from realtime_chat.cli.key_names import Edge
from realtime_chat.cli.tool_text import question_text
from realtime_chat.cli.view import Status
from realtime_chat.session.notices import Fault, Notice, Phase, ToolQuestion, ToolResult, TurnsChanged
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import TurnMode

_VOLUME_STEP = 0.1

_REPEAT_S = 0.15
"""A key that is held down comes again and again, 30 times a second: that is one tap, whatever it was meant to be.
Nobody taps twice so fast."""

_NO_RELEASES = Fault(
    "no_key_releases",
    "This terminal does not tell when a key is let go: turns are tapped instead of held.",
)


class Steering:
    """Carries out actions, and says what the screen must know of it."""

    def __init__(
        self,
        conversation: Conversation,
        speaker: Speaker,
        controls: Controls,
        *,
        now: Callable[[], float] = now,
    ) -> None:
        """Take the wheel.

        Args:
            conversation: What is steered.
            speaker: What is made louder and quieter.
            controls: What the keyboard gives its keys to.
            now: The time in seconds.
        """
        self._reply: Callable[[str], None] = lambda _: None
        self._conversation = conversation
        self._speaker = speaker
        self._now = now
        self._pressed = -_REPEAT_S
        self._question: ToolQuestion | None = None
        self.controls = controls
        """What the keyboard gives its keys to."""
        controls.lead(
            self.act,
            typed=conversation.say,
            answered=self._allow,
            is_sounding=lambda: conversation.phase is Phase.SPEAKING,
            turns=conversation.turns_mode,
        )

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case TurnsChanged(turns):
                self.controls.turns = turns
            case ToolQuestion():
                self._ask(notice)
            case ToolResult(call_id) if self._question is not None and self._question.call_id == call_id:
                self._ask(None)
            case _:
                pass

    def reply_to(self, reply: Callable[[str], None]) -> None:
        """Have ``reply`` told in lines what keys did that no notice tells; for where there is no screen."""
        self._reply = reply

    def begin(self, tell: Callable[[Notice], None]) -> None:
        """The keyboard is there, and knows what it can tell; what cannot be is put right, and told."""
        if self._conversation.turns_mode is TurnMode.HOLD and not self.controls.reports_releases:
            self._conversation.change_turns(TurnMode.TAP)
            tell(_NO_RELEASES)

    def act(self, action: Action, edge: Edge) -> None:
        """Do what a key asks for."""
        match action:
            case Action.INTERRUPT:
                self._conversation.interrupt()
            case Action.MUTE:
                self._conversation.toggle_mute()
                self._reply("The microphone is muted." if self._conversation.muted else "The microphone is on again.")
            case Action.QUIT:
                self._conversation.quit()
            case Action.VOICE:
                self._conversation.set_voice(not self._conversation.voice)
            case Action.TURNS:
                self._conversation.change_turns(self._next_turns())
            case Action.LOUDER | Action.QUIETER:
                step = _VOLUME_STEP if action is Action.LOUDER else -_VOLUME_STEP
                self._speaker.volume = round(self._speaker.volume + step, 2)
                self._reply(f"The volume is {round(self._speaker.volume * 100)}%.")
            case Action.TALK:
                self._talk(edge)
            case Action.HELP:  # where there is a screen, the controls show it there
                for label, does in explained(self.controls.bindings, self.controls.turns):
                    self._reply(f"{label}: {does}")
            case Action.TYPE:  # done by the controls
                pass

    def status(self) -> Status:
        """What the screen is to show."""
        return Status(
            microphone=self._conversation.microphone_level,
            speaker=self._conversation.speaker_level,
            is_muted=self._conversation.muted,
            turns=self._conversation.turns_mode,
            is_voice_on=self._conversation.voice,
            volume=self._speaker.volume,
            entry=self.controls.entry,
            help_page=self.controls.help_page,
            question="" if self._question is None else question_text(self._question),
            spoken=self._conversation.spoken,
        )

    def _ask(self, question: ToolQuestion | None) -> None:
        self._question = question
        self.controls.is_asked = question is not None

    def _allow(self, is_allowed: bool) -> None:
        question = self._question
        self._ask(None)  # the answer may bring the next one at once
        if question is not None:
            self._conversation.allow_tool(question.call_id, is_allowed)

    def _next_turns(self) -> TurnMode:
        modes = [mode for mode in TurnMode if mode is not TurnMode.HOLD or self.controls.reports_releases]
        return modes[(modes.index(self._conversation.turns_mode) + 1) % len(modes)]

    def _talk(self, edge: Edge) -> None:
        is_held = self._conversation.turns_mode is TurnMode.HOLD
        pressed, self._pressed = self._pressed, self._now()
        if not is_held and self._pressed - pressed < _REPEAT_S:
            return
        if edge is Edge.RELEASE or (not is_held and self._conversation.phase is Phase.HEARING):
            self._conversation.end_turn()
        else:
            self._conversation.begin_turn()
