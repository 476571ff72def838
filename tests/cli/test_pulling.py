import io
import sys

import pytest

from realtime_chat.cli import pulling
from realtime_chat.cli.errors import ModelsDeclined, ModelsNeeded, WrongUsage
from realtime_chat.cli.pulling import SPOKEN, TYPED, ensure_models
from realtime_chat.cli.serving import own_models
from realtime_chat.server.errors import ModelUnknown
from realtime_chat.server.models.manifest import DEFAULT, Purpose


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def pulled(tmp_path, monkeypatch):
    """The models that were asked for; nothing is downloaded."""
    monkeypatch.setenv("REALTIME_CHAT_MODELS", str(tmp_path))
    taken = []
    monkeypatch.setattr(pulling, "pull_models", lambda _store, models: taken.extend(models))
    return taken


def answer(monkeypatch, text):
    asked = Tty()
    monkeypatch.setattr(sys, "stdin", Tty(text))
    monkeypatch.setattr(sys, "stderr", asked)
    return asked


@pytest.mark.parametrize("text", ["\n", "y\n", "Yes\n", " y"])
def test_who_is_asked_may_say_yes(pulled, monkeypatch, text):
    asked = answer(monkeypatch, text)
    ensure_models(own_models(SPOKEN, None, thinks_elsewhere=False))
    assert tuple(pulled) == DEFAULT
    assert asked.getvalue() == "Download 206 MB of models (hearing, thinking, speaking) now? [Y/n] "


@pytest.mark.parametrize("text", ["n\n", "no\n", "what?\n", ""])
def test_or_no(pulled, monkeypatch, text):
    answer(monkeypatch, text)
    with pytest.raises(ModelsDeclined):
        ensure_models(own_models(SPOKEN, None, thinks_elsewhere=False))
    assert pulled == []


def test_a_typed_conversation_needs_no_voice(pulled, monkeypatch):
    answer(monkeypatch, "\n")
    ensure_models(own_models(TYPED, None, thinks_elsewhere=False))
    assert [model.purpose for model in pulled] == [Purpose.THINKING]


def test_another_model_may_think():
    models = own_models(SPOKEN, "qwen3-0.6b", thinks_elsewhere=False)
    assert [model.name for model in models] == ["moonshine-tiny-en", "qwen3-0.6b", "piper-en-us-joe"]
    with pytest.raises(WrongUsage, match=r"smollm2-135m-instruct, qwen3-0\.6b"):
        own_models(SPOKEN, "piper-en-us-joe", thinks_elsewhere=False)
    with pytest.raises(ModelUnknown):
        own_models(SPOKEN, "gpt-5", thinks_elsewhere=False)


def test_without_a_terminal_nobody_is_asked(pulled, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(ModelsNeeded, match="models pull"):
        ensure_models(own_models(TYPED, None, thinks_elsewhere=False))
    assert pulled == []


def test_what_needs_no_model_asks_nothing(pulled):
    ensure_models(own_models(TYPED, None, thinks_elsewhere=True))
    assert pulled == []
