"""A program with a few options, its config file, and a keyring in memory."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from keyrings_in_memory import Ring

from realtime_chat.cli.config import commands
from realtime_chat.cli.config.precedence import gives_way_to
from realtime_chat.cli.config.profile import ProfileOption, configuration, is_given


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture
def ring() -> Ring:
    return Ring()


@pytest.fixture
def seen() -> dict[str, Any]:
    """What a command of `program` got, and what it was told."""
    return {}


@pytest.fixture
def program(seen: dict[str, Any]) -> typer.Typer:
    """A program with two commands that can be configured, and one that cannot."""
    app = typer.Typer(rich_markup_mode=None)

    @app.callback()
    def root(profile: Annotated[str | None, typer.Option("--profile")] = None) -> None:
        """Hold the shared option."""

    @app.command()
    def paint(
        context: typer.Context,
        source: Annotated[str | None, typer.Option("--input")] = None,
        colour: Colour = Colour.RED,
        width: Annotated[int, typer.Option("--line-width", "-w", min=1, max=9)] = 2,
        speed: float = 1.0,
        is_dry: Annotated[bool, typer.Option("--dry")] = False,
        echo: Annotated[bool, typer.Option("--echo/--no-echo")] = True,
        folder: Path | None = None,
        varnish: Annotated[str | None, typer.Option(callback=gives_way_to("colour", but=("red",)))] = None,
        profile: ProfileOption = None,
    ) -> None:
        values = {"source": source, "colour": colour, "width": width, "speed": speed, "dry": is_dry, "echo": echo}
        found = configuration(context)
        typed = {key for key in found.settings if is_given(context, key)}
        seen.update(
            values,
            varnish=varnish,
            folder=folder,
            profile=found.profile,
            keys=dict(found.keys),
            typed=typed,
            found=found,
        )

    @app.command()
    def hang(where: Annotated[str, typer.Option("--where")] = "wall", profile: ProfileOption = None) -> None:
        seen.update(where=where)

    @app.command()
    def sell() -> None:
        """Nothing to configure."""

    app.add_typer(commands.app, name="config")
    return app


@pytest.fixture
def context(program: typer.Typer) -> typer.Context:
    """The context of the program itself."""
    made = typer.main.get_command(program).make_context("program", ["sell"])
    assert isinstance(made, typer.main.get_command(program).context_class)
    return made


@pytest.fixture
def config(own_config: Path) -> Callable[[str], Path]:
    """Writes the config file."""

    def write(text: str) -> Path:
        own_config.mkdir(exist_ok=True)
        path = own_config / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run(program: typer.Typer) -> Callable[..., Any]:
    """Runs the program to its end; errors come through."""

    def call(*arguments: str) -> None:
        typer.main.get_command(program).main([*arguments], prog_name="program", standalone_mode=False)

    return call
