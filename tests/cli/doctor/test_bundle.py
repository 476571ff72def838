import json
import os
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from realtime_chat.audio.devices import Device
from realtime_chat.cli.doctor import bundle
from realtime_chat.cli.doctor.bundle import (
    check_place,
    hosts_of,
    members_of,
    variables,
    without_words,
    write_bundle,
    written,
)
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.scrub import Scrubber
from realtime_chat.cli.errors import WrongUsage


def test_nothing_is_overwritten(tmp_path: Path):
    path = tmp_path / "report.zip"
    path.write_text("mine")
    with pytest.raises(WrongUsage, match="not overwritten"):
        write_bundle(path, {"a": "b"})
    assert path.read_text() == "mine"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(WrongUsage, match="not overwritten"):
        check_place(path)
    with pytest.raises(WrongUsage, match="no folder"):
        check_place(tmp_path / "no" / "report.zip")


@pytest.mark.skipif(sys.platform == "win32", reason="modes")
def test_only_its_maker_may_read_it(tmp_path: Path):
    path = tmp_path / "report.zip"
    write_bundle(path, {"a.txt": "b"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert zipfile.ZipFile(path).read("a.txt") == b"b"


def test_a_bundle_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Full(bundle.io.FileIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle.os, "fdopen", lambda descriptor, _: Full(descriptor, "w"))
    with pytest.raises(OSError, match="No space"):
        write_bundle(tmp_path / "report.zip", {"a": "b"})
    assert list(tmp_path.iterdir()) == []


def test_variables():
    assert variables({
        "OPENAI_API_KEY": "sk-1",
        "REALTIME_CHAT_KEY": " ",
        "REALTIME_CHAT_MODELS": "/models",
        "REALTIME_CHAT_INSTRUCTIONS": "my diary",
        "TERM": "xterm",
        "HTTPS_PROXY": "http://me:pw@proxy",
        "EDITOR": "vi",
    }) == {
        "OPENAI_API_KEY": "set",
        "REALTIME_CHAT_KEY": "set, but blank",
        "REALTIME_CHAT_MODELS": "/models",
        "REALTIME_CHAT_INSTRUCTIONS": "set",
        "TERM": "xterm",
        "HTTPS_PROXY": "set",
    }  # fmt: skip


def test_what_somebody_wrote_is_left_out():
    config = {"instructions": "my diary", "voice": "joe", "profiles": {"work": {"text": {"instructions": "more"}}}}
    assert without_words(config) == {
        "instructions": "[removed]",
        "voice": "joe",
        "profiles": {"work": {"text": {"instructions": "[removed]"}}},
    }


MCP_TABLES = {
    "files": {"command": "cat --token planted1one", "environment": ["NODE_OPTIONS"]},
    "f2": {"command": ["cat", "-H", "Authorization: Bearer planted2", "--api-key=planted3", "-e", "NAME=planted4"]},
    "shell": {"command": ["sh", "-c", "export HTTP=1; run --password planted5"]},
    "unchecked": {"command": "cat 'planted6", "url": {"inner": "planted7"}, "environment": 8},
    "no_table": "cat --token planted9",
    "web": {"url": "https://x.example.org/mcp"},
    "taken_back": "",
}


@pytest.mark.parametrize("place", [lambda mcp: mcp, lambda mcp: {"profiles": {"work": mcp}}])
def test_what_mcp_servers_are_started_with_is_in_it_without_secrets(place):
    config = place({"mcp": MCP_TABLES})
    members = members_of([], [], config, {}, Scrubber())
    assert "planted" not in members["config.json"]
    shown = json.loads(members["config.json"])
    tables = shown["mcp"] if "mcp" in shown else shown["profiles"]["work"]["mcp"]
    assert tables["files"] == {"command": "cat --token '[removed]'", "environment": ["NODE_OPTIONS"]}
    assert tables["web"]["url"] == "https://x.example.org/mcp"
    assert tables["taken_back"] == ""


def test_a_config_file_with_odd_tables_is_no_trouble():
    config = {"mcp": "planted", "profiles": ["planted"]}
    members = members_of([], [], config, {}, Scrubber())
    assert json.loads(members["config.json"]) == {"mcp": "[removed]", "profiles": "[removed]"}


def test_servers_that_this_run_does_not_use_are_known_by_their_names_too():
    config = {
        "llm_url": "http://llm.example.org/v1",
        "profiles": {"work": {"serve": {"stt_url": "https://me@stt.example.org:8/v1"}}},
        "mcp": {"web": {"url": "https://web.example.org/"}, "far": {"command": ["npx", "at=wss://far.example.org/a"]}},
        "odd": "http://[no",
    }
    variables = {"REALTIME_CHAT_TTS_URL": "http://tts.example.org", "OTHER": "http://other.example.org"}
    assert hosts_of(config, variables, ["key.example.org", "groq"]) == {
        f"{name}.example.org" for name in ("llm", "stt", "web", "far", "tts", "key")
    } | {""}


def test_a_config_file_that_is_wrong_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("REALTIME_CHAT_CONFIG", str(path))
    path.write_text("voice = 'joe'")
    assert written() == {"voice": "joe"}
    path.write_text("voice = sk-secret")
    assert written() == {}


def test_members():
    device = Device(0, "Anna's headphones", "ALSA", 1, 0, True, False, 48_000)
    findings = [Finding("input 0", Verdict.OK, "Anna's headphones open", "in /users/anna/x")]
    scrubber = Scrubber(homes=[Path("/users/anna")], names=["Anna"])
    config = {"when": __import__("datetime").date(2026, 1, 1), "llm_key": "secret"}
    members = members_of(findings, [device], config, {"REALTIME_CHAT_MODELS": "/users/anna/models"}, scrubber)
    assert set(members) == {
        "README.txt",
        "findings.txt",
        "findings.json",
        "versions.json",
        "devices.json",
        "environment.json",
        "config.json",
    }
    assert all(name in members["README.txt"] for name in members if name != "README.txt")
    assert members["findings.txt"].splitlines()[1] == "      in ~/x"
    assert json.loads(members["findings.json"])[0]["what"] == "[name]'s headphones open"
    assert json.loads(members["devices.json"])[0]["name"] == "[name]'s headphones"
    assert json.loads(members["environment.json"]) == {"REALTIME_CHAT_MODELS": "~/models"}
    assert json.loads(members["config.json"]) == {"when": "2026-01-01", "llm_key": "[removed]"}
    assert json.loads(members["versions.json"])["packages"]["numpy"]
    assert os.sep not in json.dumps(list(members))
