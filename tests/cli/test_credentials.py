import pytest

from realtime_chat.cli.config.keystore import KeyStore, Place
from realtime_chat.cli.credentials import key_for, key_name, name_of_address, origin_of, variable_of
from realtime_chat.cli.errors import KeyStoreFailed, WrongUsage


def never(_name):
    raise AssertionError("nobody may look")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("openai", "openai"),
        (" LLM ", "llm"),
        ("stt", "stt"),
        ("api.openai.com", "openai"),
        ("https://api.openai.com/v1", "openai"),
        ("wss://Example.org:8443/v1", "example.org"),
        ("my_host", "my_host"),
        ("http://[::1]:8080/", "::1"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_the_name_of_a_key(given, name):
    assert key_name(given) == name


@pytest.mark.parametrize("given", ["", "-x", "a b", "a/b", "x" * 300, "http://", "http://[", "\x1b[31m"])
def test_what_names_no_key(given):
    with pytest.raises(WrongUsage, match="names no key"):
        key_name(given)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("wss://api.openai.com/v1/realtime", "openai"),
        ("ws://127.0.0.1:8080/v1", "127.0.0.1"),
        ("https://api.openai.com.example.org/v1", "api.openai.com.example.org"),
        ("http://openai/v1", None),
        ("http://llm:8080/v1", None),
        ("nonsense", None),
        ("http://[", None),
    ],
)
def test_which_key_a_server_gets(address, name):
    assert name_of_address(address) == name


def test_the_environment_goes_first_and_nobody_looks_further():
    assert key_for("openai", {"OPENAI_API_KEY": " sk-x\n"}, never) == "sk-x"
    assert key_for("example.org", {"REALTIME_CHAT_KEY": "other"}, never) == "other"
    assert key_for(None, {}, never) is None
    assert (
        key_for("llm", {"OPENAI_API_KEY": "sk-x", "REALTIME_CHAT_KEY": "y"}, lambda name: f"stored {name}")
        == "stored llm"
    )
    assert key_for("openai", {"OPENAI_API_KEY": "  "}, lambda _name: "stored") == "stored"


def test_every_key_has_its_variable():
    assert [variable_of(name) for name in ("openai", "llm", "stt", "tts", "example.org")] == [
        "OPENAI_API_KEY",
        "REALTIME_CHAT_LLM_KEY",
        "REALTIME_CHAT_STT_KEY",
        "REALTIME_CHAT_TTS_KEY",
        "REALTIME_CHAT_KEY",
    ]


def test_where_a_key_comes_from(tmp_path):
    store = KeyStore(tmp_path / "keys.json", lambda: None)
    assert origin_of("openai", {}, store) is None
    assert origin_of(None, {}, store) is None
    assert store.put("openai", "sk-12345") is Place.FILE
    stored = origin_of("openai", {"OPENAI_API_KEY": " "}, store)
    assert stored is not None
    assert str(stored) == repr(str(tmp_path / "keys.json"))
    assert stored.step == "store a valid one with `realtime-chat config key set openai`"
    first = origin_of("openai", {"OPENAI_API_KEY": "sk-x"}, store)
    assert (str(first), first and first.step) == ("OPENAI_API_KEY", "set OPENAI_API_KEY to a valid key")


def test_a_key_in_the_keyring_is_said_to_be_there(tmp_path):
    from keyrings_in_memory import Ring

    store = KeyStore(tmp_path / "keys.json", Ring)
    (tmp_path / "keys.json").touch(mode=0o600)
    (tmp_path / "keys.json").write_text('{"openai": {"keyring": true}}')
    assert str(origin_of("openai", {}, store)) == "the system's keyring"
    with pytest.raises(KeyStoreFailed):
        key_for("openai", {}, store.get)


def test_keys_that_cannot_be_read_come_from_nowhere(tmp_path):
    (tmp_path / "keys.json").write_text("nonsense")
    assert origin_of("openai", {}, KeyStore(tmp_path / "keys.json", lambda: None)) is None
