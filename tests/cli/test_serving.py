import pytest

from realtime_chat.cli.embedded import EmbeddedOptions
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.pulling import SPOKEN, TYPED
from realtime_chat.cli.serving import Served, needed_models, own_models, served
from realtime_chat.cli.target import choose_target
from realtime_chat.server.errors import ModelUnknown
from realtime_chat.server.models.manifest import DEFAULT, MODELS, Purpose

LOCAL = choose_target("local", {})
URL = choose_target("http://127.0.0.1:1/v1", {"REALTIME_CHAT_KEY": "secret-key"})


def test_a_server_elsewhere_needs_no_model_here():
    assert needed_models(URL, SPOKEN, EmbeddedOptions()) == ()


def test_our_own_needs_those_of_what_it_does():
    assert set(needed_models(LOCAL, SPOKEN, EmbeddedOptions())) == set(DEFAULT)
    assert [model.purpose for model in needed_models(LOCAL, TYPED, EmbeddedOptions())] == [Purpose.THINKING]


def test_an_endpoint_that_thinks_spares_a_model():
    purposes = {model.purpose for model in own_models(SPOKEN, None, thinks_elsewhere=True)}
    assert purposes == SPOKEN - {Purpose.THINKING}


@pytest.mark.parametrize("model", [model for model in MODELS if model.purpose is Purpose.THINKING])
def test_a_model_that_is_named_takes_the_place_of_the_default_one(model):
    assert own_models(TYPED, model.name, thinks_elsewhere=False) == (model,)


def test_a_model_that_does_not_think():
    (hearing,) = [model for model in DEFAULT if model.purpose is Purpose.HEARING]
    with pytest.raises(WrongUsage, match="not for thinking"):
        own_models(TYPED, hearing.name, thinks_elsewhere=False)
    with pytest.raises(ModelUnknown):
        own_models(TYPED, "no-such-model", thinks_elsewhere=False)


async def test_a_server_that_runs_already_is_used_as_it_is():
    async with served(URL, EmbeddedOptions()) as server:
        assert server == Served("http://127.0.0.1:1/v1", "secret-key")
        assert "secret-key" not in repr(server)
