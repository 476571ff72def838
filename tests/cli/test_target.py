import pytest

from realtime_chat.cli.errors import NoKey, WrongUsage
from realtime_chat.cli.target import (
    OPENAI_MODEL,
    Kind,
    choose_target,
)

KEY = {"OPENAI_API_KEY": " sk-secret \n"}


def test_auto_is_openai_where_a_key_is_set():
    target = choose_target("auto", KEY)
    assert (target.kind, target.key, target.model) == (Kind.OPENAI, "sk-secret", OPENAI_MODEL)


@pytest.mark.parametrize("environment", [{}, {"OPENAI_API_KEY": ""}, {"OPENAI_API_KEY": " \t"}])
def test_auto_is_the_embedded_server_where_none_is(environment):
    target = choose_target("auto", environment)
    assert (target.kind, target.key, target.address) == (Kind.EMBEDDED, None, "")


def test_an_endpoint_that_thinks_means_the_embedded_server():
    assert choose_target("auto", KEY, llm_url="http://localhost:11434/v1", llm_model="x").kind is Kind.EMBEDDED


def test_openai_without_a_key():
    with pytest.raises(NoKey, match="OPENAI_API_KEY"):
        choose_target("openai", {"OPENAI_API_KEY": "  "})


def test_openais_key_goes_to_openai_only():
    target = choose_target("https://example.org/v1", KEY)
    assert target.kind is Kind.URL
    assert target.key is None
    assert choose_target("https://example.org/v1", KEY | {"REALTIME_CHAT_KEY": "own"}).key == "own"
    assert choose_target("https://api.openai.com/v1", KEY).key == "sk-secret"
    assert choose_target("http://api.openai.com/v1", KEY).key is None
    assert choose_target("https://api.openai.com.example.org/v1", KEY).key is None


@pytest.mark.parametrize("url", ["nonsense", "ftp://host/", "http://", "http://ho st/", "http://h:99999/", "http://["])
def test_what_is_no_server(url):
    with pytest.raises(WrongUsage, match="--server"):
        choose_target(url, {})


@pytest.mark.parametrize(
    "options",
    [
        {"llm_model": "x"},
        {"llm_url": "ws://host/v1"},
        {"llm_url": "http://host/v1", "server": "openai"},
        {"llm_url": "http://host/v1", "server": "http://other/v1"},
    ],
)
def test_what_does_not_go_together(options):
    with pytest.raises(WrongUsage, match="--llm-"):
        choose_target(options.pop("server", "local"), KEY, **options)


def test_a_stored_key_serves_where_the_environment_has_none():
    stored = {"openai": "sk-stored", "example.org": "own-key", "127.0.0.1": "local-key"}.get
    assert choose_target("auto", {}, stored=stored).key == "sk-stored"
    assert choose_target("openai", {"OPENAI_API_KEY": " "}, stored=stored).key == "sk-stored"
    assert choose_target("openai", KEY, stored=stored).key == "sk-secret"
    assert choose_target("wss://Example.ORG:8443/v1", {}, stored=stored).key == "own-key"
    assert choose_target("https://example.org.evil.example/v1", {}, stored=stored).key is None
    assert choose_target("http://127.0.0.1:8080/v1", {}, stored=stored).key == "local-key"


@pytest.mark.parametrize(
    "url", ["http://api.openai.com/v1", "ws://api.openai.com/v1", "http://openai/v1", "https://llm/"]
)
def test_a_stored_key_goes_nowhere_else(url):
    assert choose_target(url, {}, stored=lambda name: f"the key of {name}").key is None


@pytest.mark.parametrize("options", [{"server": "local"}, {"server": "auto", "llm_url": "http://h/v1"}])
def test_nobody_looks_for_a_key_that_is_not_needed(options):
    def never(_name):
        raise AssertionError("a keyring may ask for a password")

    assert choose_target(options.pop("server"), {}, stored=never, **options).kind is Kind.EMBEDDED


def test_no_key_in_what_python_shows():
    assert "secret" not in repr(choose_target("auto", KEY))
