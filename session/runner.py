"""`Conversation`: one talk, on one connection, microphone and speaker: the `Machine`, and what runs around it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from realtime_chat.audio.clock import now
from realtime_chat.audio.frame import Frame
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.seam import Microphone, Speaker
from realtime_chat.session.effect_runner import EffectRunner
from realtime_chat.session.error_groups import first_error
from realtime_chat.session.errors import ServerSilent
from realtime_chat.session.listener import Listener
from realtime_chat.session.machine import Machine
from realtime_chat.session.notices import Cause, DeviceChanged, Fault, Ignored, Notice, Phase
from realtime_chat.session.outcome import Outcome
from realtime_chat.session.receiver import Receiver
from realtime_chat.session.seam import Connection
from realtime_chat.session.sender import Sender
from realtime_chat.session.settings import Consent, Settings, TurnMode
from realtime_chat.session.tool_events import ToolAllowed, ToolEvent
from realtime_chat.session.tool_runner import ToolRunner

READY_SECONDS: Final = 20.0
"""A server that loads its model first may take a while; one that says nothing for so long is no Realtime server."""

_TICK_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


class Conversation:
    """One conversation.

    The caller opens the connection, the microphone and the speaker, and closes them after `run`. All methods but
    `run` return at once, and are called on the event loop: a key that stops the sound stops it before they return.
    """

    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        *,
        microphone: Microphone | None = None,
        hearing: Hearing | None = None,
        speaker: Speaker | None = None,
        watch: Callable[[Notice], None],
        ready_seconds: float = READY_SECONDS,
    ) -> None:
        """Make one.

        Args:
            connection: An open connection.
            settings: What is wanted.
            microphone: Where the person's voice comes from; None where only `say` is used.
            hearing: Makes of the microphone's sound what the person says, and says when; needed with a microphone and
                `TurnMode.LOCAL`, also if only changed to.
            speaker: Where the answer goes; needed where the modality is ``audio``, and to turn the voice on.
            watch: Told of everything that happens, at once; it must not block.
            ready_seconds: How long to wait for the session.

        Raises:
            ValueError: Something that is needed is missing.
        """
        if microphone is not None and hearing is None and settings.turns is TurnMode.LOCAL:
            raise ValueError("local turns need a gate")
        if speaker is None and settings.modality == "audio":
            raise ValueError("spoken answers need a speaker")
        self._connection = connection
        self._microphone = microphone
        self._hearing = hearing
        self._speaker = speaker
        self._watch = watch
        self._ready_seconds = ready_seconds
        self._machine = Machine(settings)
        self._outcome = Outcome()
        self._sender = Sender(connection, warn=watch, fail=self._outcome.settle)
        self._tools = ToolRunner(settings.tools, self._tool)
        self._ready = asyncio.Event()
        effects = EffectRunner(
            self._machine,
            sender=self._sender,
            tools=self._tools,
            speaker=speaker,
            outcome=self._outcome,
            tell=self._tell,
        )
        self._do = effects.do
        self._receiver = Receiver(connection, self._machine, self._do)
        self._listener = Listener(self._machine, settings, self._do, hearing=hearing)

    @property
    def phase(self) -> Phase:
        """What the conversation is doing."""
        return self._machine.phase

    @property
    def turns(self) -> int:
        """How many answers were given."""
        return self._machine.turns

    @property
    def turns_mode(self) -> TurnMode:
        """Who says that a turn is over."""
        return self._machine.turns_mode

    @property
    def voice(self) -> bool:
        """Answers are spoken; else they come in writing, by wish or since there is no speaker."""
        return self._machine.voice

    @property
    def muted(self) -> bool:
        """The microphone's sound is replaced by silence."""
        return self._listener.muted

    @property
    def microphone_level(self) -> float:
        """How loud the person is, 0..1; 0 while muted."""
        return self._listener.level

    @property
    def speaker_level(self) -> float:
        """How loud the answer sounds now, 0..1."""
        return 0.0 if self._speaker is None else self._speaker.level

    @property
    def spoken(self) -> tuple[str, int] | None:
        """The item that sounds now, and how many characters of its transcript were heard; None where none does."""
        sounding = None if self._speaker is None else self._speaker.sounding
        return None if sounding is None else (sounding.item_id, self._machine.spoken(sounding))

    def tap(self, listener: Callable[[Frame, float], None]) -> None:
        """Let ``listener`` have each frame of what the person says, as it is heard, and when; it must be quick."""
        self._listener.tap(listener)

    def say(self, text: str) -> None:
        """Send a typed message; interrupts the answer. Before the session is ready, it waits for that."""
        self._do(self._machine.say(text, now()))

    def interrupt(self) -> None:
        """Stop the answer, now."""
        self._do(self._machine.interrupt(now()))

    def begin_turn(self) -> None:
        """The person speaks from now on, with `TurnMode.TAP` and `TurnMode.HOLD`; interrupts the answer."""
        self._do(self._machine.begin_turn(now()))

    def end_turn(self) -> None:
        """The person is done speaking, with the same."""
        self._do(self._machine.end_turn(now()))

    def change_turns(self, mode: TurnMode) -> None:
        """Let ``mode`` say when a turn is over, from now on; what is being said is over. Tells `TurnsChanged`.

        Raises:
            ValueError: There is no gate for `TurnMode.LOCAL`.
        """
        if mode is TurnMode.LOCAL and self._microphone is not None and self._hearing is None:
            raise ValueError("local turns need a gate")
        if mode is not self.turns_mode:
            self._listener.hush()
        self._do(self._machine.change_turns(mode, now()))

    def set_voice(self, is_on: bool) -> None:
        """Have answers spoken, or in writing; what sounds falls silent and is read on. Tells `VoiceChanged`."""
        if is_on and self._speaker is None:
            self._tell(Fault("no_speaker", "This conversation has no speaker: answers come in writing."))
            return
        self._do(self._machine.set_voice(is_on, now()))

    def allow_tool(self, call_id: str, is_allowed: bool) -> None:
        """Answer a `ToolQuestion`; one that is not open any more is passed over."""
        self._tool(ToolAllowed(call_id, is_allowed))

    def set_consent(self, consent: Consent) -> None:
        """Let ``consent`` say who allows the calls of tools that may change something, from now on."""
        self._machine.set_consent(consent)

    def device_changed(self, change: DeviceChanged) -> None:
        """A device came or went: without a speaker answers come in writing, until there is one again."""
        if change.kind == "input" and change.name is None:
            self._listener.hush()
        self._do(self._machine.device_changed(change, now()))

    def toggle_mute(self) -> bool:
        """Mute the microphone, or no longer; give whether it is muted now."""
        return self._listener.toggle_mute()

    def quit(self) -> None:
        """End the conversation, now; `run` returns."""
        self._do(self._machine.close(Cause.QUIT, now=now()))

    def finish_when_idle(self) -> None:
        """End the conversation as soon as all that was said is answered and heard; `run` returns then."""
        self._do(self._machine.input_ended(now()))

    async def run(self) -> Cause:
        """Hold the conversation; may be called once. Cancelling it ends the conversation politely within a second.

        Returns:
            Why it ended.

        Raises:
            SessionRejected: The server refused the session.
            ServerSilent: The server sent no session.
            ConnectionLost: The connection broke.
            AudioError: The speaker failed, or the file that stands in for the microphone broke off.
        """
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in self._works()]
                self._do(self._machine.opened(now()))
                closed = await self._outcome.wait()
                for task in tasks:
                    task.cancel()
            return closed.cause
        except BaseExceptionGroup as group_error:
            error = first_error(group_error)
            self._do(self._machine.close(Cause.LOST, str(error), now=now()))
            raise error from None
        except asyncio.CancelledError:
            self._do(self._machine.close(Cause.QUIT, now=now()))
            raise
        finally:
            try:
                await self._tools.close()
            finally:
                await self._connection.close()

    def _works(self) -> list[Coroutine[Any, Any, None]]:
        works: list[Coroutine[Any, Any, None]] = [self._sender.run(), self._receiver.run(), self._keep_time()]
        if self._microphone is not None:
            works.append(self._listen(self._microphone))
        if self._speaker is not None:
            works.append(self._follow(self._speaker))
        return works

    async def _keep_time(self) -> None:
        try:
            async with asyncio.timeout(self._ready_seconds):
                await self._ready.wait()
        except TimeoutError:
            raise ServerSilent(self._connection.address, self._ready_seconds) from None
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._do(self._machine.tick(now()))

    async def _listen(self, microphone: Microphone) -> None:
        await self._ready.wait()
        await self._listener.listen(microphone)

    async def _follow(self, speaker: Speaker) -> None:
        async for event in speaker.events():
            self._do(self._machine.playback(event, now()))

    def _tool(self, event: ToolEvent) -> None:
        self._do(self._machine.tool(event, now()))

    def _tell(self, notice: Notice) -> None:
        if isinstance(notice, Ignored):
            # The type only, and escaped: it is the server's text, and so may be anything.
            _log.debug("ignored an event of type %s", ascii(notice.type[:80]))
        self._watch(notice)
        if self._machine.phase is not Phase.CONNECTING:
            self._ready.set()
