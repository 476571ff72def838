import asyncio
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx
import psutil
import pytest
from program import Program

from realtime_chat.cli import embedded, terminal
from realtime_chat.cli.config.keystore import own_keys
from realtime_chat.cli.embedded import EmbeddedOptions, _spawn, embedded_server
from realtime_chat.cli.errors import EmbeddedFailed
from realtime_chat.cli.options import Engines
from realtime_chat.cli.redaction import redact

SCRIPTED = EmbeddedOptions(engines=Engines.SCRIPTED, quiet=True)


def the_child() -> psutil.Process:
    (child,) = [p for p in psutil.Process().children() if "--embedded" in p.cmdline()]
    return child


async def test_it_serves_while_it_is_needed_and_takes_its_token_only():
    async with embedded_server(SCRIPTED) as server, httpx.AsyncClient(trust_env=False) as client:
        child = the_child()
        url, body = f"{server.url}/audio/speech", {"input": "Hello"}
        assert (await client.post(url, json=body)).status_code == 401
        answer = await client.post(url, json=body, headers={"Authorization": f"Bearer {server.key}"})
        assert answer.content.startswith(b"RIFF")
    assert not child.is_running()


async def test_no_key_is_on_its_command_line_and_none_of_ours_in_its_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ours")
    monkeypatch.setenv("REALTIME_CHAT_KEY", "key-ours")
    monkeypatch.setenv("XAI_API_KEY", "key-of-a-vendor")
    async with embedded_server(SCRIPTED) as server:
        child = the_child()
        assert server.key not in " ".join(child.cmdline())
        values = child.environ().values()
        assert "sk-ours" not in values
        assert "key-ours" not in values
        assert "key-of-a-vendor" not in values
        assert server.key not in repr(server)
        assert server.key not in redact(f"Bearer {server.key}")


async def test_it_ends_when_what_it_is_for_fails():
    children = []

    async def fail():
        async with embedded_server(SCRIPTED):
            children.append(the_child())
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await fail()
    assert not children[0].is_running()


async def test_it_ends_when_we_are_cancelled_while_it_starts(monkeypatch):
    async def start():
        async with embedded_server(SCRIPTED):
            pass

    spawned = asyncio.Event()
    children = []

    async def spawn(*arguments):
        children.append(await _spawn(*arguments))
        spawned.set()
        return children[0]

    monkeypatch.setattr(embedded, "_spawn", spawn)
    task = asyncio.create_task(start())
    await spawned.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children[0].returncode is not None


async def test_models_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_MODELS", str(tmp_path))
    with pytest.raises(EmbeddedFailed, match="models pull"):
        async with embedded_server(EmbeddedOptions(quiet=True)):
            pytest.fail("it is not ready")


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("", "ended before it was ready"),
        ("print('nonsense')", "something else"),
        ("print('[]')", "something else"),
        ("print('x' * 100_000)", "something else"),
        ('print(\'{"ready": false, "error": "No \\\\u001b[1mroom."}\')', "No room"),
    ],
)
async def test_a_server_that_does_not_start(tmp_path, monkeypatch, says, reason):
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!{sys.executable}\n{says}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(EmbeddedFailed, match=reason):
        async with embedded_server(SCRIPTED):
            pytest.fail("it is not ready")


async def test_a_python_that_is_gone(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(EmbeddedFailed, match="cannot be started"):
        async with embedded_server(SCRIPTED):
            pytest.fail("it is not ready")


async def test_what_it_logs_is_told_with_its_last_words(tmp_path, monkeypatch):
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no library')\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(EmbeddedFailed, match=r"exit code 1: no library"):
        async with embedded_server(EmbeddedOptions(verbose=True, quiet=True)):
            pytest.fail("it is not ready")


def test_it_dies_with_us_when_we_are_killed(program: Program, tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import asyncio, psutil
            from realtime_chat.cli.embedded import EmbeddedOptions, embedded_server
            from realtime_chat.cli.options import Engines

            async def main():
                async with embedded_server(EmbeddedOptions(engines=Engines.SCRIPTED)):
                    print(psutil.Process().children()[0].pid, flush=True)
                    await asyncio.Event().wait()

            asyncio.run(main())
            """
        )
    )
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=program.env)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    assert wait_until_gone(child)


def wait_until_gone(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_module_in_the_current_folder_is_not_taken_for_ours(program: Program, tmp_path: Path):
    (tmp_path / "asyncio.py").write_text("print('not this one')")
    script = (
        "import asyncio, os; from realtime_chat.cli.embedded import *; from realtime_chat.cli.options import Engines\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "async def main():\n"
        "    async with embedded_server(EmbeddedOptions(engines=Engines.SCRIPTED)) as server: print(server.url)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", script], env=program.env, capture_output=True, check=True)
    assert re.fullmatch(rb"http://127\.0\.0\.1:\d+/v1\n", done.stdout)


async def test_one_that_does_not_end_by_itself_is_ended(tmp_path, monkeypatch):
    stand_in = tmp_path / "python"
    ready = '{"ready": true, "url": "http://127.0.0.1:1/v1"}'
    stand_in.write_text(
        f"#!{sys.executable}\nimport signal\nprint({ready!r}, flush=True)\nwhile True: signal.pause()\n"
    )
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setattr(embedded, "END_SECONDS", 0.05)
    processes = []

    async def spawn(*arguments):
        processes.append(await _spawn(*arguments))
        return processes[0]

    monkeypatch.setattr(embedded, "_spawn", spawn)
    async with embedded_server(SCRIPTED):
        assert processes[0].returncode is None
    assert processes[0].returncode == -signal.SIGKILL


async def test_one_that_is_never_ready(tmp_path, monkeypatch):
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.read()\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setattr(embedded, "START_SECONDS", 0.05)
    with pytest.raises(EmbeddedFailed, match="not ready"):
        async with embedded_server(SCRIPTED):
            pytest.fail("it is not ready")


async def test_on_a_terminal_it_says_what_is_waited_for_and_takes_it_back(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "can_draw", lambda _stream: True)
    async with embedded_server(EmbeddedOptions(engines=Engines.SCRIPTED)):
        assert capsys.readouterr().err == "\r\x1b[KStarting the embedded server…\r\x1b[K"


@pytest.mark.parametrize(("llm_url", "given"), [("http://127.0.0.1:1/v1", "sk-of-the-endpoint"), (None, None)])
async def test_the_stored_key_of_an_endpoint_reaches_the_server_that_asks_it(monkeypatch, llm_url, given):
    monkeypatch.delenv("REALTIME_CHAT_LLM_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    own_keys().put("llm", "sk-of-the-endpoint")
    seen = {}

    async def spawn(*command, env, **_rest):
        seen.update(env, command=command)
        raise OSError("not this time")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spawn)
    with pytest.raises(EmbeddedFailed, match="not this time"):
        async with embedded_server(EmbeddedOptions(llm_url=llm_url, llm_model="x")):
            pass
    assert seen.get("REALTIME_CHAT_LLM_KEY") == given
    assert "OPENAI_API_KEY" not in seen
    assert "sk-of-the-endpoint" not in " ".join(seen["command"])


@pytest.mark.parametrize(("llm_url", "most"), [(None, 256), ("http://127.0.0.1:1/v1", None)])
def test_a_very_small_model_is_asked_to_be_short(llm_url, most):
    assert EmbeddedOptions(llm_url=llm_url).max_tokens == most
