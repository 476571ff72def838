"""`realtime-chat config key`: store the keys of servers, and say where they are."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.options import JsonOption, VerboseOption
from realtime_chat.cli.terminal import say, write

app = typer.Typer(
    help="Store the keys of servers, and say where they are.\n\n"
    "They lie in the system's keyring where one works, else in a file that only you may read. A key in the "
    "environment (OPENAI_API_KEY, REALTIME_CHAT_LLM_KEY, REALTIME_CHAT_KEY …) goes before a stored one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

# Hidden, because Typer writes its Python type beside it; each command's text says what it is.
NameArgument = Annotated[str, typer.Argument(metavar="NAME", hidden=True)]


@app.command("set", short_help="Store a key.")
@ends_well
def set_(name: NameArgument = "openai", verbose: VerboseOption = False) -> None:
    """Store a key, which is asked for or read from standard input; never give it as an argument.

    NAME is openai, or llm, stt or tts for the endpoint of --llm-url, --stt-url or --tts-url, or the host of a server
    that --server names.
    """
    from realtime_chat.cli.config.key_entry import read_key
    from realtime_chat.cli.config.keystore import own_keys
    from realtime_chat.cli.credentials import key_name, origin_of, variable_of
    from realtime_chat.protocol.printable import one_line

    name = key_name(name)
    own_keys().put(name, read_key(name))
    say(one_line(f"The key {name} is stored in {origin_of(name, {})}."))
    if os.environ.get(variable_of(name), "").strip():
        say(f"{variable_of(name)} is set too, and goes first.")


@app.command(short_help="Forget a stored key.")
@ends_well
def remove(name: NameArgument = "openai", verbose: VerboseOption = False) -> None:
    """Forget a stored key. NAME is as for `config key set`."""
    from realtime_chat.cli.config.keystore import own_keys
    from realtime_chat.cli.credentials import key_name
    from realtime_chat.cli.errors import WrongUsage

    name = key_name(name)
    if not own_keys().remove(name):
        raise WrongUsage(f"No key {name!r} is stored: see `realtime-chat config key status`.")
    say(f"The key {name} is forgotten.")


@app.command(short_help="Say which keys there are.")
@ends_well
def status(as_json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """Say which keys there are and where; never the keys."""
    import json

    from realtime_chat.cli.config.key_listing import known_keys
    from realtime_chat.protocol.printable import one_line

    for key in known_keys(os.environ):
        if as_json:
            row = {"type": "key", "name": key.name, "variable": key.variable, "variable_set": key.is_in_environment}
            write(json.dumps(row | {"stored": key.stored.value if key.stored else None, "file": key.file}))
        else:
            write(one_line(str(key)))
