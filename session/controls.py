"""`Controls`: what changes in mid-session, by the person's hand or since a device came or went.

Everything changes here at once and the server is told; where it refuses, things go back to what they were.
"""

from __future__ import annotations

from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.assistant import Assistant
from realtime_chat.session.cleaning import one_sentence
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.floor import Floor
from realtime_chat.session.notices import DeviceChanged, Fault, TurnsChanged, VoiceChanged
from realtime_chat.session.settings import Settings, TurnMode
from realtime_chat.session.updates import Updates
from realtime_chat.session.voice import Voice


class Controls:
    """Who says that a turn is over, and whether answers are spoken."""

    def __init__(self, settings: Settings, floor: Floor, assistant: Assistant) -> None:
        self.voice = Voice(is_wanted=settings.modality == "audio")
        """Whether answers are spoken, and why not."""
        self._settings = settings
        self._floor = floor
        self._assistant = assistant
        self._updates = Updates()

    def change_turns(self, mode: TurnMode, now: float) -> list[Effect]:
        """Let ``mode`` say when a turn is over. What the person is saying is a turn, as far as they got."""
        before = self._floor.turns_mode
        if mode is before:
            return []
        update = Send(self._settings.turns_update(mode, self._updates.ask(before)))
        ended = self._floor.change_turns(mode, now)
        # A server that listens must stop before it forgets what it heard, and one that did not must not begin earlier.
        effects: list[Effect] = [update, *ended] if before.is_by_server else [*ended, update]
        return [*effects, Tell(TurnsChanged(mode))]

    def set_voice(self, *, is_on: bool) -> list[Effect]:
        """Have answers spoken or not; what sounds falls silent, and goes on in writing."""
        if is_on and not self.voice.has_output:
            self.voice.is_wanted = True
            return [Tell(Fault("no_speaker", "No speaker is there: answers come in writing until one is."))]
        return self._voiced(Voice(is_on, self.voice.has_output))

    def device_changed(self, change: DeviceChanged, now: float) -> list[Effect]:
        """A device came or went."""
        told = Tell(change)
        if change.kind == "output":
            return [told, *self._voiced(Voice(self.voice.is_wanted, change.name is not None))]
        return [told, *(self._floor.input_lost(now) if change.name is None else [])]

    def agreed(self) -> None:
        """The server took an update."""
        self._updates.agreed()

    def refused(self, error: ErrorDetails, now: float) -> list[Effect] | None:
        """Go back to what was, where ``error`` refuses an update; give None where it is about something else."""
        refusal = self._updates.refused(error)
        if refusal is None:
            return None
        if refusal.is_outdated or refusal.before in {self._floor.turns_mode, self.voice.is_on}:
            return []
        why = one_sentence(error.message) or "no reason given"
        if isinstance(refusal.before, TurnMode):
            return self._turns_refused(refusal.before, why, now)
        if refusal.before:
            # It goes on sending sound, which is passed over, and the words of it, which are read.
            return [Tell(Fault("voice_refused", f"The server goes on speaking, unheard ({why})."))]
        self.voice.is_wanted = False
        fault = Tell(Fault("voice_refused", f"The server will not speak ({why}): answers come in writing."))
        return [*self._assistant.set_voice(is_on=False), Tell(VoiceChanged(False)), fault]

    def _turns_refused(self, before: TurnMode, why: str, now: float) -> list[Effect]:
        wanted = self._floor.turns_mode
        message = f"The server does not take {wanted.value} turns ({why}): {before.value} turns go on."
        effects = self._floor.change_turns(before, now)
        return [*effects, Tell(TurnsChanged(before)), Tell(Fault("turns_refused", message))]

    def _voiced(self, voice: Voice) -> list[Effect]:
        before, self.voice = self.voice, voice
        if voice.is_on is before.is_on:
            return []
        effects = self._assistant.set_voice(is_on=voice.is_on)
        update = self._settings.voice_update(voice.modality, self._updates.ask(before.is_on))
        return [*effects, Send(update), Tell(VoiceChanged(voice.is_on))]
