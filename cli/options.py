"""The options that several commands share, each defined once."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from realtime_chat.cli.config.precedence import gives_way_to
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.presets import PRESETS


class Dialects(StrEnum):
    """What a server may speak: the names of the table in `realtime_chat.protocol.dialects.table`."""

    GA = "ga"
    BETA = "beta"
    CONVERSATION = "conversation"


def _python_files(context: typer.Context, option: typer.CallbackParam, files: list[Path] | None) -> list[Path] | None:
    """Leave out the empty parts of a variable that is written like PATH; each would be the folder one is in.

    Raises:
        WrongUsage: What was typed is empty.
    """
    source = getattr(context.get_parameter_source(option.name or ""), "name", "")
    if source == "COMMANDLINE" and Path() in (files or ()):
        raise WrongUsage("--tools takes a Python file such as tools.py, and neither an empty name nor a folder.")
    if source != "ENVIRONMENT" or not files:
        return files
    parts = os.environ.get(str(option.envvar), "").split(os.pathsep)
    return [file for file, part in zip(files, parts, strict=True) if part]


ServerOption = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="auto|local|openai|VENDOR|URL",
        help="Who answers: OpenAI, the embedded server (local), a Realtime server's URL, or a vendor's, all untested: "
        f"{', '.join(preset.name for preset in PRESETS)}. "
        "auto is OpenAI where OPENAI_API_KEY or a stored key is, else local.",
    ),
]
DialectOption = Annotated[
    Dialects | None,
    typer.Option(
        "--dialect",
        help="What the server speaks: OpenAI's protocol as it is (ga), as it was in its beta, or as an old text has it "
        "(conversation). Without it, what the vendor speaks, else ga.",
        show_default=False,
    ),
]
LocalModelOption = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="The local model that thinks; see `models list`.")
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model that answers: the server's, or one of `models list`."),
]
VoiceOption = Annotated[str | None, typer.Option("--voice", metavar="NAME", help="The voice that answers.")]
InstructionsOption = Annotated[
    str | None,
    typer.Option("--instructions", metavar="TEXT|@FILE", help="What the model is told before the conversation."),
]
LlmUrlOption = Annotated[
    str | None,
    typer.Option(
        "--llm-url",
        metavar="URL",
        help="Let the embedded server think with an OpenAI-compatible endpoint (Ollama, vLLM, llama-server …) "
        "instead of its own small model. Its key, if it needs one: REALTIME_CHAT_LLM_KEY.",
        callback=gives_way_to("server", but=("auto", "local")),
    ),
]
LlmModelOption = Annotated[
    str | None,
    typer.Option(
        "--llm-model",
        metavar="NAME",
        help="The model of that endpoint.",
        callback=gives_way_to("server", but=("auto", "local")),
    ),
]
SpeedOption = Annotated[
    float | None,
    typer.Option(
        "--speed", metavar="FACTOR", min=0.25, max=1.5, help="How fast the voice speaks; 1 is its usual pace."
    ),
]
VolumeOption = Annotated[
    float,
    typer.Option("--volume", metavar="FACTOR", min=0.0, max=1.5, help="How loud the voice is; 1 is as it comes."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Let --output write over a file that is there already.")]
RecordOption = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE.wav", help="Record both sides: you on the left, the model on the right."),
]
ToolsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--tools",
        metavar="FILE.py",
        help="Let the model call the functions of this file; see docs/tools.md. May be given several times.",
        callback=_python_files,
        show_default=False,
    ),
]
McpOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mcp",
        metavar="COMMAND|URL",
        help="Let the model call the tools of this MCP server. May be given several times.",
        show_default=False,
    ),
]
ToolSecondsOption = Annotated[
    float,
    typer.Option("--tool-seconds", metavar="SECONDS", min=1.0, max=600.0, help="How long a call of a tool may take."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Let tools that change something be called without asking you.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON Lines to standard output.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing but answers and errors.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Write a log to standard error.")]


LONGEST_INSTRUCTIONS = 1_000_000
"""Bytes of a file with instructions; more is a mistake, such as a device or a recording."""


class Engines(StrEnum):
    """Which engines the embedded server runs."""

    REAL = "real"
    SCRIPTED = "scripted"


class Turns(StrEnum):
    """Who says that a turn is over."""

    LOCAL = "local"
    SERVER = "server"
    SEMANTIC = "semantic"
    TAP = "tap"
    HOLD = "hold"


def instructions_of(option: str | None) -> str | None:
    """Give the instructions that ``--instructions`` names: its text, or the content of ``@FILE``.

    Raises:
        WrongUsage: The file cannot be read as text, or is too long.
    """
    if option is None or not option.startswith("@"):
        return option
    path = Path(option[1:])
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(LONGEST_INSTRUCTIONS + 1)
    except RuntimeError as error:
        raise WrongUsage(f"Cannot read the instructions in {str(path)!r}: nobody knows that home folder.") from error
    except OSError as error:
        raise WrongUsage(f"Cannot read the instructions in {str(path)!r}: {error.strerror or error}.") from error
    if len(content) > LONGEST_INSTRUCTIONS:
        raise WrongUsage(
            f"The instructions in {str(path)!r} are longer than {LONGEST_INSTRUCTIONS // 1_000_000} MB: give a shorter "
            "file."
        )
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise WrongUsage(f"The instructions in {str(path)!r} are not UTF-8 text.") from error
