import pytest
import typer
from typer.testing import CliRunner

from realtime_chat.cli.app import app
from realtime_chat.cli.option_wording import worded


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--turns", "foo"], "'--turns': 'foo' is not one of 'local'"),
        (["--vad-level", "9"], "'--vad-level': it takes at most 3."),
        (["--silence-ms", "5"], "'--silence-ms': it takes at least 100."),
        (["--vad-level", "x"], "'--vad-level': it takes a whole number."),
        (["--volume", "x"], "'--volume': it takes a number."),
    ],
)
def test_a_value_that_cannot_be_is_explained_in_plain_words(options, words):
    done = CliRunner().invoke(app, ["talk", *options])
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Input should" not in done.stderr


def test_what_is_in_plain_words_stays():
    assert worded("there is no such folder.") == "there is no such folder"
    assert worded("Input should be blue") == "it should be blue"
    assert worded("Input should be a valid boolean, unable to interpret input") == "it takes true or false"


def test_the_option_is_still_named():
    with pytest.raises(typer.BadParameter) as refused:
        CliRunner().invoke(app, ["talk", "--vad-level", "9"], catch_exceptions=False, standalone_mode=False)
    assert "--vad-level" in refused.value.format_message()
