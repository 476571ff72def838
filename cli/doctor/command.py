"""`realtime-chat doctor`: the command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from realtime_chat.cli.config.profile import Configuration, configure
from realtime_chat.cli.endings import Exit, ends_well
from realtime_chat.cli.errors import BadConfig
from realtime_chat.cli.logs import start_log
from realtime_chat.cli.options import (
    DialectOption,
    JsonOption,
    LlmModelOption,
    LlmUrlOption,
    ModelOption,
    ServerOption,
    VerboseOption,
)


def _configure_like_talk(context: typer.Context, value: str | None) -> str | None:
    """Lay what is configured for a spoken conversation under the options: that is what the doctor is asked about.

    What is wrong with it is kept for the doctor to say, beside all the rest.
    """
    if not context.resilient_parsing:
        try:
            configure(context, value, "talk", "doctor")
        except BadConfig as error:
            context.obj = error
    return value


LikeTalkOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A profile of the config file; see `config --help`.",
        callback=_configure_like_talk,
        is_eager=True,
    ),
]


@ends_well
def doctor(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Option("--input", metavar="DEVICE", help="The microphone: its number, or a part of its name.")
    ] = None,
    sink: Annotated[str | None, typer.Option("--output", metavar="DEVICE", help="The speaker, likewise.")] = None,
    no_sound: Annotated[
        bool, typer.Option("--no-sound", help="Leave sound out, as on a server that has none.")
    ] = False,
    no_chirp: Annotated[
        bool, typer.Option("--no-chirp", help="Play no sound: leave out whether the microphone hears the speaker.")
    ] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Hash the files of the models, too.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="FILE.zip", help="Also write a report without anything private, to send."),
    ] = None,
    server: ServerOption = "auto",
    dialect: DialectOption = None,
    model: ModelOption = None,
    llm_url: LlmUrlOption = None,
    llm_model: LlmModelOption = None,
    profile: LikeTalkOption = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Say what works here, what does not, and what to do about it.

    It looks at the program, the terminal, the models, each sound device (with a short, quiet chirp), and connects to
    the server. The exit code is 1 where something failed.
    """
    start_log(verbose=verbose)
    from realtime_chat.cli.doctor.bundle import check_place, hosts_of, members_of, stored_names, write_bundle, written
    from realtime_chat.cli.doctor.plan import Examination, Scope
    from realtime_chat.cli.doctor.report import Report
    from realtime_chat.cli.doctor.scrub import owners, private_hosts, this_machine
    from realtime_chat.cli.run import run
    from realtime_chat.cli.terminal import say

    if bundle is not None:
        check_place(bundle)
    scope = Scope(
        source=source,
        sink=sink,
        has_sound=not no_sound,
        is_heard=not no_chirp,
        is_thorough=thorough,
        server=server,
        model=model,
        llm_url=llm_url,
        llm_model=llm_model,
        dialect=dialect,
        verbose=verbose,
        configuration=context.find_object(Configuration) or context.find_object(BadConfig),
    )
    examination = Examination(scope, os.environ)
    report = Report(sys.stdout, as_json=as_json)
    run(examination.run(report.take))
    if not as_json:
        say(report.summary())
    if bundle is not None:
        people = owners(device.name for device in examination.devices)
        config = written()
        hosts = private_hosts(examination.address or server, llm_url) | hosts_of(config, os.environ, stored_names())
        scrubber = this_machine(also=people | hosts)
        members = members_of(report.findings, examination.devices, config, os.environ, scrubber)
        write_bundle(bundle, members)
        say(f"{str(bundle)!r} holds {', '.join(members)}: keys and names were taken out, but look through it first.")
    if report.has_failed:
        raise typer.Exit(Exit.FAILED)
