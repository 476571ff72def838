"""`realtime-chat models`: list, pull and verify the local models."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from realtime_chat.cli.endings import ends_well
from realtime_chat.cli.options import JsonOption, QuietOption, VerboseOption
from realtime_chat.cli.terminal import say, write

app = typer.Typer(
    help="List, pull and verify the local models.\n\n"
    "They lie in the folder that REALTIME_CHAT_MODELS names, else in your cache.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAMES", help="Models, as `models list` names them.", show_default=False),
]


@app.command("list")
@ends_well
def list_models(as_json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """List the models, and which of them are on this machine."""
    from realtime_chat.server.models.manifest import DEFAULT, MODELS
    from realtime_chat.server.models.store import ModelStore, default_root

    store = ModelStore(default_root())
    for model in MODELS:
        status = store.status(model).value
        if as_json:
            row = {
                "type": "model",
                "name": model.name,
                "purpose": model.purpose.value,
                "status": status,
                "default": model in DEFAULT,
                "bytes": model.size,
                "licence": model.licence,
                "language": model.language,
                "origin": model.origin,
                "note": model.note,
            }
            write(json.dumps(row))
            continue
        size = f"{model.size / 1e6:.0f} MB"
        write(f"{model.purpose.value:9} {model.name:22} {size:>7}  {status:8} {model.licence:11} {model.language}")
        if model.note:
            write(f"{'':9} {model.note}")
    if not as_json:
        say(f"They lie in {store.root}")


@app.command(short_help="Download missing models.")
@ends_well
def pull(names: NamesArgument = None, quiet: QuietOption = False, verbose: VerboseOption = False) -> None:
    """Download models that are missing: those named, else all that a conversation needs."""
    from realtime_chat.cli.pulling import pull_models
    from realtime_chat.server.models.manifest import DEFAULT, find
    from realtime_chat.server.models.store import ModelStore, default_root

    models = [find(name) for name in names] if names else list(DEFAULT)
    store = ModelStore(default_root())
    pull_models(store, models, quiet=quiet)
    if not quiet:
        say(f"{', '.join(model.name for model in models)}: there, and right.")


@app.command(short_help="Hash model files.")
@ends_well
def verify(names: NamesArgument = None, quiet: QuietOption = False, verbose: VerboseOption = False) -> None:
    """Hash model files: those named, else all that are on this machine or that a conversation needs."""
    from realtime_chat.server.errors import ModelCorrupt, ModelMissing, ModelsWrong
    from realtime_chat.server.models.manifest import DEFAULT, MODELS, find
    from realtime_chat.server.models.store import ModelStore, Status, default_root

    store = ModelStore(default_root())
    whole = {Status.PRESENT, Status.CHANGED}
    needed = [model for model in MODELS if model in DEFAULT or store.status(model) in whole]
    wrong: list[ModelCorrupt | ModelMissing] = []
    for model in dict.fromkeys(find(name) for name in names) if names else needed:
        try:
            store.verify(model)
        except ModelMissing as error:
            wrong.append(error)
            found = "missing"
        except ModelCorrupt as error:
            wrong.append(error)
            found = f"wrong ({error.file})"
        else:
            found = "right"
        if not quiet:
            write(f"{model.name}: {found}")
    if len(wrong) > 1:
        raise ModelsWrong(tuple(error.model for error in wrong))
    if wrong:
        raise wrong[0]
