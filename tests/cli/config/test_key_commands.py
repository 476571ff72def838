import json
import sys
from pathlib import Path

import pytest
from program import COMMAND, SECONDS, Program, environment

KEY = "sk-typed-in-secret"


@pytest.fixture
def program(tmp_path) -> Program:
    """The whole program, as a process."""
    return Program(environment(tmp_path / "home"))


def status(program, **changes):
    done = program("config", "key", "status", "--json", **changes)
    assert KEY.encode() not in done.stdout + done.stderr
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}


def test_a_key_that_is_piped_in_is_stored_and_forgotten(program: Program):
    done = program("config", "key", "set", stdin=f"{KEY}\n".encode())
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"keys.json" in done.stderr
    assert KEY.encode() not in done.stderr
    assert status(program)["openai"]["stored"] == "file"
    assert program("config", "key", "remove").returncode == 0
    assert status(program)["openai"]["stored"] is None
    again = program("config", "key", "remove")
    assert again.returncode == 2
    assert b"key status" in again.stderr


def test_status_says_where_each_is_and_what_goes_first(program: Program):
    program("config", "key", "set", stdin=KEY.encode())
    program("config", "key", "set", "https://Example.org:8443/v1", stdin=KEY.encode())
    hidden = program("config", "key", "set", "llm", stdin=KEY.encode(), REALTIME_CHAT_LLM_KEY="sk-other")
    assert b"REALTIME_CHAT_LLM_KEY is set too" in hidden.stderr
    rows = status(program, OPENAI_API_KEY="sk-other")
    assert [name for name, row in rows.items() if row["stored"] == "file"] == ["openai", "llm", "example.org"]
    assert rows["openai"]["variable_set"]
    lines = program("config", "key", "status", OPENAI_API_KEY="sk-other").stdout.decode().splitlines()
    assert lines[0].startswith("openai: in OPENAI_API_KEY and in '")
    assert lines[0].endswith("(not used)")
    assert lines[-1] == "other servers: none"


@pytest.mark.parametrize("typed", ["", " \n", "abc", "sk two words", "sk-\x1b[31m", "sk-ü-letters", "x" * 5000])
def test_what_is_no_key(program: Program, typed):
    done = program("config", "key", "set", stdin=typed.encode())
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert status(program)["openai"]["stored"] is None


@pytest.mark.parametrize("name", ["", "two words", "../keys", "x" * 300, "http://", "http://["])
def test_what_names_no_key(program: Program, name):
    done = program("config", "key", "set", name, stdin=KEY.encode())
    assert done.returncode == 2
    assert b"names no key" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_key_that_is_typed_in_is_not_shown(program: Program):
    import pexpect

    child = pexpect.spawn(COMMAND[0], [*COMMAND[1:], "config", "key", "set"], env=program.env, timeout=SECONDS)
    child.expect("openai .*not shown.*: ")
    child.sendline(KEY)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert KEY.encode() not in child.before
    assert b"keys.json" in child.before
    stored = next(Path(program.env["HOME"]).rglob("keys.json"))
    assert json.loads(stored.read_text()) == {"openai": {"key": KEY}}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_ctrl_c_and_ctrl_d_at_the_prompt_change_nothing(program: Program):
    import pexpect

    for control, code in (("c", 130), ("d", 2)):
        child = pexpect.spawn(COMMAND[0], [*COMMAND[1:], "config", "key", "set"], env=program.env, timeout=SECONDS)
        child.expect("not shown.*: ")
        child.sendcontrol(control)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code
    assert status(program)["openai"]["stored"] is None


def test_a_stored_key_is_used_and_named_where_it_is_wrong(program: Program, scripted):
    host = "127.0.0.1"
    address = ["--server", scripted.url]
    refused = program("text", "Hello", *address)
    assert refused.returncode == 3
    assert f"config key set {host}".encode() in refused.stderr
    program("config", "key", "set", host, stdin=b"a-wrong-key")
    wrong = program("text", "Hello", *address, "-v")
    assert wrong.returncode == 3
    assert b"keys.json" in wrong.stderr
    assert b"a-wrong-key" not in wrong.stderr
    program("config", "key", "set", host, stdin=b"test-key-of-the-scripted-server")
    assert program("text", "Hello", *address).returncode == 0
    hidden = program("text", "Hello", *address, REALTIME_CHAT_KEY="another-wrong-key")
    assert b"from REALTIME_CHAT_KEY" in hidden.stderr


def test_a_question_that_is_asked_with_a_wrong_key_says_where_it_came_from(program: Program, scripted):
    ask = ["talk", "--ask", "Hello?", "--server", scripted.url, "--output", "answer.wav"]
    done = program(*ask, REALTIME_CHAT_KEY="a-wrong-key")
    assert done.returncode == 3
    assert b"from REALTIME_CHAT_KEY (HTTP 401)" in done.stderr
    assert done.stderr.count(b"\n") == 1
