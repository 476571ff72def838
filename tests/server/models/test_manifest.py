from __future__ import annotations

import pytest

from realtime_chat.server.errors import ModelUnknown
from realtime_chat.server.models.manifest import DEFAULT, MODELS, Address, Carrier, Model, Purpose, find

FILES = [pytest.param(model, file, id=f"{model.name}/{file.name}") for model in MODELS for file in model.files]


def test_default_has_one_model_for_each_engine():
    engines = [purpose for purpose in Purpose if purpose is not Purpose.MEASURING]
    assert [model.purpose for model in DEFAULT] == engines
    assert set(DEFAULT) <= set(MODELS)


def test_names_are_unique_and_safe_as_folders():
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").replace(".", "").isalnum() and not name.startswith(".") for name in names)


@pytest.mark.parametrize(("model", "file"), FILES)
def test_a_file_can_be_checked_and_fetched(model, file):
    assert file.size > 0
    assert len(bytes.fromhex(file.sha256)) == 32
    assert file.sha256 == file.sha256.lower()
    assert "/" not in file.name
    assert "\\" not in file.name
    assert file.sources


@pytest.mark.parametrize(("model", "file"), FILES)
def test_official_addresses_come_first_and_are_encrypted(model, file):
    kinds = [type(source) for source in file.sources]
    assert kinds == sorted(kinds, key=[Address, Carrier].index)
    for source in file.sources:
        if isinstance(source, Address):
            assert source.url.startswith("https://")
            assert source.url.endswith("/" + file.name)
            assert source.name in source.url
        else:
            assert all(piece.member.rpartition("/")[2].startswith(file.name) for piece in source.pieces)
            assert all(piece.size > 0 for piece in source.pieces)


def test_every_default_file_has_a_carrier():
    assert all(any(isinstance(s, Carrier) for s in file.sources) for model in DEFAULT for file in model.files)


def test_size_is_the_sum_of_the_files():
    assert sum(model.size for model in DEFAULT) == 205_512_350


def test_find():
    assert find("piper-en-us-joe").purpose is Purpose.SPEAKING
    with pytest.raises(ModelUnknown, match=r"no model called 'gpt'.*moonshine-tiny-en"):
        find("gpt")


def test_find_among_others():
    model = Model("other", Purpose.HEARING, "MIT", "en", "https://example.org", ())
    assert find("other", [model]) is model
