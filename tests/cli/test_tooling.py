import sys
from pathlib import Path

import pytest

from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.tooling import ToolOptions, typed_servers
from realtime_chat.session.errors import ToolsUnusable
from realtime_chat.session.settings import Consent, Settings
from realtime_chat.session.tools.mcp_server import McpSource


def test_a_command_and_an_address():
    assert typed_servers(["npx -y 'a server' ~/x", "https://example.org/mcp"]) == (
        McpSource("npx", command=("npx", "-y", "a server", "~/x")),
        McpSource("example.org", url="https://example.org/mcp"),
    )


def test_each_has_a_name_of_its_own():
    configured = [McpSource("npx", command=("x",))]
    names = [server.name for server in typed_servers(["npx a", "/usr/bin/npx b", "uvx c"], configured)]
    assert names == ["npx", "npx_2", "npx_3", "uvx"]


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
    (tmp_path / "tools.py").write_text("def f() -> None: ...\n")
    options = ToolOptions(Path("~/tools.py"), seconds=7.0)
    async with options.in_settings(Settings(model="m"), can_ask=True) as settings:
        assert [tool.name for tool in settings.tools] == ["f"]
        assert (settings.model, settings.tool_seconds, settings.consent) == ("m", 7.0, Consent.ASKED)


@pytest.mark.skipif(sys.platform == "win32", reason="homes of others")
async def test_a_home_that_nobody_knows():
    with pytest.raises((WrongUsage, ToolsUnusable)):
        async with ToolOptions(Path("~nobody-of-this-name/tools.py")).in_settings(Settings(), can_ask=True):
            pass
