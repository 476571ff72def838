import json
from pathlib import Path

import pytest
from program import Program

from realtime_chat.server.models.manifest import DEFAULT, MODELS

FIRST = MODELS[0]


def store_of(program: Program) -> Path:
    return Path(program.env["REALTIME_CHAT_MODELS"])


def put_wrong_files(program: Program) -> None:
    folder = store_of(program) / FIRST.name
    folder.mkdir(parents=True)
    for file in FIRST.files:
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


def test_a_file_with_the_wrong_hash(program: Program):
    put_wrong_files(program)
    done = program("models", "verify")
    assert done.returncode == 1
    assert b"is not the file it should be" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_nothing_to_verify(program: Program):
    done = program("models", "verify", FIRST.name)
    assert done.returncode == 1
    assert b"models pull" in done.stderr


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
