"""A spoken conversation: edges chosen, server started, and whoever watches told."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from realtime_chat.audio.gate import VoiceGate
from realtime_chat.cli.edges import Ear, Mouth, Source, file_ear, is_same_file, open_ear, open_mouth
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import AnswerFailed, NothingHeard, WrongUsage
from realtime_chat.cli.follower import Follower, Watcher
from realtime_chat.cli.keys import HINTS, Key, keyboard
from realtime_chat.cli.lines import JsonLines
from realtime_chat.cli.plain import PlainLines, latencies_of
from realtime_chat.cli.pulling import SPOKEN, ensure_models
from realtime_chat.cli.question import speak_question
from realtime_chat.cli.run import run
from realtime_chat.cli.serving import Served, needed_models, own_models, served
from realtime_chat.cli.target import Kind, Target
from realtime_chat.cli.terminal import can_draw, is_terminal, say
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.connection import connect
from realtime_chat.session.notices import Notice, Transcript, Turn
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Settings, TurnMode

PRE_ROLL_MS = 300
"""A word begins before the gate is sure that it is one."""

_TAIL_MS = 1000
"""Silence after a file, beyond the one that ends a turn."""


@dataclass(frozen=True)
class VoiceOptions:
    """What a person wants of a spoken conversation.

    Attributes:
        target: The server.
        source: The ``--input`` option.
        sink: The ``--output`` option.
        ask: A question that a voice speaks in place of the person.
        voice: The voice that answers.
        instructions: What the model is told first.
        turns: Who says that a turn is over.
        vad_level: 0..3, how sure the voice detector must be.
        silence_ms: The silence that ends a turn.
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
    as_json: bool
    embedded: EmbeddedOptions

    @property
    def tail_ms(self) -> int:
        """Silence after a file: enough for either side to notice that the turn is over."""
        return self.silence_ms + _TAIL_MS

    @property
    def is_open_to_text(self) -> bool:
        """Nothing was said about sound, so that a typed conversation may take its place."""
        return self.source is None and self.sink is None and self.ask is None


class Said:
    """Notes who said words.

    Attributes:
        by_user: A word of the person's was recognised.
        by_assistant: An answer had words.
    """

    def __init__(self) -> None:
        self.by_user = False
        self.by_assistant = False

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        if not isinstance(notice, Transcript) or not notice.text.strip():
            return
        if notice.role == "user":
            self.by_user = True
        else:
            self.by_assistant = True


def hold_spoken(options: VoiceOptions) -> None:
    """Hold a spoken conversation to its end.

    Raises:
        WrongUsage: The answer would be written over the question.
        AudioError: There is no usable sound.
        NothingHeard: Nobody speaks in the file.
        AnswerFailed: The file's question was not answered.
        Exception: Whatever else ends it; see `endings`.
    """
    ear = None if options.ask is not None else open_ear(options.source, tail_ms=options.tail_ms)
    mouth = open_mouth(options.sink, may_be_silent=ear is None or ear.source is Source.FILE)
    if ear is not None and is_same_file(ear, mouth):
        raise WrongUsage(
            "--input and --output are the same file, and the answer would be written over the recording: "
            "give --output another name."
        )
    if mouth.source is Source.NOTHING and not options.embedded.quiet:
        say("No speaker was found: the answer is not played; `--output answer.wav` keeps it.")
    needed = needed_models(options.target, SPOKEN, options.embedded)
    if options.ask is not None and options.target.kind is Kind.OPENAI:
        needed = own_models(SPOKEN, None, thinks_elsewhere=False)  # our own server speaks the question
    ensure_models(needed)
    run(_hold(options, ear, mouth))


async def _hold(options: VoiceOptions, ear: Ear | None, mouth: Mouth) -> None:
    async with served(options.target, options.embedded) as server:
        if ear is not None:
            await _converse(options, ear, mouth, server)
            return
        with tempfile.TemporaryDirectory(prefix="realtime-chat-") as folder:
            path = Path(folder) / "question.wav"
            async with _questioner(options, server) as questioner:
                await speak_question(options.ask or "", questioner, path)
            await _converse(options, file_ear(path, tail_ms=options.tail_ms), mouth, server)


@contextlib.asynccontextmanager
async def _questioner(options: VoiceOptions, server: Served) -> AsyncIterator[Served]:
    """Give the server whose voice speaks the question: the answering one, or for OpenAI, where it costs, our own."""
    if options.target.kind is not Kind.OPENAI:
        yield server
        return
    local = Target(Kind.EMBEDDED, "", None, None, "")
    async with served(local, replace(options.embedded, model=None)) as own:  # a model of OpenAI's is none of its
        yield own


async def _converse(options: VoiceOptions, ear: Ear, mouth: Mouth, server: Served) -> None:
    target = options.target
    settings = Settings(
        model=target.model,
        voice=options.voice,
        instructions=options.instructions,
        modality="audio",
        turns=options.turns,
        silence_ms=options.silence_ms,
        transcribe=target.transcription,
    )
    gate = VoiceGate(options.vad_level, pre_roll_ms=PRE_ROLL_MS, hang_over_ms=options.silence_ms)
    async with (
        connect(server.address, key=server.key, model=target.model) as connection,
        mouth.speaker,
        # Last, so that it does not hear what is said before anybody listens.
        ear.microphone,
    ):
        said = Said()
        follower = Follower(said)
        conversation = Conversation(
            connection, settings, microphone=ear.microphone, gate=gate, speaker=mouth.speaker, watch=follower
        )
        async with _keys(conversation) as has_keys, _watched(options, conversation, follower, has_keys=has_keys):
            await conversation.run()
    if ear.path is not None:
        _report(options, ear.path, mouth, follower, said)


@contextlib.asynccontextmanager
async def _keys(conversation: Conversation) -> AsyncIterator[bool]:
    """Have keys steer the conversation, where its words are on the terminal too (and no pager reads the keys)."""
    if not is_terminal(sys.stdout):
        yield False
        return

    def pressed(key: Key) -> None:
        match key:
            case Key.INTERRUPT:
                conversation.interrupt()
            case Key.MUTE:
                conversation.toggle_mute()
            case Key.QUIT:
                conversation.quit()

    async with keyboard(pressed) as has_keys:
        yield has_keys


@contextlib.asynccontextmanager
async def _watched(
    options: VoiceOptions, conversation: Conversation, follower: Follower, *, has_keys: bool
) -> AsyncIterator[None]:
    """Have somebody told what happens: a script, the screen, or plain lines."""
    quiet = options.embedded.quiet
    hints = HINTS if has_keys else ""
    if options.as_json or quiet or not can_draw(sys.stdout):
        watcher: Watcher = JsonLines(sys.stdout) if options.as_json else PlainLines(quiet=quiet, hints=hints)
        follower.watch(watcher)
        yield
        return
    from realtime_chat.cli.screen import Screen

    screen = Screen(
        sys.stdout,
        levels=lambda: (conversation.microphone_level, conversation.speaker_level),
        is_muted=lambda: conversation.muted,
        hints=hints,
    )
    follower.watch(screen)
    async with screen.shown():
        yield


def _report(options: VoiceOptions, question: Path, mouth: Mouth, follower: Follower, said: Said) -> None:
    """Say how a conversation with a file went.

    Raises:
        NothingHeard: Nobody speaks in it: the gate let nothing through, or noise, of which no word was recognised and
            which the server answered with nothing.
        AnswerFailed: Somebody does, and was not answered.
    """
    is_answered = said.by_assistant or mouth.saved is not None or any(map(_has_come, follower.turns))
    if not (follower.turns and is_answered):
        is_noise = bool(follower.turns) and not said.by_user
        if follower.fault or (follower.has_heard and not is_noise):
            raise AnswerFailed(one_line(follower.fault))
        raise NothingHeard(question)
    if options.embedded.quiet or options.as_json:
        return
    if can_draw(sys.stdout):  # the screen is gone, and the latencies with it
        for turn in follower.turns:
            if latencies := latencies_of(turn):
                say(latencies)
    if mouth.saved is not None:
        say(f"The answer is saved in {one_line(str(mouth.saved))}")


def _has_come(turn: Turn) -> bool:
    """Text or sound of the answer came."""
    return turn.turn_end_to_text_ms is not None or turn.turn_end_to_audio_ms is not None
