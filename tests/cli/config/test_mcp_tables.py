import pytest

from realtime_chat.cli.config.mcp_tables import check_mcp, mcp_sources, mcp_tables
from realtime_chat.cli.errors import BadConfig
from realtime_chat.session.tools.mcp_server import McpSource


def test_a_server_that_is_started(monkeypatch):
    monkeypatch.setenv("MINE", "1")
    monkeypatch.delenv("OTHER", raising=False)
    table = {"command": "npx -y 'x y'", "environment": ["MINE", "OTHER"]}
    assert mcp_sources({"files": table}) == [
        McpSource("files", command=("npx", "-y", "x y"), environment={"MINE": "1"})
    ]
    assert mcp_sources({"files": {"command": ["a b", "c"]}})[0].command == ("a b", "c")


def test_a_server_elsewhere(monkeypatch):
    monkeypatch.setenv("TOKEN", " s3cret ")
    table = {"url": "https://example.org/mcp", "key_variable": "TOKEN"}
    assert mcp_sources({"web": table}) == [McpSource("web", url="https://example.org/mcp", key="s3cret")]


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_key_that_is_not_there(monkeypatch, value):
    monkeypatch.delenv("TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("TOKEN", value)
    with pytest.raises(BadConfig, match="TOKEN"):
        mcp_sources({"web": {"url": "https://example.org/mcp", "key_variable": "TOKEN"}})


def test_a_profile_adds_and_takes_back():
    document = {"mcp": {"a": {"command": "a"}, "b": {"command": "b"}}}
    profile = {"mcp": {"a": "", "c": {"command": "c"}}}
    assert list(mcp_tables(document, profile)) == ["b", "c"]
    assert list(mcp_tables({}, {})) == []


@pytest.mark.parametrize("table", [{"command": "x"}, {"command": ["x"]}, {"url": "https://x"}, ""])
def test_what_is_right(table):
    check_mcp("a", table, "mcp.a")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("npx", "is a table"),
        (3, "is a table"),
        ({}, "either a command or an url"),
        ({"command": "x", "url": "https://x"}, "either a command or an url"),
        ({"comand": "x"}, "no such key"),
        ({"command": ""}, "a text in quotes"),
        ({"command": 3}, "a text in quotes"),
        ({"command": []}, "list of its words"),
        ({"command": ["x", 1]}, "list of its words"),
        ({"command": "'x"}, "no command"),
        ({"command": "x", "environment": "HOME"}, "list of the names"),
        ({"command": "x", "environment": [1]}, "list of the names"),
        ({"url": "https://x", "key_variable": ["x"]}, "a text in quotes"),
    ],
)
def test_what_is_not(table, said):
    with pytest.raises(BadConfig, match=said) as caught:
        check_mcp("a", table, "mcp.a")
    assert "mcp.a" in str(caught.value)
