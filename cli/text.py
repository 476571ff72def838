"""`realtime-chat text`: a typed conversation."""

from __future__ import annotations

import os
from typing import Annotated

import typer

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
    ServerOption,
    SpeedOption,
    ToolSecondsOption,
    ToolsOption,
    VerboseOption,
    VoiceOption,
    VolumeOption,
    YesOption,
    instructions_of,
)
from realtime_chat.cli.terminal import show_waiting
from realtime_chat.cli.typing_echo import typing_echo

_OF_SPEECH = ("output", "voice", "speed", "volume")


@ends_well
def text(
    context: typer.Context,
    prompt: Annotated[str | None, typer.Argument(metavar="PROMPT", hidden=True)] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Each line of standard input is a turn, after PROMPT if one is given.")
    ] = False,
    speak: Annotated[bool, typer.Option("--speak", help="Answer aloud, too.")] = False,
    sink: Annotated[
        str | None,
        typer.Option("--output", metavar="DEVICE|FILE", help="The speaker of --speak: a device, or an audio file."),
    ] = None,
    force: ForceOption = False,
    voice: VoiceOption = None,
    speed: SpeedOption = None,
    volume: VolumeOption = 1.0,
    server: ServerOption = "auto",
    dialect: DialectOption = None,
    model: ModelOption = None,
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
    """Hold a typed conversation.

    PROMPT is the message; what is piped in comes after it, or is the message where there is none. The answer alone
    goes to standard output. On a terminal and without PROMPT, you are asked for one message after the other.
    """
    start_log(verbose=verbose)
    typing_echo.off()
    if not quiet:
        show_waiting("Starting…")  # what follows takes half a second to load
    from realtime_chat.cli.config.profile import configuration, is_given
    from realtime_chat.cli.embedded import EmbeddedOptions
    from realtime_chat.cli.errors import WrongUsage
    from realtime_chat.cli.target import announce, choose_target
    from realtime_chat.cli.tooling import ToolOptions, typed_servers
    from realtime_chat.cli.typed import Aloud, TypedOptions, hold_typed

    for key in () if speak else _OF_SPEECH:
        if is_given(context, key):
            raise WrongUsage(f"--{key} is for answers that are spoken: add --speak, or leave --{key} out.")
    target = choose_target(server, os.environ, model=model, llm_url=llm_url, llm_model=llm_model, dialect=dialect)
    announce(target, quiet=quiet)
    hold_typed(
        TypedOptions(
            target=target,
            prompt=prompt,
            lines=lines,
            instructions=instructions_of(instructions),
            as_json=as_json,
            embedded=EmbeddedOptions(
                target.local_model, llm_url, llm_model, speaks=speak, verbose=verbose, quiet=quiet
            ),
            tools=ToolOptions(
                tuple(tools or ()),
                typed_servers(mcp or (), configuration(context).mcp_servers()),
                tool_seconds,
                is_trusted=yes,
                is_quiet=quiet,
            ),
            aloud=Aloud(sink, voice, speed, volume, replaces=force) if speak else None,
        )
    )
