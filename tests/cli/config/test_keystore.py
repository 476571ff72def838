import json
import stat
import sys

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyrings_in_memory import Locked, Ring

from realtime_chat.cli.config.keystore import SERVICE, KeyStore, Place, own_keys, stored_key, system_keyring
from realtime_chat.cli.errors import KeyStoreFailed
from realtime_chat.cli.redaction import redact

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "keys.json"


def store_with(path, ring):
    return KeyStore(path, lambda: ring)


def test_a_keyring_keeps_the_key_and_the_file_its_name(path, ring):
    store = store_with(path, ring)
    assert store.put("openai", "sk-in-the-ring") is Place.KEYRING
    assert ring.kept == {(SERVICE, "openai"): "sk-in-the-ring"}
    assert "sk-in-the-ring" not in path.read_text()
    assert store.get("openai") == "sk-in-the-ring"
    assert store.places() == {"openai": Place.KEYRING}
    assert store.remove("openai")
    assert (ring.kept, store.places(), store.get("openai"), store.remove("openai")) == ({}, {}, None, False)


@posix
@pytest.mark.parametrize("broken", [None, Locked()])
def test_without_one_that_works_the_file_keeps_it_for_its_owner_alone(path, broken):
    path.parent.mkdir(mode=0o755)
    store = store_with(path, broken)
    assert store.put("openai", "sk-in-the-file") is Place.FILE
    assert store.put("example.org", "other-key") is Place.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (store.get("openai"), store.get("example.org"), store.get("llm")) == ("sk-in-the-file", "other-key", None)
    assert store.remove("openai")
    assert store.places() == {"example.org": Place.FILE}


def test_a_keyring_that_forgets_does_not_count(path):
    class Forgetful(Ring):
        def set_password(self, service, username, password):
            """Keep nothing, as the null keyring does."""

    assert store_with(path, Forgetful()).put("openai", "sk-12345") is Place.FILE


def test_the_keyring_is_opened_only_for_a_key_that_is_in_it(path):
    def never():
        raise AssertionError("nobody may open it")

    store_with(path, None).put("example.org", "other-key")
    store = KeyStore(path, never)
    assert store.get("openai") is None
    assert store.get("example.org") == "other-key"
    assert store.places() == {"example.org": Place.FILE}


def test_a_key_moves_from_the_one_place_to_the_other(path, ring):
    store_with(path, None).put("openai", "sk-first")
    store_with(path, ring).put("openai", "sk-second")
    assert "sk-first" not in path.read_text()

    class ReadOnly(Ring):
        def set_password(self, service, username, password):
            raise keyring.errors.PasswordSetError("read only")

    old = ReadOnly()
    old.kept = dict(ring.kept)
    assert store_with(path, old).put("openai", "sk-third") is Place.FILE
    assert old.kept == {}
    assert store_with(path, old).get("openai") == "sk-third"


@pytest.mark.parametrize("later", [None, Locked(), Ring()])
def test_a_keyring_that_works_no_more_is_one_sentence(path, ring, later):
    store_with(path, ring).put("openai", "sk-in-the-ring")
    store = store_with(path, later)
    with pytest.raises(KeyStoreFailed, match=r"'openai' is in the system's keyring .* config key set openai"):
        store.get("openai")
    assert store.remove("openai")
    assert store.places() == {}


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_may_read_is_not_used(path, mode):
    store = store_with(path, None)
    store.put("openai", "sk-12345")
    path.chmod(mode)
    for use in (store.places, lambda: store.get("openai"), lambda: store.put("x", "yyyy"), lambda: store.remove("x")):
        with pytest.raises(KeyStoreFailed, match="chmod 600"):
            use()
    assert "sk-12345" in path.read_text()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "nonsense", '{"openai": "sk"}', '{"openai": {"key": ""}}', '{"openai": {"key": 3}}', "[" * 9999],
)
def test_a_file_that_holds_something_else(path, content):
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(KeyStoreFailed, match="remove it"):
        store_with(path, None).places()


def test_a_place_that_takes_no_file(tmp_path):
    (tmp_path / "folder").write_text("a file where the folder would be")
    store = store_with(tmp_path / "folder" / "keys.json", None)
    with pytest.raises(KeyStoreFailed, match="folder"):
        store.put("openai", "sk-12345")


def test_keys_that_come_and_go_are_hidden(path, ring):
    store_with(path, ring).put("openai", "sk-put-and-hidden")
    ring.kept[SERVICE, "openai"] = "sk-got-and-hidden"
    store_with(path, ring).get("openai")
    assert redact("sk-put-and-hidden sk-got-and-hidden") == "[key] [key]"


def test_this_persons_keys(own_config):
    assert stored_key("openai") is None
    own_config.mkdir()
    (own_config / "keys.json").touch(mode=0o600)
    (own_config / "keys.json").write_text(json.dumps({"openai": {"key": "sk-of-this-person"}}))
    assert stored_key("openai") == "sk-of-this-person"
    assert own_keys().path == own_config / "keys.json"


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring(), keyring.backends.null.Keyring()])
def test_what_counts_as_a_keyring(backend, ring):
    before = keyring.get_keyring()
    try:
        keyring.set_keyring(backend)
        assert system_keyring() is None
        keyring.set_keyring(ring)
        assert system_keyring() is ring
    finally:
        keyring.set_keyring(before)


def test_without_the_library_there_is_no_keyring(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert system_keyring() is None
