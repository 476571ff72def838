import pytest

from realtime_chat.cli.config.mcp_showing import shown_servers
from realtime_chat.cli.config.places import config_file
from realtime_chat.cli.config.profile import Configuration


def rows(tables, *, profile: str = "", of_profile: tuple[str, ...] = ()) -> list[dict]:
    found = Configuration(config_file(), profile, mcp=tables, profile_mcp=frozenset(of_profile))
    return [server.row() for server in shown_servers(found)]


def lines(tables) -> list[str]:
    return [str(server) for server in shown_servers(Configuration(config_file(), mcp=tables))]


def test_what_is_not_secret_is_shown_as_it_is():
    files = {"command": "npx -y @modelcontextprotocol/server-filesystem /srv/notes", "environment": ["NODE_OPTIONS"]}
    web = {"url": "https://example.org/mcp", "key_variable": "CALENDAR_TOKEN"}
    assert rows({"files": files, "web": web}, profile="work", of_profile=("web",)) == [
        {"type": "mcp_server", "name": "files", **files, "source": "file", "where": "mcp.files"},
        {"type": "mcp_server", "name": "web", **web, "source": "profile", "where": "profiles.work.mcp.web"},
    ]
    assert rows({"a": {"command": ["my server", "x"]}})[0]["command"] == "'my server' x"
    assert [line.split() for line in lines({"web": web})[0].splitlines()] == [
        ["mcp.web.url", '"https://example.org/mcp"', "file", "[mcp.web]"],
        ["mcp.web.key_variable", '"CALENDAR_TOKEN"', "file", "[mcp.web]"],
    ]


@pytest.mark.parametrize(
    ("table", "seen"),
    [
        ({"url": "https://anna:hunter22@example.org/mcp?a=hunter22"}, "https://[removed]@example.org/mcp?[removed]"),
        ({"command": "npx mcp-remote https://anna:hunter22@example.org/mcp"}, "[removed]@example.org/mcp"),
        ({"command": "npx mcp-remote https://example.org/mcp#hunter22"}, "https://example.org/mcp"),
        ({"command": "run --header 'Authorization: Bearer hunter22'"}, "Authorization: [removed]"),
        ({"command": "run --header hunter22"}, "--header"),
        ({"command": ["run", "-H", "Cookie:hunter22"]}, "Cookie:[removed]"),
        ({"command": "run '--header=Cookie: hunter22'"}, "--header=[removed]"),
        ({"command": "run 'x-api-key: hunter22'"}, "x-api-key: [removed]"),
        ({"command": "docker run -e GITHUB_PAT=hunter22 image"}, "GITHUB_PAT=[removed]"),
        ({"command": "docker run --env=TOKEN=hunter22"}, "--env=TOKEN=[removed]"),
        ({"command": "env 'DATABASE=one\nhunter22' run"}, "DATABASE=[removed]"),
        ({"command": "run --api-key hunter22 --verbose"}, "--verbose"),
        ({"command": "run --api-key=hunter22"}, "--api-key=[removed]"),
        ({"command": "run sk-hunter22"}, "run"),
        ({"command": "run", "environment": ["sk-hunter22"]}, "run"),
    ],
)
def test_nothing_secret_is_shown(table, seen):
    row = rows({"one": table})[0]
    assert "hunter22" not in repr(row)
    assert seen in (row.get("url") or row["command"])
    assert "hunter22" not in lines({"one": table})[0]


def test_a_value_of_the_environment_is_no_part_of_what_is_shown(monkeypatch):
    monkeypatch.setenv("CALENDAR", "hunter22")
    monkeypatch.setenv("MY_TOKEN", "swordfish")
    assert "hunter22" not in repr(rows({"a": {"url": "https://hunter22.example.org/", "key_variable": "CALENDAR"}}))
    assert "swordfish" not in repr(rows({"a": {"command": "run swordfish", "environment": ["MY_TOKEN"]}}))


def test_what_would_steer_a_terminal_is_not_shown():
    table = {"command": ["run", "\x1b[2Jx\ny"], "environment": ["A\x07\nB"]}
    line = lines({"na\x1b]0;x\x07me\n": table})[0]
    assert "mcp.name.command" in line
    assert len(line.splitlines()) == 2
    assert all(one.isprintable() for one in line.splitlines())
