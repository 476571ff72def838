"""`realtime-chat talk`: a spoken conversation."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.cli.config.precedence import gives_way_to
from realtime_chat.cli.config.profile import ProfileOption
from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.logs import start_log
from realtime_chat.cli.options import (
    DialectOption,
    ForceOption,
    InstructionsOption,
    JsonOption,
    LlmModelOption,
    LlmUrlOption,
    McpOption,
    ModelOption,
    QuietOption,
    RecordOption,
    ServerOption,
    SpeedOption,
    ToolSecondsOption,
    ToolsOption,
    Turns,
    VerboseOption,
    VoiceOption,
    VolumeOption,
    YesOption,
    instructions_of,
)
from realtime_chat.cli.terminal import show_waiting
from realtime_chat.cli.typing_echo import typing_echo

if TYPE_CHECKING:
    from realtime_chat.audio.errors import AudioError
    from realtime_chat.cli.voice import VoiceOptions

_SOUND = "A device (its number, a part of its name, or default), or an audio file that stands in for it."


@ends_well
def talk(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Option("--input", metavar="DEVICE|FILE", help=f"The microphone. {_SOUND}", callback=gives_way_to("ask")),
    ] = None,
    sink: Annotated[str | None, typer.Option("--output", metavar="DEVICE|FILE", help=f"The speaker. {_SOUND}")] = None,
    force: ForceOption = False,
    ask: Annotated[
        str | None,
        typer.Option("--ask", metavar="TEXT", help="A question that the server's voice speaks in place of a person."),
    ] = None,
    turns: Annotated[
        Turns,
        typer.Option(
            help="Who says that you have finished: this program (local), the server by the silence (server) or by the "
            "sense (semantic), or you with the space bar, which you tap before and after or hold down."
        ),
    ] = Turns.LOCAL,
    vad_level: Annotated[
        int,
        typer.Option(
            "--vad-level", metavar="LEVEL", min=0, max=3, help="How sure the voice detector must be; more in noise."
        ),
    ] = 2,
    silence_ms: Annotated[
        int, typer.Option("--silence-ms", metavar="MS", min=100, max=5000, help="How long a silence ends your turn.")
    ] = 500,
    echo_cancel: Annotated[
        bool,
        typer.Option(
            "--echo-cancel/--no-echo-cancel",
            help="Take what the speaker plays, and noise, out of what the microphone hears.",
        ),
    ] = True,
    record: RecordOption = None,
    server: ServerOption = "auto",
    dialect: DialectOption = None,
    model: ModelOption = None,
    voice: VoiceOption = None,
    speed: SpeedOption = None,
    volume: VolumeOption = 1.0,
    instructions: InstructionsOption = None,
    llm_url: LlmUrlOption = None,
    llm_model: LlmModelOption = None,
    tools: ToolsOption = None,
    mcp: McpOption = None,
    tool_seconds: ToolSecondsOption = 30.0,
    yes: YesOption = False,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Hold a spoken conversation.

    With a file as input it runs to the end of the file and of the answer, without any hardware. Without a speaker it
    answers in writing, without a microphone you type; a device that comes later is used. With neither of them it goes
    on as a typed conversation.
    """
    start_log(verbose=verbose)
    typing_echo.off()
    if not quiet:
        show_waiting("Starting…")  # what follows takes half a second to load
    from realtime_chat.audio.errors import DeviceFailed, NoDevice, PortAudioMissing
    from realtime_chat.cli.config.profile import configuration, is_given
    from realtime_chat.cli.embedded import EmbeddedOptions
    from realtime_chat.cli.errors import WrongUsage
    from realtime_chat.cli.target import announce, choose_target
    from realtime_chat.cli.tooling import ToolOptions, typed_servers
    from realtime_chat.cli.voice import VoiceOptions, hold_spoken
    from realtime_chat.session.settings import TurnMode

    if ask is not None and (source is not None or not ask.strip()):
        raise WrongUsage("--ask takes a question, which stands in for --input: give one of the two.")
    target = choose_target(server, os.environ, model=model, llm_url=llm_url, llm_model=llm_model, dialect=dialect)
    announce(target, quiet=quiet)
    options = VoiceOptions(
        target=target,
        source=source,
        sink=sink,
        replaces=force,
        ask=ask,
        voice=voice,
        instructions=instructions_of(instructions),
        turns=TurnMode(turns.value),
        may_change_turns=not is_given(context, "turns"),
        vad_level=vad_level,
        silence_ms=silence_ms,
        echo_cancel=echo_cancel,
        speed=speed,
        volume=volume,
        record=record,
        bindings=configuration(context).bindings(),
        tools=ToolOptions(
            tuple(tools or ()),
            typed_servers(mcp or (), configuration(context).mcp_servers()),
            tool_seconds,
            is_trusted=yes,
            is_quiet=quiet,
        ),
        as_json=as_json,
        embedded=EmbeddedOptions(target.local_model, llm_url, llm_model, speaks=True, verbose=verbose, quiet=quiet),
    )
    try:
        hold_spoken(options)
    except (NoDevice, PortAudioMissing, DeviceFailed) as error:
        if not options.is_open_to_text:
            raise
        _go_on_as_text(options, error)


def _go_on_as_text(options: VoiceOptions, reason: AudioError) -> None:
    """Hold a typed conversation in place of the spoken one; answers are spoken where there is a speaker.

    Raises:
        AudioError: ``reason``, where nothing is typed or piped in either.
        NoSound: What is piped in is no message.
    """
    from realtime_chat.cli.edges import has_speaker
    from realtime_chat.cli.errors import BadInput, NoSound
    from realtime_chat.cli.messages import read_piped
    from realtime_chat.cli.terminal import is_terminal, say
    from realtime_chat.cli.typed import Aloud, TypedOptions, hold_typed

    message = None
    if not is_terminal(sys.stdin):
        try:
            message = read_piped(sys.stdin)
        except BadInput as error:
            raise NoSound(f"{reason} {error}") from error
        if not message.strip():
            raise reason
    aloud = Aloud(None, options.voice, options.speed, options.volume) if has_speaker() else None
    typed = TypedOptions(
        target=options.target,
        prompt=message,
        lines=False,
        instructions=options.instructions,
        as_json=options.as_json,
        embedded=options.embedded,
        aloud=aloud,
        tools=options.tools,
    )
    say(f"{reason} Going on in writing{', with spoken answers' if aloud is not None else ''}.")
    hold_typed(typed)
