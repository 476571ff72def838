import sys
from pathlib import Path

import pytest

from realtime_chat.cli import tooling
from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.tooling import ToolOptions, typed_servers
from realtime_chat.session.errors import ToolsUnusable
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tools.mcp_server import McpSource


def test_a_command_and_an_address():
    assert typed_servers(["npx -y 'a server' ~/x", "https://example.org/mcp"]) == (
        McpSource("a server", command=("npx", "-y", "a server", "~/x")),
        McpSource("example.org", url="https://example.org/mcp"),
    )


def test_each_has_a_name_of_its_own():
    configured = [McpSource("notes", command=("x",))]
    names = [server.name for server in typed_servers(["notes a", "/usr/bin/notes b", "other c"], configured)]
    assert names == ["notes", "notes_2", "notes_3", "other"]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/opt/my-server --port 1", "my-server"),
        ("python srv.py", "srv"),
        ("/usr/bin/python3.12 -u tools/srv.py x", "srv"),
        ("python -m my.server", "my.server"),
        ("npx -y @scope/server-files@1.2 ~/x", "server-files"),
        ("uvx mcp-server-git", "mcp-server-git"),
        ("uv run srv.py", "srv"),
        ("node build/index.mjs", "index"),
        ("python", "python"),
        ("sh -c 'cat\x07 x'", "cat x"),
        ("python /", "python"),
    ],
)
def test_a_server_is_named_for_what_is_started(command, name):
    assert [server.name for server in typed_servers([command])] == [name]


@pytest.mark.parametrize("word", ["ftp://x", "ws://127.0.0.1/mcp", "HTPS://example.org/mcp"])
def test_an_address_is_no_command(word):
    with pytest.raises(WrongUsage, match="write it like https://"):
        typed_servers([word])


def test_the_scheme_of_an_address_may_be_in_capitals():
    assert typed_servers(["HTTPS://example.org/mcp"]) == (McpSource("example.org", url="HTTPS://example.org/mcp"),)


@pytest.mark.parametrize(("is_quiet", "has_terminal"), [(False, True), (True, True), (False, False)])
async def test_whoever_waits_is_told_what_for(tmp_path, monkeypatch, capsys, is_quiet, has_terminal):
    monkeypatch.setattr(tooling, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(tooling, "is_terminal", lambda _: has_terminal)
    (tmp_path / "mine.py").write_text("def f() -> None: ...\n")
    async with ToolOptions((tmp_path / "mine.py",), is_quiet=is_quiet).in_settings(Settings(), can_ask=True):
        pass
    said = capsys.readouterr().err
    assert said == ("Waiting for the tools of mine …\n" if has_terminal and not is_quiet else "")


@pytest.mark.parametrize("word", ["", "  ", "'no end", "http://[x"])
def test_neither(word):
    with pytest.raises(WrongUsage):
        typed_servers([word])


@pytest.mark.parametrize(
    ("is_trusted", "can_ask", "consent"),
    [
        (True, True, Consent.GIVEN),
        (True, False, Consent.GIVEN),
        (False, True, Consent.ASKED),
        (False, False, Consent.REFUSED),
    ],
)
def test_who_allows_it(is_trusted, can_ask, consent):
    assert ToolOptions(is_trusted=is_trusted).consent(can_ask=can_ask) is consent


async def test_without_tools_nothing_is_started():
    settings = Settings()
    async with ToolOptions().in_settings(settings, can_ask=True) as same:
        assert same is settings


async def test_tools_come_into_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "x").mkdir()
    (tmp_path / "tools.py").write_text("def f() -> None: ...\n")
    options = ToolOptions((Path("~/tools.py"), tmp_path / "x" / ".." / "tools.py"), seconds=7.0)
    async with options.in_settings(Settings(model="m"), can_ask=True) as settings:
        assert [tool.name for tool in settings.tools] == ["f"]
        assert (settings.model, settings.tool_seconds, settings.consent) == ("m", 7.0, Consent.ASKED)


@pytest.mark.skipif(sys.platform == "win32", reason="homes of others")
async def test_a_home_that_nobody_knows():
    with pytest.raises((WrongUsage, ToolsUnusable)):
        async with ToolOptions((Path("~nobody-of-this-name/tools.py"),)).in_settings(Settings(), can_ask=True):
            pass
