"""`Steering`: what each key does to a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from realtime_chat.audio.clock import now
from realtime_chat.audio.seam import Speaker
from realtime_chat.cli.bindings import Action
from realtime_chat.cli.consent import Consent
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.hints import explained
from realtime_chat.cli.key_names import Edge
from realtime_chat.cli.tapping import Meaning, Tapping
from realtime_chat.cli.tool_text import question_text
from realtime_chat.cli.view import Status
from realtime_chat.session.notices import Fault, Notice, Phase, ToolQuestion, ToolResult, TurnsChanged
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import TurnMode

_VOLUME_STEP = 0.1

_NO_RELEASES = Fault(
    "no_key_releases",
    "This terminal does not tell when a key is let go: turns are tapped instead of held.",
)


class Timer(Protocol):
    """Calls somebody, later."""

    def cancel(self) -> None:
        """Do not call."""
        ...


class _Doubt(Enum):
    """Why nobody knows yet whether the answer is to stop."""

    KEY = auto()  # it has only half come
    TAP = auto()  # or the key of the tap before is held


def _later(seconds: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, call)


class Steering:
    """Carries out actions, and says what the screen must know of it."""

    def __init__(
        self,
        conversation: Conversation,
        speaker: Speaker,
        controls: Controls,
        *,
        now: Callable[[], float] = now,
        later: Callable[[float, Callable[[], None]], Timer] = _later,
    ) -> None:
        """Take the wheel.

        Args:
            conversation: What is steered.
            speaker: What is made louder and quieter, and waits where the answer may be about to be stopped.
            controls: What the keyboard gives its keys to.
            now: The time in seconds.
            later: Has something called after so many seconds.
        """
        self._reply: Callable[[str], None] = lambda _: None
        self._conversation = conversation
        self._speaker = speaker
        self._now = now
        self._later = later
        self._tapping = Tapping()
        self._tapped: Callable[[], None] = conversation.begin_turn
        self._timer: Timer | None = None
        self._doubts: set[_Doubt] = set()
        self._question: ToolQuestion | None = None
        self._consent = Consent()
        self.controls = controls
        """What the keyboard gives its keys to."""
        controls.lead(
            self.act,
            typed=conversation.say,
            answered=self._allow,
            foreseen=lambda is_foreseen: self._doubt(_Doubt.KEY, is_open=is_foreseen),
            is_sounding=lambda: conversation.phase is Phase.SPEAKING,
            turns=conversation.turns_mode,
        )

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        match notice:
            case TurnsChanged(turns):
                if turns is not TurnMode.TAP:  # a key that was held before taps were taken is held still
                    self._forget_taps()
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
                self._forget_taps()
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
        if question is not None:
            self._consent.ask(self._now())

    def _allow(self, is_allowed: bool) -> None:
        if is_allowed and not self._consent.may_be_meant(self._now()):
            return
        question = self._question
        self._ask(None)  # the answer may bring the next one at once
        if question is not None:
            self._conversation.allow_tool(question.call_id, is_allowed)

    def _next_turns(self) -> TurnMode:
        modes = [mode for mode in TurnMode if mode is not TurnMode.HOLD or self.controls.reports_releases]
        return modes[(modes.index(self._conversation.turns_mode) + 1) % len(modes)]

    def _talk(self, edge: Edge) -> None:
        if edge is Edge.RELEASE:
            self._conversation.end_turn()
        elif self._conversation.turns_mode is TurnMode.HOLD and self.controls.reports_releases:
            self._conversation.begin_turn()
        else:
            is_hearing = self._conversation.phase is Phase.HEARING
            # What a tap does is settled when the key is pressed: by the time it is known the turn may have ended.
            self._tapped = self._conversation.end_turn if is_hearing else self._conversation.begin_turn
            self._follow_key(self._tapping.press(self._now()))

    def _follow_key(self, meaning: Meaning | None) -> None:
        match meaning:
            case Meaning.TAP:
                self._tapped()
            case Meaning.LET_GO if self._conversation.phase is Phase.HEARING:
                self._conversation.end_turn()
            case _:
                pass
        self._wait_for_key()

    def _forget_taps(self) -> None:
        self._tapping.forget()
        self._wait_for_key()

    def _wait_for_key(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._tapping.due) is not None:
            seconds = max(0.0, due - self._now())
            self._timer = self._later(seconds, lambda: self._follow_key(self._tapping.overdue(self._now())))
        self._doubt(_Doubt.TAP, is_open=self._tapping.is_in_doubt and self._conversation.phase is Phase.SPEAKING)

    def _doubt(self, doubt: _Doubt, *, is_open: bool) -> None:
        """Have the sound wait, where it can go on, as long as there is a doubt."""
        was_held = bool(self._doubts)
        self._doubts = self._doubts | {doubt} if is_open else self._doubts - {doubt}
        if was_held and not self._doubts:
            self._speaker.release()
        elif self._doubts and not was_held:
            self._speaker.hold()
