import hashlib
import json
from pathlib import Path

import pytest
import typer
from program import Program

from realtime_chat.cli import models as commands
from realtime_chat.server.models import manifest
from realtime_chat.server.models.manifest import DEFAULT, MODELS, Model, ModelFile, Purpose

FIRST = MODELS[0]


def store_of(program: Program) -> Path:
    return Path(program.env["REALTIME_CHAT_MODELS"])


def put_wrong_files(program: Program, *models: Model) -> None:
    for model in models:
        folder = store_of(program) / model.name
        folder.mkdir(parents=True)
        for file in model.files:
            (folder / file.name).write_bytes(b"not the model")


def test_every_model_is_listed(program: Program):
    done = program("models", "list")
    lines = done.stdout.decode().splitlines()
    assert [line for model in MODELS for line in lines if model.name in line and "missing" in line]
    assert str(store_of(program)) in done.stderr.decode()


def test_the_list_as_json(program: Program):
    rows = [json.loads(line) for line in program("models", "list", "--json").stdout.splitlines()]
    assert [row["name"] for row in rows] == [model.name for model in MODELS]
    assert [row["name"] for row in rows if row["default"]] == [model.name for model in DEFAULT]
    assert {row["type"] for row in rows} == {"model"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_file_with_the_wrong_hash(program: Program, model: Model):
    put_wrong_files(program, model)
    done = program("models", "verify", model.name)
    assert done.returncode == 1
    assert b"is not the file it should be" in done.stderr
    assert f"`realtime-chat models pull {model.name}`" in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_every_wrong_model_is_named(program: Program):
    other = next(model for model in MODELS if model not in DEFAULT)
    put_wrong_files(program, DEFAULT[1], other)
    done = program("models", "verify")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        f"{DEFAULT[0].name}: missing",
        f"{DEFAULT[1].name}: wrong ({DEFAULT[1].files[0].name})",
        f"{DEFAULT[2].name}: missing",
        f"{other.name}: wrong ({other.files[0].name})",
    ]
    names = [*(model.name for model in DEFAULT), other.name]
    assert done.stderr.decode().splitlines() == [
        f"Not there, or not right: {', '.join(names)}: run `realtime-chat models pull {' '.join(names)}`."
    ]
    assert program("models", "verify", "--quiet").stdout == b""


def test_nothing_to_verify(program: Program):
    done = program("models", "verify", FIRST.name)
    assert done.returncode == 1
    assert b"models pull" in done.stderr


def tiny(name: str) -> Model:
    file = ModelFile("weights.bin", len(name), hashlib.sha256(name.encode()).hexdigest(), ())
    return Model(name, Purpose.THINKING, "MIT", "en", "", (file,))


@pytest.fixture
def small_models(monkeypatch, tmp_path):
    """Two models that a conversation needs and one that it does not, all there."""
    models = tuple(map(tiny, ("first", "second", "third")))
    monkeypatch.setattr(manifest, "MODELS", models)
    monkeypatch.setattr(manifest, "DEFAULT", models[:2])
    monkeypatch.setattr(manifest.find, "__defaults__", (models,))
    monkeypatch.setenv("REALTIME_CHAT_MODELS", str(tmp_path))
    for model in models:
        (tmp_path / model.name).mkdir()
        (tmp_path / model.name / "weights.bin").write_text(model.name)
    return tmp_path


def test_right_models(small_models, capsys):
    commands.verify()
    assert capsys.readouterr().out == "first: right\nsecond: right\nthird: right\n"
    commands.verify(["third", "third"])
    assert capsys.readouterr().out == "third: right\n"


def test_a_needed_model_that_was_deleted_is_missing(small_models, capsys):
    (small_models / "second" / "weights.bin").unlink()
    with pytest.raises(typer.Exit) as caught:
        commands.verify()
    assert caught.value.exit_code == 1
    said = capsys.readouterr()
    assert said.out == "first: right\nsecond: missing\nthird: right\n"
    assert "`realtime-chat models pull second`" in said.err


def test_another_model_that_was_deleted_is_not_missed(small_models, capsys):
    (small_models / "third" / "weights.bin").unlink()
    commands.verify()
    assert capsys.readouterr().out == "first: right\nsecond: right\n"


@pytest.mark.parametrize("command", ["pull", "verify"])
def test_a_model_that_nobody_knows(program: Program, command):
    done = program("models", command, "no-such-model")
    assert done.returncode == 1
    assert FIRST.name.encode() in done.stderr


def test_a_store_that_cannot_be_written(program: Program, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    done = program("models", "pull", REALTIME_CHAT_MODELS=str(tmp_path / "file"))
    assert done.returncode == 1
    assert b"Cannot write models" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.engines
def test_the_real_models_are_right_and_need_no_pulling(program: Program, monkeypatch):
    monkeypatch.undo()
    from realtime_chat.server.models.store import default_root

    real = {"REALTIME_CHAT_MODELS": str(default_root())}
    assert program("models", "verify", **real).returncode == 0
    done = program("models", "pull", **real)
    assert done.returncode == 0
    assert b"there, and right" in done.stderr
    assert program("models", "pull", "--quiet", **real).stderr == b""
