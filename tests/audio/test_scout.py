import asyncio
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from sound_cards import SoundCards

from realtime_chat.audio import scout as module
from realtime_chat.audio.patchbay import Known
from realtime_chat.audio.scout import Scout, parsed


def test_what_was_written_is_read() -> None:
    assert parsed(b'[["input", "a \\"b\\""], ["output", "c"]]\n') == {("input", 'a "b"'), ("output", "c")}
    assert parsed(b"[]\n") == frozenset()


@pytest.mark.devices
async def test_it_sees_what_is_plugged_in_and_leaves_nothing_behind(sound_cards: SoundCards) -> None:
    seen: asyncio.Queue[Known] = asyncio.Queue()
    scout = Scout(seen.put_nowait)
    scout.recall()
    scout.send_out()
    scout.send_out()
    async with asyncio.timeout(60):
        first = await seen.get()
        assert {name for _, name in first} == {"desk", "stand", "default"}
        (child,) = [one for one in psutil.Process().children() if module.__name__ in one.cmdline()]
        sound_cards.plug("headset")
        while {("input", "headset"), ("output", "headset")} - await seen.get():
            pass
        scout.recall()
        scout.recall()
        await scout.gone()
    assert not child.is_running()


async def test_where_no_process_can_be_started_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    scout = Scout(lambda _seen: pytest.fail("nothing can be seen"))
    scout.send_out()
    assert scout._task is not None
    await scout._task
    scout.recall()
    await scout.gone()


async def test_a_child_that_dies_is_followed_by_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-a-child")
    monkeypatch.setattr(module, "PERIOD_S", 0.01)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "[[\\"input\\", \\"$$ ${OPENAI_API_KEY:-no key}\\"]]"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    seen: asyncio.Queue[Known] = asyncio.Queue()
    scout = Scout(seen.put_nowait)
    scout.send_out()
    async with asyncio.timeout(60):
        ((_, first),), ((_, second),) = await seen.get(), await seen.get()
        scout.recall()
        await scout.gone()
    assert first != second
    assert first.endswith(" no key")


@pytest.mark.devices
def test_it_ends_with_its_parent(sound_cards: SoundCards) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", module.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert parsed(child.stdout.readline())
    _, errors = child.communicate(timeout=60)  # closes its standard input
    assert (child.returncode, errors) == (0, b"")
