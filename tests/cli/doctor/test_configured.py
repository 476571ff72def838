from pathlib import Path

from realtime_chat.cli.config.keystore import KeyStore
from realtime_chat.cli.config.layers import Said
from realtime_chat.cli.config.profile import Configuration
from realtime_chat.cli.doctor.configured import judge_config, look_at_keys
from realtime_chat.cli.doctor.finding import Verdict
from realtime_chat.cli.errors import BadConfig


def test_no_file(tmp_path: Path):
    finding = judge_config(tmp_path / "config.toml", None)
    assert finding.verdict is Verdict.OK
    assert "there is none" in finding.what


def test_a_file(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.touch()
    finding = judge_config(path, Configuration(path, "work", {}, {"server": Said("local", "profiles.work")}))
    assert finding.verdict is Verdict.OK
    assert finding.what.endswith("with the profile 'work' sets server")
    assert judge_config(path, Configuration(path)).what.endswith("sets nothing")


def test_a_file_that_is_wrong(tmp_path: Path):
    finding = judge_config(tmp_path / "config.toml", BadConfig("It is wrong: mend it."))
    assert (finding.verdict, finding.what) == (Verdict.FAIL, "It is wrong: mend it.")
    assert finding.todo


def test_a_file_with_keys_that_cannot_be(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.touch()
    assert judge_config(path, Configuration(path, keys={"no-such-action": "x"})).verdict is Verdict.FAIL


def test_stored_keys(tmp_path: Path):
    store = KeyStore(tmp_path / "keys.json", keyring=lambda: None)
    assert [finding.what for finding in look_at_keys(store)] == ["none"]
    store.put("openai", "sk-secret-secret")
    (finding,) = look_at_keys(store)
    assert (finding.verdict, finding.what) == (Verdict.OK, "openai (file)")
    store.path.chmod(0o644)
    (finding,) = look_at_keys(store)
    assert finding.verdict is Verdict.FAIL
    assert "chmod 600" in finding.todo
