import hashlib
from pathlib import Path

import pytest

from realtime_chat.cli.doctor.finding import Verdict
from realtime_chat.cli.doctor.local_models import judge_disk, look_at_disk, look_at_models
from realtime_chat.server.models.manifest import Address, Model, ModelFile, Purpose
from realtime_chat.server.models.store import ModelStore

CONTENT = b"weights"
FILE = ModelFile("weights.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), (Address("https://example.org/w"),))
MODEL = Model("tiny", Purpose.THINKING, "MIT", "en", "https://example.org", (FILE,))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", [MODEL])


def put(store: ModelStore, content: bytes = CONTENT) -> Path:
    path = store.path(MODEL, FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def look(store: ModelStore, *, is_needed: bool = True, is_thorough: bool = False):
    (finding,) = look_at_models(store, [MODEL], is_needed=is_needed, is_thorough=is_thorough)
    return finding


def test_a_model_that_is_missing(store: ModelStore):
    needed, spare = look(store), look(store, is_needed=False)
    assert (needed.verdict, spare.verdict) == (Verdict.FAIL, Verdict.SKIP)
    assert needed.what == "is not on this machine, and thinking needs it"
    assert "realtime-chat models pull tiny" in needed.todo


def test_a_model_of_which_a_part_is_here(store: ModelStore):
    put(store).replace(store.part(MODEL, FILE))
    assert look(store).what.startswith("is here in part only")


def test_a_model_that_is_right_is_not_hashed_again(store: ModelStore):
    put(store)
    assert look(store).verdict is Verdict.OK  # never checked before: it is hashed
    path = store.path(MODEL, FILE)
    before = path.stat()
    path.write_bytes(b"wrights")
    import os

    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert look(store).verdict is Verdict.OK
    thorough = look(store, is_thorough=True)
    assert thorough.verdict is Verdict.FAIL
    assert "weights.bin" in thorough.what
    assert "models pull tiny" in thorough.todo


def test_a_thorough_look_says_so(store: ModelStore):
    put(store)
    assert look(store, is_thorough=True).what == "is here, every hash is right"


def test_a_model_that_is_wrong(store: ModelStore):
    put(store, b"other")
    assert look(store).verdict is Verdict.FAIL
    assert look(store, is_needed=False).verdict is Verdict.WARN


def test_the_disk_of_a_folder_that_is_not_there_yet(store: ModelStore):
    (finding,) = look_at_disk(store, [MODEL])
    assert str(store.root) in finding.what
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("free", "missing", "verdict", "word"),
    [
        (5 * 10**9, 200 * 10**6, Verdict.OK, "5.0 GB free"),
        (
            250 * 10**6,
            200 * 10**6,
            Verdict.FAIL,
            "only 250 MB free for the models in here, and 200 MB are still to come",
        ),
        (50 * 10**6, 0, Verdict.WARN, "only 50 MB"),
    ],
)
def test_room(free: int, missing: int, verdict: Verdict, word: str):
    finding = judge_disk(free, missing, "here")
    assert finding.verdict is verdict
    assert word in finding.what
    assert bool(finding.todo) is (verdict is not Verdict.OK)
