"""A typed conversation: messages in, answers out."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, TypeVar

import typer

from realtime_chat.audio.errors import PortAudioMissing
from realtime_chat.cli.answer import AnswerText
from realtime_chat.cli.device_news import DeviceNews
from realtime_chat.cli.edges import UNSPOKEN, Mouth, check_overwrite, open_mouth, say_trouble
from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.endings import Exit, Stopped
from realtime_chat.cli.errors import AnswerFailed
from realtime_chat.cli.follower import Follower
from realtime_chat.cli.lines import JsonLines
from realtime_chat.cli.messages import message_of, once, piped_lines, read_piped
from realtime_chat.cli.opening import told
from realtime_chat.cli.pulling import READ_ALOUD, TYPED, ensure_models
from realtime_chat.cli.run import run
from realtime_chat.cli.serving import connected, needed_models, served
from realtime_chat.cli.target import Kind, Target
from realtime_chat.cli.terminal import is_terminal, say, write
from realtime_chat.cli.tool_lines import ToolLines
from realtime_chat.cli.tool_prompt import ToolPrompt, ask_on_terminal
from realtime_chat.cli.tooling import ToolOptions
from realtime_chat.cli.typing_echo import typing_echo
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.runner import Conversation
from realtime_chat.session.settings import Settings

T = TypeVar("T")


class Mode(Enum):
    """Where the messages come from."""

    MESSAGE = auto()  # one: the prompt, standard input, or both
    LINES = auto()  # each line of standard input
    PROMPT = auto()  # a person at the terminal


@dataclass(frozen=True)
class Aloud:
    """How answers are spoken.

    Attributes:
        sink: The ``--output`` option.
        voice: The voice.
        speed: How fast; None leaves it to the server.
        volume: How loud, 0..1.5.
        replaces: The speaker may be a file that is there already.
    """

    sink: str | None
    voice: str | None
    speed: float | None
    volume: float
    replaces: bool = False


@dataclass(frozen=True)
class TypedOptions:
    """What a person wants of a typed conversation.

    Attributes:
        target: The server.
        prompt: The PROMPT argument.
        lines: Each line of standard input is a turn.
        instructions: What the model is told first.
        as_json: Write JSON Lines.
        embedded: How the embedded server thinks, where it is the one.
        aloud: How answers are spoken, if they are.
        tools: What the model may call.
        devices: Told of speakers that come and go.
    """

    target: Target
    prompt: str | None
    lines: bool
    instructions: str | None
    as_json: bool
    embedded: EmbeddedOptions
    aloud: Aloud | None = None
    tools: ToolOptions = field(default_factory=ToolOptions)
    devices: DeviceNews = field(default_factory=DeviceNews)

    @property
    def mode(self) -> Mode:
        """Where the messages come from."""
        if is_terminal(sys.stdin):
            return Mode.PROMPT if self.prompt is None else Mode.MESSAGE
        return Mode.LINES if self.lines else Mode.MESSAGE


def hold_typed(options: TypedOptions) -> None:
    """Hold a typed conversation to its end.

    Raises:
        BadInput: There is no message, or it is not text.
        AnswerFailed: The one message was not answered.
        typer.Exit: One of the lines was not, which was said.
        Exception: Whatever else ends it; see `endings`.
    """
    message = ""
    if options.mode is Mode.MESSAGE:
        message = message_of(options.prompt, "" if is_terminal(sys.stdin) else read_piped(sys.stdin))
    mouth = None if options.aloud is None else _mouth(options.aloud, options.devices)
    if mouth is None:
        options = replace(options, aloud=None)
    ensure_models(needed_models(options.target, TYPED if mouth is None else READ_ALOUD, options.embedded))
    run(_hold(options, message, mouth))


def _mouth(aloud: Aloud, devices: DeviceNews) -> Mouth | None:
    """Choose the speaker; None where there can be none, which is said.

    Raises:
        AudioError: A file that stands in for it cannot be written.
        WrongUsage: It is there already.
    """
    try:
        mouth = open_mouth(aloud.sink, changed=devices, may_wait=True)
    except PortAudioMissing as error:
        say(f"{error} {UNSPOKEN}.")
        return None
    check_overwrite(mouth, replaces=aloud.replaces)
    mouth.speaker.volume = aloud.volume
    return mouth


async def _hold(options: TypedOptions, message: str, mouth: Mouth | None) -> None:
    target = options.target
    speaker = None if mouth is None else mouth.speaker
    typing_echo.off()  # also where it was on for a question
    answer = AnswerText(lambda text: write(text, end=""))
    failures: list[str] = []
    follower = Follower(JsonLines(sys.stdout) if options.as_json else answer)
    can_ask = is_terminal(sys.stdin) and is_terminal(sys.stderr)
    async with (
        options.tools.in_settings(_settings(options), can_ask=can_ask) as settings,
        served(target, options.embedded) as server,
        told(
            connected(server, target),
            server.address,
            is_quiet=options.embedded.quiet,
        ) as connection,
        speaker or contextlib.nullcontext(),
    ):
        if mouth is not None:
            say_trouble(mouth)
        conversation = Conversation(connection, settings, speaker=speaker, watch=follower)
        options.devices.watch(conversation.device_changed)
        apart = answer.set_apart if is_terminal(sys.stdout) else str
        if not options.as_json and not options.embedded.quiet:
            follower.watch(ToolLines(lambda line: say(apart(line))))
        prompt = ToolPrompt(conversation.allow_tool, ask=lambda question: ask_on_terminal(apart(question)))
        follower.watch(prompt)
        async with (
            _running(conversation) as running,
            contextlib.aclosing(_messages(options, message)) as messages,
            contextlib.aclosing(prompt),
        ):
            await _before(running, follower.ready())
            typing_echo.on()
            while (text := await _before(running, anext(messages, None))) is not None:
                follower.begin()
                try:
                    with _interruptible(conversation, is_on=options.mode is Mode.PROMPT) as stopping:
                        conversation.say(text)
                        await _before(running, follower.over())
                finally:  # whatever is said next, also about a failure, begins its own line
                    answer.end()
                if follower.failed and (follower.fault or not stopping.is_asked_for):
                    failures.append(one_line(follower.fault))
                    if options.mode is not Mode.MESSAGE:
                        say(str(AnswerFailed(failures[-1])))
            conversation.quit()
            await running
    if not failures or options.mode is Mode.PROMPT:
        return
    if options.mode is Mode.LINES:  # each failure was said when it happened
        raise typer.Exit(Exit.FAILED)
    raise AnswerFailed(failures[-1])


def _settings(options: TypedOptions) -> Settings:
    settings = Settings(
        model=options.target.model,
        instructions=options.instructions,
        modality="text",
        max_tokens=options.embedded.max_tokens if options.target.kind is Kind.EMBEDDED else None,
    )
    if options.aloud is None:
        return settings
    return replace(settings, modality="audio", voice=options.aloud.voice, speed=options.aloud.speed)


def _messages(options: TypedOptions, message: str) -> AsyncGenerator[str, None]:
    if options.mode is Mode.MESSAGE:
        return once(message)
    if options.mode is Mode.LINES:
        return piped_lines(options.prompt, sys.stdin)
    from realtime_chat.cli.prompt import history_path, open_history, typed_messages

    if not options.embedded.quiet:
        say("Ctrl-C interrupts an answer, Ctrl-D ends the conversation.")
    return typed_messages(open_history(history_path()))


@contextlib.asynccontextmanager
async def _running(conversation: Conversation) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(conversation.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _before(running: asyncio.Task[Any], awaited: Coroutine[Any, Any, T]) -> T:
    """Await something that makes sense only while the conversation runs.

    Raises:
        SessionError: The conversation ended first.
    """
    task = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait([task, running], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            running.result()
            raise AnswerFailed("the conversation is over")
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


@dataclass
class _Stopping:
    """How often the person asked for an end of the answer."""

    presses: int = 0

    @property
    def is_asked_for(self) -> bool:
        """No whole answer is no failure."""
        return self.presses > 0


@contextlib.contextmanager
def _interruptible(conversation: Conversation, *, is_on: bool) -> Iterator[_Stopping]:
    """Let the first Ctrl-C stop the answer, and the second one the program."""
    stopping = _Stopping()
    if not is_on or sys.platform == "win32":
        yield stopping
        return
    task = asyncio.current_task()

    def pressed() -> None:
        stopping.presses += 1
        if stopping.presses == 1:
            conversation.interrupt()
        elif task is not None:
            task.cancel()

    before = signal.getsignal(signal.SIGINT)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, pressed)
    try:
        yield stopping
    except asyncio.CancelledError:
        if stopping.presses > 1:
            raise Stopped from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
