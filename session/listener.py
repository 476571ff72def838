"""`Listener`: from the microphone, through the hearing, into the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import DeviceLost
from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame, level, samples_to_ms
from realtime_chat.audio.hearing import Hearing, Perceived
from realtime_chat.audio.seam import Microphone
from realtime_chat.session.effects import Effect, Tell
from realtime_chat.session.machine import Machine
from realtime_chat.session.notices import Fault, Phase
from realtime_chat.session.settings import Settings, TurnMode

_TAIL_MS: Final = 1_000
"""Silence sent beyond that which ends a turn, for the way to the server and back."""

_LONGEST_TAIL_MS: Final = 10_000
"""A server that still hears a voice after so much silence will hear it for ever."""


class Listener:
    """Hears for one conversation. What the machine wants done about it is handed to ``do`` at once."""

    def __init__(
        self,
        machine: Machine,
        settings: Settings,
        do: Callable[[Sequence[Effect]], None],
        *,
        hearing: Hearing | None,
    ) -> None:
        self._machine = machine
        self._settings = settings
        self._do = do
        self._hearing = hearing
        self._is_muted = False
        self._judged = b""
        self._hushed = 0
        self._lock = Lock()  # held for the length of one frame
        self._taps: tuple[Callable[[Frame, float], None], ...] = ()

    def tap(self, listener: Callable[[Frame, float], None]) -> None:
        """Let ``listener`` have each frame as it is heard, and when, on the event loop; it must be quick."""
        self._taps = (*self._taps, listener)

    @property
    def muted(self) -> bool:
        """Silence is heard in the place of what the microphone hears, so that an open gate closes by itself."""
        return self._is_muted

    @property
    def level(self) -> float:
        """How loud what is heard is, 0..1."""
        return level(self._judged)

    def toggle_mute(self) -> bool:
        """Mute, or no longer; give whether it is muted now."""
        self._is_muted = not self._is_muted
        self._judged = b""
        return self._is_muted

    async def listen(self, microphone: Microphone) -> None:
        """Hear until the input ends. A device that goes away ends the input, but not the conversation.

        Raises:
            AudioError: The file that stands in for a microphone broke off.
        """
        position = 0
        try:
            async for hushed, perceived in microphone.perceive(self._perceive, may_wait=self._may_wait):
                position = perceived.frame.end
                self._take(perceived, is_hushed=hushed != self._hushed)
        except DeviceLost as error:
            self.hush()
            self._do([Tell(Fault("microphone_lost", str(error)))])
            return
        self.hush()
        if self._machine.turns_mode.is_by_server:
            await self._trail_off(position)
        self._do(self._machine.input_ended(now()))

    def _take(self, perceived: Perceived, *, is_hushed: bool) -> None:
        self._judged = b"" if self._is_muted else perceived.judged
        heard_at = now()
        for listener in self._taps:
            listener(perceived.frame, heard_at)
        self._do(self._machine.frame(perceived.frame, heard_at))
        # What was noticed before it was hushed is of a turn that is over, or of a way of taking turns that is.
        for event in () if is_hushed else perceived.events:
            self._do(self._machine.gate(event, heard_at))

    def _perceive(self, frame: Frame) -> tuple[int, Perceived]:
        """Hear a frame, not on the event loop; say also how often all was hushed before."""
        if self._hearing is not None:
            with self._lock:
                self._hearing.is_whole = bool(self._taps) or self._machine.turns_mode is not TurnMode.LOCAL
                return self._hushed, self._hearing.push(frame, is_muted=self._is_muted)
        if self._is_muted:
            frame = Frame(frame.position, bytes(len(frame.pcm)))
        return self._hushed, Perceived(frame, frame.pcm, ())

    def _may_wait(self) -> bool:
        """Nobody speaks and nothing sounds, and nobody listens to every frame."""
        return self._hearing is not None and self._hearing.is_calm and not self._hearing.is_whole

    def hush(self) -> None:
        """Take what was heard until now for all that is said: an open gate closes."""
        self._judged = b""
        self._hushed += 1
        if self._hearing is None:
            return
        with self._lock:
            events = self._hearing.flush()
        for event in events:
            self._do(self._machine.gate(event, now()))

    async def _trail_off(self, position: int) -> None:
        """Send the silence by which the server can tell that the turn is over, at the pace at which it would come."""
        begin = position
        while self._is_trailing(samples_to_ms(position - begin)):
            self._do(self._machine.frame(Frame(position, bytes(FRAME_BYTES)), now()))
            position += FRAME_SAMPLES
            await asyncio.sleep(FRAME_SAMPLES / SAMPLE_RATE)

    def _is_trailing(self, sent_ms: int) -> bool:
        if self._machine.phase is Phase.HEARING:
            return sent_ms < _LONGEST_TAIL_MS
        return sent_ms < self._settings.silence_ms + _TAIL_MS
