import pytest


@pytest.mark.parametrize(
    ("arguments", "varnish"),
    [
        ([], "matt"),
        (["--colour", "blue"], None),
        (["--colour", "red"], "matt"),
        (["--colour", "blue", "--varnish", "gloss"], "gloss"),
        (["--varnish", "gloss", "--colour", "blue"], "gloss"),
    ],
)
def test_what_is_configured_gives_way_to_what_was_typed(run, seen, config, arguments, varnish):
    config("varnish = 'matt'")
    run("paint", *arguments)
    assert seen["varnish"] == varnish


def test_of_two_that_are_configured_both_stay(run, seen, config, monkeypatch):
    config("varnish = 'matt'\ncolour = 'blue'")
    run("paint")
    assert (seen["varnish"], seen["colour"]) == ("matt", "blue")
    monkeypatch.setenv("REALTIME_CHAT_VARNISH", "gloss")
    run("paint", "--colour", "blue")
    assert seen["varnish"] is None
