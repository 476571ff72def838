import pytest

from realtime_chat.server.cluster.settings import Settings, server_key
from realtime_chat.server.engines.endpoint import EndpointThinking
from realtime_chat.server.engines.remote_hearing import RemoteHearing
from realtime_chat.server.engines.scripted import ScriptedSpeaking
from realtime_chat.server.errors import ClusterArgument, KeyNeeded, KeyUnfit


def test_arguments_come_as_words_or_as_they_are():
    assert Settings.read({}) == Settings()
    typed = Settings.read({"engines": "scripted", "max_sessions": "7"})
    assert typed == Settings.read({"engines": "scripted", "max_sessions": 7})
    assert typed.max_sessions == 7


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"colour": "red"}, "colour"),
        ({"engines": "imagined"}, "engines"),
        ({"max_sessions": "many"}, "max_sessions"),
        ({"max_sessions": 0}, "max_sessions"),
        ({"max_sessions": -1}, "max_sessions"),
    ],
)
def test_what_cannot_be_is_said(arguments, name):
    with pytest.raises(ClusterArgument) as caught:
        Settings.read(arguments)
    assert caught.value.name == name


async def test_what_runs_elsewhere_gets_its_key_from_the_environment(monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_STT_KEY", "sk-ears")
    settings = Settings.read({"engines": "scripted", "stt_url": "http://h/v1", "llm_url": "http://h/v1"})
    assert "sk-ears" not in repr(settings)
    engines = settings.engine_set()
    hearing, thinking = await engines.hearing(), await engines.thinking()
    assert isinstance(hearing, RemoteHearing)
    assert hearing._api.client.headers["authorization"] == "Bearer sk-ears"
    assert isinstance(thinking, EndpointThinking)
    assert isinstance(await engines.speaking(), ScriptedSpeaking)
    await engines.aclose()


def test_nobody_serves_a_cluster_without_a_key(monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_SERVER_KEY", " the-key-of-this-cluster ")
    assert server_key() == "the-key-of-this-cluster"
    monkeypatch.setenv("REALTIME_CHAT_SERVER_KEY", "a")
    with pytest.raises(KeyUnfit, match="REALTIME_CHAT_SERVER_KEY"):
        server_key()
    monkeypatch.setenv("REALTIME_CHAT_SERVER_KEY", " ")
    with pytest.raises(KeyNeeded):
        server_key()
