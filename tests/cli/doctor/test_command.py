import json
import os
import re
import shutil
import signal
import socket
import sys
import zipfile
from pathlib import Path

import pytest
from program import COMMAND, KEY, Program, ScriptedServer

VERDICTS = {"ok", "warn", "fail", "skip"}


def rows(output: bytes) -> dict[str, dict[str, str]]:
    found = [json.loads(line) for line in output.splitlines()]
    for row in found:
        assert list(row) == ["type", "name", "verdict", "what", "todo"]
        assert row["type"] == "finding"
        assert row["verdict"] in VERDICTS
        assert row["name"]
        assert row["what"]
        assert row["todo"] or row["verdict"] in {"ok", "skip"}
        assert all(isinstance(value, str) and "\n" not in value for value in row.values())
    return {row["name"]: row for row in found}


def test_a_machine_with_neither_sound_nor_models(program: Program):
    done = program("doctor")
    assert done.returncode == 1
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    lines = done.stdout.decode().splitlines()
    verdicts = {line[6:33].strip(): line.split()[0] for line in lines if not line.startswith(" ")}
    assert verdicts["python"] == "ok"
    assert verdicts["model moonshine-tiny-en"] == "fail"
    assert verdicts["default input"] == verdicts["default output"] == "fail"
    assert verdicts["server"] == "skip"
    assert set(verdicts.values()) <= VERDICTS
    assert re.fullmatch(rb"\d+ ok, \d+ failed, \d+ skipped\n", done.stderr)


def test_a_server_without_sound(client: Program, scripted: ScriptedServer):
    done = client("doctor", "--no-sound", "--server", scripted.url, "--json")
    assert done.returncode == 0
    assert done.stderr == b""
    found = rows(done.stdout)
    assert found["server"]["verdict"] == "ok"
    assert found["sound"]["verdict"] == "skip"
    assert found["model smollm2-135m-instruct"]["verdict"] == "skip"
    assert "model piper-en-us-joe" not in found


@pytest.mark.devices
def test_a_desk_with_sound(client: Program, scripted: ScriptedServer, sound_devices):
    done = client("doctor", "--server", scripted.url, "--json", **sound_devices.env)
    found = rows(done.stdout)
    assert done.returncode == 0, found
    assert found["input 0"]["verdict"] == found["output 0"]["verdict"] == "ok"
    assert found["microphone level"]["verdict"] == "warn"
    assert found["echo path"]["verdict"] == "skip"


def test_a_wrong_key(program: Program, scripted: ScriptedServer):
    done = program("doctor", "--no-sound", "--server", scripted.url, "--json", REALTIME_CHAT_KEY="wrong-key")
    assert done.returncode == 1
    assert rows(done.stdout)["server"]["verdict"] == "fail"
    assert b"wrong-key" not in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--server", "openai"], "OpenAI wants a key, and there is none"),
        (["--server", "nonsense"], "not 'nonsense'"),
        (["--model", "nonsense"], "nonsense"),
        (["--llm-model", "x"], "give both"),
    ],
)
def test_a_server_that_cannot_be_chosen(program: Program, options: list[str], words: str):
    done = program("doctor", "--no-sound", "--json", *options)
    assert done.returncode == 1
    found = rows(done.stdout)
    assert found["server"]["verdict"] == "fail"
    assert words in found["server"]["what"]
    assert found["python"]["verdict"] == "ok"


def test_what_is_configured_for_talk_is_looked_at(client: Program, scripted: ScriptedServer, tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(f"server = 'openai'\n[talk]\nserver = '{scripted.url}'\n[profiles.off.talk]\nserver = 'openai'\n")
    done = client("doctor", "--no-sound", "--json", REALTIME_CHAT_CONFIG=str(path))
    found = rows(done.stdout)
    assert found["server"]["verdict"] == "ok", found["server"]
    assert found["config file"]["what"].endswith("sets server")
    other = client("doctor", "--no-sound", "--json", "--profile", "off", REALTIME_CHAT_CONFIG=str(path))
    assert rows(other.stdout)["server"]["what"] == "OpenAI wants a key, and there is none"


def test_a_config_file_that_is_wrong_does_not_stop_it(client: Program, scripted: ScriptedServer, tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text("server = ")
    done = client("doctor", "--no-sound", "--json", "--server", scripted.url, REALTIME_CHAT_CONFIG=str(path))
    assert done.returncode == 1
    found = rows(done.stdout)
    assert found["config file"]["verdict"] == "fail"
    assert str(path) in found["config file"]["what"]
    assert found["server"]["verdict"] == "ok"


PLANTED = {
    "OPENAI_API_KEY": "sk-proj-planted0one",
    "REALTIME_CHAT_LLM_KEY": "planted2two",
    "SOMEBODYS_TOKEN": "planted3three",
    "HTTPS_PROXY": "http://me:planted4four@proxy.example:3128",
    "USER": "plantedfive",
    "REALTIME_CHAT_INSTRUCTIONS": "my planted6six diary",
}


def test_a_bundle_holds_nothing_that_is_private(program: Program, tmp_path: Path):
    home = tmp_path / "plantedseven"
    home.mkdir()
    settings = home / ".config" / "realtime-chat"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(
        "llm_url = 'http://me:planted8eight@127.0.0.1:1/v1?key=planted9nine'\ninstructions = 'planted10ten'\n"
        "[mcp.files]\ncommand = 'cat --token planted12twelve'\n"
        "[mcp.web]\nurl = 'https://planted13.example.org/mcp'\n"
        "[profiles.work.mcp.f2]\ncommand = ['cat', '-H', 'Authorization: Bearer planted14', '--api-key=planted15']\n"
        "[profiles.work]\nserver = 'wss://planted16.example.org/v1'\n"
    )
    keys = settings / "keys.json"
    keys.write_text(json.dumps({"127.0.0.1": {"key": "planted11eleven"}}))
    keys.chmod(0o600)
    path = tmp_path / "report.zip"
    changes = PLANTED | {"HOME": str(home), "REALTIME_CHAT_MODELS": str(home / "models"), "XDG_CONFIG_HOME": ""}
    done = program("doctor", "--bundle", str(path), "--no-chirp", **changes)
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "report.zip" in said
    assert "findings.txt" in said
    archive = zipfile.ZipFile(path)
    assert set(archive.namelist()) == {
        "README.txt",
        "findings.txt",
        "findings.json",
        "versions.json",
        "devices.json",
        "environment.json",
        "config.json",
    }
    whole = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {name for name, text in whole.items() if "planted" in text.lower()} == set()
    assert json.loads(whole["environment.json"])["OPENAI_API_KEY"] == "set"
    assert json.loads(whole["config.json"])["instructions"] == "[removed]"
    assert "~/models" in whole["findings.txt"]
    assert "planted" not in done.stdout.decode().replace(str(home), "~")
    again = program("doctor", "--bundle", str(path))
    assert (again.returncode, again.stdout) == (2, b"")
    assert b"not overwritten" in again.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_ended_while_it_waits(client: Program, number: signal.Signals):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        process = client.start(
            "doctor", "--no-sound", "--server", f"http://127.0.0.1:{listener.getsockname()[1]}/v1", "--json"
        )
        connection, _ = listener.accept()  # it waits for an answer that does not come
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert "server" not in rows(output)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal(client: Program, scripted: ScriptedServer):
    import pexpect
    import pyte

    screen = pyte.Screen(100, 60)
    stream = pyte.ByteStream(screen)
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "doctor", "--no-sound", "--server", scripted.url],
        env={**client.env, "COLUMNS": "100", "LINES": "60"},
        dimensions=(60, 100),
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    stream.feed(child.before)
    lines = [line.rstrip() for line in screen.display if line.strip()]
    assert child.exitstatus == 0
    assert "Connecting to the server…".encode() in child.before  # shown while it ran
    assert not any("…" in line for line in lines)  # and taken back
    assert [line.split()[0] for line in lines if line.startswith("ok")]
    assert lines[-1].endswith("skipped")
    colours = {screen.buffer[row][0].fg for row in range(60) if screen.display[row].startswith("ok")}
    assert colours == {"green"}
    assert not screen.cursor.hidden


def test_a_reader_that_goes_away(client: Program, scripted: ScriptedServer):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    import subprocess

    command = " ".join([*COMMAND, "doctor", "--no-sound", "--server", scripted.url])
    done = subprocess.run(
        [bash, "-c", f"set -o pipefail; {command} | head -1"], env=client.env, capture_output=True, check=False
    )
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr


def test_help_says_what_each_option_does(program: Program):
    said = program("doctor", "--help", COLUMNS="200").stdout.decode()
    assert all(option in said for option in ("--no-sound", "--no-chirp", "--thorough", "--bundle", "--json"))
    assert KEY not in said
    assert os.sep + "home" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("answer", "words"),
    [(b"\x1b[?0u\x1b[?62c", b"says when a key is let go"), (b"\x1b[?62c", b"does not say when a key is let go")],
)
def test_what_the_terminal_says_of_its_keys(client: Program, scripted: ScriptedServer, answer: bytes, words: bytes):
    import pexpect

    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "doctor", "--no-sound", "--server", scripted.url],
        env=client.env,
        dimensions=(60, 200),
        timeout=60,
    )
    child.expect_exact(b"\x1b[?u")
    child.send(answer)
    child.expect_exact(words)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
