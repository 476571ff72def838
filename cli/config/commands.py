"""`realtime-chat config`: show and change what is configured."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from realtime_chat.cli.config import key_commands
from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.options import JsonOption, VerboseOption
from realtime_chat.cli.terminal import say, write

app = typer.Typer(
    help="Show and change what is configured.\n\n"
    "Every option of talk, text and serve can be set once and for all: in the config file, under its name with "
    "underscores (vad_level = 3), or in the environment (REALTIME_CHAT_VAD_LEVEL=3). The command line goes before the "
    "environment, that before a profile, and that before the rest of the file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(key_commands.app, name="key")

# Hidden, because Typer writes its Python type beside it; each command's text says what it is.
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", hidden=True)]
ValueArgument = Annotated[str, typer.Argument(metavar="VALUE", hidden=True)]
InProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="In this profile; the first value in it makes it.")
]
ForProfileOption = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="With this profile.")]


@app.command(short_help="Show each value and its source.")
@ends_well
def show(
    context: typer.Context,
    profile: ForProfileOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show what each command would use, and where each value comes from."""
    from realtime_chat.cli.config.key_showing import ShownKeys, shown_keys
    from realtime_chat.cli.config.mcp_showing import ShownServer, shown_servers
    from realtime_chat.cli.config.showing import effective_values
    from realtime_chat.protocol.printable import one_line

    others: list[ShownKeys | ShownServer] = []
    for number, (found, values) in enumerate(effective_values(context, profile)):
        others = [*shown_keys(found), *shown_servers(found)]  # the same for every command
        if as_json:
            if not number:
                file = {"path": str(found.path), "exists": found.path.exists(), "profile": found.profile or None}
                write(json.dumps({"type": "config", **file}))
            for value in values:
                origin = {"source": value.origin.source.value, "where": value.origin.where or None}
                row = {"type": "setting", "command": value.command, "key": value.key, "value": value.value}
                write(json.dumps(row | origin))
            continue
        if not number:
            is_there = "" if found.path.exists() else ", which is not there yet"
            say(one_line(f"Config file {found.path}{is_there}{'; profile ' * bool(found.profile)}{found.profile}"))
        for value in values:
            write(str(value))
    for other in others:
        write(json.dumps(other.row()) if as_json else str(other))


@app.command(short_help="Show where the file is.")
@ends_well
def path(verbose: VerboseOption = False) -> None:
    """Show where the config file is, or would be."""
    from realtime_chat.cli.config.places import config_file
    from realtime_chat.protocol.printable import clean

    write(clean(str(config_file())))


@app.command("set", short_help="Set a value in the file.")
@ends_well
def set_(
    context: typer.Context,
    key: KeyArgument,
    value: ValueArgument,
    profile: InProfileOption = None,
    verbose: VerboseOption = False,
) -> None:
    """Set a value in the config file, which keeps its comments.

    KEY is an option's name with underscores (voice), for one command with its name in front (talk.voice); or profile,
    the profile to use where none is named; or keys.ACTION, with the names of keys separated by spaces. An empty VALUE
    takes back what the rest of the file says.
    """
    from realtime_chat.cli.config.change import change_of
    from realtime_chat.cli.config.document import shown
    from realtime_chat.cli.config.writing import set_value

    change = change_of(context, key, value, profile)
    set_value(change.where, change.value)
    write(f"{change.name} = {shown(change.value)}")
    if change.hidden_by:
        say(f"{change.hidden_by} is set too, and goes first.")


@app.command(short_help="Take a value out of the file.")
@ends_well
def unset(
    context: typer.Context, key: KeyArgument, profile: InProfileOption = None, verbose: VerboseOption = False
) -> None:
    """Take a value, or a whole table, out of the config file.

    KEY is as for `config set`; or profiles.NAME, a whole profile.
    """
    from realtime_chat.cli.config.change import also_unset, place_of
    from realtime_chat.cli.config.places import config_file
    from realtime_chat.cli.config.writing import unset_value
    from realtime_chat.cli.errors import WrongUsage

    where = place_of(context, key, profile)
    chosen = also_unset(where)
    if not unset_value(where):
        raise WrongUsage(f"{'.'.join(where)!r} is not set in {str(config_file())!r}: see `realtime-chat config show`.")
    write(f"{'.'.join(where)} is not set any more")
    if chosen is not None and unset_value(chosen):
        write(f"{'.'.join(chosen)}, which named it, is not set any more")


@app.command(short_help="Open the file in your editor.")
@ends_well
def edit(context: typer.Context, verbose: VerboseOption = False) -> None:
    """Open the config file in the editor that VISUAL or EDITOR names, and check it afterwards."""
    from realtime_chat.cli.config.document import check_document, read_document
    from realtime_chat.cli.config.editing import edit_file
    from realtime_chat.cli.config.settings import vocabulary

    edit_file()
    check_document(read_document(), vocabulary(context.find_root().command), context)
