"""A spoken conversation: edges chosen, server started, and whoever watches told."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from realtime_chat.audio.detector import SpeechDetector
from realtime_chat.audio.devices import asked_for
from realtime_chat.audio.echo import EchoCanceller
from realtime_chat.audio.errors import AudioError
from realtime_chat.audio.gate import VoiceGate
from realtime_chat.audio.hearing import Hearing
from realtime_chat.audio.recording import Recording, check_recording
from realtime_chat.audio.seam import Speaker
from realtime_chat.audio.thrift import give_back
from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.device_news import DeviceNews
from realtime_chat.cli.edges import (
    Ear,
    Mouth,
    Source,
    check_overwrite,
    check_sound,
    file_ear,
    is_same_file,
    open_ear,
    open_mouth,
    say_trouble,
)
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.follower import Follower
from realtime_chat.cli.opening import Opening, told
from realtime_chat.cli.outcome import Said, report
from realtime_chat.cli.pulling import SPOKEN, ensure_models
from realtime_chat.cli.run import run
from realtime_chat.cli.serving import Served, connected, needed_models, own_models, served
from realtime_chat.cli.steering import Steering
from realtime_chat.cli.target import Kind, Target
from realtime_chat.cli.terminal import is_terminal, say
from realtime_chat.cli.tooling import ToolOptions
from realtime_chat.cli.watching import has_screen, watched
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import Cause, Fault
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Consent, Settings, TurnMode

_TAIL_MS = 1000
"""Silence after a file, beyond the one that ends a turn."""


@dataclass(frozen=True)
class VoiceOptions:
    """What a person wants of a spoken conversation.

    Attributes:
        target: The server.
        source: The ``--input`` option.
        sink: The ``--output`` option.
        replaces: It may be a file that is there already.
        ask: A question that a voice speaks in place of the person.
        voice: The voice that answers.
        instructions: What the model is told first.
        turns: Who says that a turn is over.
        vad_level: 0..3, how sure the voice detector must be.
        silence_ms: The silence that ends a turn.
        echo_cancel: Take what the speaker plays, and noise, out of what the microphone hears.
        speed: How fast the voice speaks; None leaves it to the server.
        volume: How loud it is, 0..1.5.
        record: The file that both sides are recorded to, if any.
        bindings: Which key does what.
        may_change_turns: Nobody asked for ``turns`` in this very run: where no key can be pressed, `TurnMode.LOCAL` is.
        devices: Told of devices that come and go.
        tools: What the model may call.
        as_json: Write JSON Lines.
        embedded: How the embedded server thinks, where it is the one.
    """

    target: Target
    source: str | None
    sink: str | None
    ask: str | None
    voice: str | None
    instructions: str | None
    turns: TurnMode
    vad_level: int
    silence_ms: int
    echo_cancel: bool
    speed: float | None
    volume: float
    record: Path | None
    bindings: Bindings
    as_json: bool
    embedded: EmbeddedOptions
    may_change_turns: bool = False
    replaces: bool = False
    devices: DeviceNews = field(default_factory=DeviceNews)
    tools: ToolOptions = field(default_factory=ToolOptions)

    @property
    def tail_ms(self) -> int:
        """Silence after a file: enough for either side to notice that the turn is over."""
        return self.silence_ms + _TAIL_MS

    @property
    def is_open_to_text(self) -> bool:
        """Nothing was said about sound, so that a typed conversation may take its place."""
        return asked_for(self.source) is None and asked_for(self.sink) is None and self.ask is None


def hold_spoken(options: VoiceOptions) -> None:
    """Hold a spoken conversation to its end.

    Without a speaker answers come in writing until there is one. Without a microphone the person types until there is
    one; who cannot is told that there is none.

    Raises:
        WrongUsage: The answer would be written over the question.
        AudioError: There is no usable sound.
        NothingHeard: Nobody speaks in the file.
        AnswerFailed: The file's question was not answered.
        Exception: Whatever else ends it; see `endings`.
    """
    can_type = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    ear = None
    if options.ask is None:
        ear = open_ear(options.source, tail_ms=options.tail_ms, changed=options.devices, may_wait=can_type)
    is_talk = ear is not None and ear.source is Source.DEVICE
    mouth = open_mouth(options.sink, may_be_silent=not is_talk, changed=options.devices, may_wait=is_talk)
    if ear is not None:
        check_sound(ear, mouth)
    mouth.speaker.volume = options.volume
    if ear is not None and is_same_file(ear, mouth):
        raise WrongUsage(
            "--input and --output are the same file, and the answer would be written over the recording: "
            "give --output another name."
        )
    check_overwrite(mouth, replaces=options.replaces)
    if mouth.source is Source.NOTHING and not options.embedded.quiet:
        say("No speaker was found: the answer is not played; `--output answer.wav` keeps it.")
    if options.turns.is_by_key and (ear is None or ear.source is Source.FILE):
        if not options.may_change_turns:
            raise WrongUsage(f"--turns {options.turns.value} needs somebody who presses a key: use local with a file.")
        options = replace(options, turns=TurnMode.LOCAL)
    if options.record is not None:
        check_recording(options.record)
    needed = needed_models(options.target, SPOKEN, options.embedded)
    if options.ask is not None and options.target.kind is Kind.OPENAI:
        needed = own_models(SPOKEN, None, thinks_elsewhere=False)  # our own server speaks the question
    ensure_models(needed)
    run(_hold(options, ear, mouth))


async def _hold(options: VoiceOptions, ear: Ear | None, mouth: Mouth) -> None:
    is_drawn = has_screen(as_json=options.as_json, quiet=options.embedded.quiet, verbose=options.embedded.verbose)
    opening = Opening(options.bindings, options.turns, has_screen=is_drawn)
    async with opening.begun(), served(options.target, options.embedded) as server:
        if ear is not None:
            await _converse(options, ear, mouth, server, opening)
            return
        from realtime_chat.cli.question import speak_question  # with httpx: 70 ms, and 5 MB for the whole talk

        with tempfile.TemporaryDirectory(prefix="realtime-chat-") as folder:
            path = Path(folder) / "question.wav"
            async with _questioner(options, server) as questioner:
                await speak_question(options.ask or "", questioner, path)
            await _converse(options, file_ear(path, tail_ms=options.tail_ms), mouth, server, opening)


@contextlib.asynccontextmanager
async def _questioner(options: VoiceOptions, server: Served) -> AsyncIterator[Served]:
    """Give the server whose voice speaks the question: the answering one, or for OpenAI, where it costs, our own."""
    if options.target.kind is not Kind.OPENAI:
        yield server
        return
    local = Target(Kind.EMBEDDED, "", None, None, "")
    async with served(local, replace(options.embedded, model=None)) as own:  # a model of OpenAI's is none of its
        yield own


async def _converse(options: VoiceOptions, ear: Ear, mouth: Mouth, server: Served, opening: Opening) -> None:
    target = options.target
    hearing = asyncio.create_task(asyncio.to_thread(_hearing, options, ear, mouth))
    said = Said()
    follower = Follower(said)
    async with (
        # Whether there is a keyboard to answer with shows later.
        options.tools.in_settings(_settings(options), can_ask=True) as settings,
        told(
            connected(server, target),
            server.address,
            is_quiet=options.embedded.quiet,
            otherwise=opening.quits,
        ) as connection,
        mouth.speaker,
        # Late, so that it does not hear what is said before anybody listens.
        ear.microphone,
    ):
        check_sound(ear, mouth)
        say_trouble(ear, mouth)
        conversation = Conversation(
            connection,
            settings,
            microphone=ear.microphone,
            hearing=await hearing,
            speaker=mouth.speaker,
            watch=follower,
        )
        options.devices.watch(conversation.device_changed)
        has_keys = opening.has_keys
        async with (
            _recorded(options.record, conversation, mouth.speaker, follower) as recording,
            opening.keys.pop_all(),  # and the terminal is as it was when the talk is over
        ):
            steering = Steering(conversation, mouth.speaker, opening.controls)
            async with watched(
                follower, steering, has_keys=has_keys, as_json=options.as_json, quiet=options.embedded.quiet
            ):
                if options.turns.is_by_key and not has_keys:
                    raise WrongUsage(f"--turns {options.turns.value} needs a keyboard: use local, server or semantic.")
                if settings.consent is Consent.ASKED and not has_keys:
                    conversation.set_consent(Consent.REFUSED)
                steering.begin(follower)
                cause = await conversation.run()
    is_brief = options.embedded.quiet or options.as_json
    if recording is not None and recording.is_whole and not is_brief:
        say(f"The conversation is recorded in {one_line(str(recording.path))}")
    if ear.path is not None:
        report(ear.path, mouth, follower, said, is_brief=is_brief, was_quit=cause is Cause.QUIT)


def _settings(options: VoiceOptions) -> Settings:
    return Settings(
        model=options.target.model,
        voice=options.voice,
        instructions=options.instructions,
        modality="audio",
        turns=options.turns,
        silence_ms=options.silence_ms,
        transcribe=options.target.transcription,
        speed=options.speed,
        max_tokens=options.embedded.max_tokens if options.target.kind is Kind.EMBEDDED else None,
    )


def _hearing(options: VoiceOptions, ear: Ear, mouth: Mouth) -> Hearing:
    """Make what hears; it loads two networks, which takes a third of a second."""
    gate = VoiceGate(options.vad_level, speech=SpeechDetector(options.vad_level), hang_over_ms=options.silence_ms)
    give_back()
    if not options.echo_cancel or ear.source is not Source.DEVICE:
        return Hearing(gate)
    canceller = EchoCanceller()
    if mouth.source is Source.DEVICE:
        mouth.speaker.tap(canceller.reference.push)
    return Hearing(gate, canceller=canceller)


@contextlib.asynccontextmanager
async def _recorded(
    path: Path | None, conversation: Conversation, speaker: Speaker, tell: Follower
) -> AsyncIterator[Recording | None]:
    """Record both sides to ``path``, if there is one, for the length of an ``async with``."""
    if path is None:
        yield None
        return

    def failed(error: AudioError) -> None:
        tell(Fault("recording_failed", str(error)))

    async with Recording(path, failed=failed) as recording:
        conversation.tap(recording.person)
        # What is drawn now is heard when the device has sounded what it holds.
        speaker.tap(lambda pcm, at: recording.model(pcm, at + speaker.latency))
        yield recording
