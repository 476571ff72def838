import asyncio
import os
import sys

import pytest
from virtual_sound import wait_for

from realtime_chat.cli.doctor.errors import ProbeDied, ProbeHung, ProbeRefused
from realtime_chat.cli.doctor.prober import Prober, prober


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import json, os, signal, sys, time\n{code}")


async def test_the_real_probe_loads_a_module_and_says_why_it_cannot():
    async with prober() as probe:
        assert await probe.ask("load", 60, module="json") == {}
        with pytest.raises(ProbeRefused) as refused:
            await probe.ask("load", 60, module="no_such_module")
        assert refused.value.kind == "ModuleNotFoundError"
        assert str(refused.value) == "No module named 'no_such_module'"


async def test_what_a_library_prints_is_no_answer(tmp_path, monkeypatch):
    (tmp_path / "chatty.py").write_text("import os\nos.write(1, b'{\"error\": 1}\\n')\nprint('loaded')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with prober() as probe:
        assert await probe.ask("load", 60, module="chatty") == {}


async def test_one_that_hangs_is_ended_and_another_one_started(tmp_path):
    mark = tmp_path / "pid"
    probe = Prober(program(f"sys.stdin.readline(); open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"))
    with pytest.raises(ProbeHung, match=r"no answer within 0\.5 s"):
        await probe.ask("anything", 0.5)
    if mark.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)
    with pytest.raises(ProbeHung):
        await probe.ask("anything", 0.1)
    assert await probe.close() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_one_that_crashes_says_how():
    probe = Prober(program("sys.stdin.readline(); os.kill(os.getpid(), signal.SIGABRT)"))
    with pytest.raises(ProbeDied, match="crashed \\(SIGABRT\\)"):
        await probe.ask("anything", 60)


async def test_one_that_ends_says_its_code():
    probe = Prober(program("sys.exit(3)"))
    with pytest.raises(ProbeDied, match="exit code 3"):
        await probe.ask("anything", 60)


async def test_it_gets_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    probe = Prober(program("sys.stdin.readline(); print(json.dumps(sorted(os.environ)), flush=True)"))
    # The answer is a list here, which `ask` hands on as it is.
    names = await probe.ask("anything", 60)
    await probe.close()
    assert "PATH" in names
    assert "OPENAI_API_KEY" not in names


async def test_words_of_a_library_are_made_safe():
    probe = Prober(program("sys.stdin.readline(); print(json.dumps({'error': 'E', 'reason': 'a\\x1b[2Jb\\nc'}))"))
    with pytest.raises(ProbeRefused) as refused:
        await probe.ask("anything", 60)
    assert str(refused.value) == "ab c"
    await probe.close()


async def test_one_that_is_waited_for_no_longer_is_ended_at_once(tmp_path):
    mark = tmp_path / "pid"
    code = f"sys.stdin.readline(); open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    probe = Prober(program(code))
    asking = asyncio.create_task(probe.ask("anything", 60))
    await asyncio.to_thread(wait_for, lambda: mark.exists() and bool(mark.read_text()), "the probe to begin")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
