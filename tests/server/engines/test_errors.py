from __future__ import annotations

import pytest

from realtime_chat.server.engines import errors

LEAVES = [
    errors.EngineError("hearing", "the decoder gave no tokens"),
    errors.EngineMissing("thinking", "xllamacpp"),
    errors.EngineRefused("speaking", "http://localhost:8000/v1 refused the request (HTTP 400)", 400),
    errors.SchemaUnfit("thinking", "the parameters of the tool clock are no JSON Schema (3 is none)", "3 is none"),
]


def test_every_error_of_the_tree_is_here():
    assert {type(error) for error in LEAVES} == {errors.EngineError, *errors.EngineError.__subclasses__()}


@pytest.mark.parametrize("error", LEAVES, ids=lambda error: type(error).__name__)
def test_an_error_is_one_line_that_names_the_engine_and_what_failed(error):
    said = str(error)
    assert "\n" not in said
    assert error.engine in said
    assert error.reason in said


def test_what_is_missing_can_be_installed():
    assert "pip install 'realtime-chat[local]'" in str(errors.EngineMissing("thinking", "xllamacpp"))
