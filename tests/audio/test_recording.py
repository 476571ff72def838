import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from virtual_sound import wait_for

from realtime_chat.audio import recording as module
from realtime_chat.audio.clock import now
from realtime_chat.audio.errors import UnwritableRecording
from realtime_chat.audio.frame import FRAME_SAMPLES, Frame
from realtime_chat.audio.memory import MemorySpeaker
from realtime_chat.audio.pace import Pace
from realtime_chat.audio.recording import Recording, check_recording

PERSON = np.full(FRAME_SAMPLES, 1000, "<i2").tobytes()
MODEL = np.full(240, 2000, "<i2").tobytes()


def nobody(error: UnwritableRecording) -> None:
    raise AssertionError(error)


def sides(path: Path) -> tuple[np.ndarray, np.ndarray]:
    samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == 24_000
    assert samples.shape[1] == 2
    return samples[:, 0], samples[:, 1]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_both_sides_are_in_the_file_where_they_were_said(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    async with Recording(path, failed=nobody) as recording:
        assert not path.exists()
        start = now() - 3.0
        for index in range(50):  # the person speaks from 0 to 1 s and from 2 to 3 s
            recording.person(Frame(index * 480, PERSON), start + (index + 1) * 0.02)
        for index in range(50):
            recording.person(Frame(index * 480, PERSON), start + 2.0 + (index + 1) * 0.02)
        for index in range(100):  # the model from 1.5 s to 2.5 s
            recording.model(MODEL, start + 1.5 + index * 0.01)
    assert recording.is_whole
    left, right = sides(path)
    assert len(left) == pytest.approx(72_000, abs=1)
    assert np.flatnonzero(left)[[0, -1]] == pytest.approx([0, 71_999], abs=1)
    assert np.count_nonzero(left == 1000) == 48_000
    assert not left[24_000:47_999].any()
    assert np.flatnonzero(right)[[0, -1]] == pytest.approx([36_000, 59_999], abs=1)
    assert np.count_nonzero(right == 2000) == 24_000


async def test_the_file_can_be_played_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    async with Recording(path, failed=nobody) as recording:
        start = now() - 10.0
        for index in range(1000):
            recording.model(MODEL, start + index * 0.01)
        await asyncio.to_thread(wait_for, lambda: path.exists() and path.stat().st_size > 44, "the first second")
        _, right = sides(path)
        assert right[:24_000].all()
    assert np.count_nonzero(sides(path)[1]) == 240_000


async def test_what_a_speaker_sounds_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    sound = np.full(12_000, 100, "<i2").tobytes()
    async with Recording(path, failed=nobody) as recording, MemorySpeaker(pace=Pace.REAL_TIME) as speaker:
        speaker.tap(recording.model)
        speaker.play("a", sound)
        speaker.end("a")
        events = speaker.events()
        await anext(events)
        await anext(events)
    left, right = sides(path)
    assert not left.any()
    assert np.array_equal(right[:12_000], np.full(12_000, 100))


async def test_a_talk_without_sound_leaves_no_file(tmp_path: Path) -> None:
    async with Recording(tmp_path / "talk.wav", failed=nobody) as recording:
        pass
    assert not recording.is_whole
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("old.wav", "it exists already"),
        ("talk.flac", r"does not end in \.wav"),
        ("talk", "has no ending"),
        ("no/talk.wav", "no such folder"),
        ("a\0.wav", "null"),
    ],
)
async def test_a_bad_path_is_refused_before_the_talk_begins(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "old.wav").write_bytes(b"the talk of yesterday")
    with pytest.raises(UnwritableRecording, match=reason) as refused:
        await Recording(tmp_path / name, failed=nobody).__aenter__()
    assert refused.value.path == tmp_path / name
    assert names(tmp_path) == ["old.wav"]
    assert (tmp_path / "old.wav").read_bytes() == b"the talk of yesterday"


def test_to_ask_makes_no_file(tmp_path: Path) -> None:
    check_recording(tmp_path / "talk.WAV")
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    failed: asyncio.Future[UnwritableRecording] = asyncio.get_running_loop().create_future()
    recording = Recording(path, failed=failed.set_result)
    async with recording:
        path.write_bytes(b"something else")
        recording.model(MODEL, now() - 5)
        error = await failed
        recording.model(MODEL, now())  # the talk goes on
        assert not recording._blocks
    assert error.path == path
    assert path.read_bytes() == b"something else"


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")
async def test_a_disk_that_is_full_ends_the_recording_and_leaves_what_was_written(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "talk.wav"
    failed: asyncio.Future[UnwritableRecording] = asyncio.get_running_loop().create_future()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        async with Recording(path, failed=failed.set_result) as recording:
            start = now() - 10.0
            for index in range(1000):
                recording.model(MODEL, start + index * 0.01)
            error = await failed
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.path == path
    assert "\n" not in str(error)
    assert 24_000 <= len(sides(path)[1]) <= 75_000
    assert not recording._thread.is_alive()


async def test_a_fault_of_ours_ends_the_recording_and_not_the_talk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[UnwritableRecording] = []

    def broken(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(module.Timeline, "person", broken)
    async with Recording(tmp_path / "talk.wav", failed=failures.append) as recording:
        recording.person(Frame(0, PERSON), now())
    await asyncio.sleep(0)
    assert not recording.is_whole
    assert [failure.reason for failure in failures] == ["ValueError: broken"]


async def test_a_disk_that_hangs_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_free = threading.Event()
    hanging = threading.Event()

    class HangingSink(module.WavSink):
        def write(self, pcm: bytes) -> None:
            hanging.set()
            is_free.wait()
            super().write(pcm)

    monkeypatch.setattr(module, "WavSink", HangingSink)
    async with Recording(tmp_path / "talk.wav", failed=nobody) as recording:
        recording.model(MODEL, now() - 5)
        await asyncio.to_thread(hanging.wait)
        for _ in range(20_000):
            recording.model(MODEL, now())
        assert len(recording._blocks) == 9000
        is_free.set()


TALK = """
import asyncio, sys
from pathlib import Path
import numpy as np
from realtime_chat.audio.clock import now
from realtime_chat.audio.frame import Frame
from realtime_chat.audio.recording import Recording

async def main():
    async with Recording(Path(sys.argv[1]), failed=print) as recording:
        start = now() - 4
        for index in range(400):  # four seconds that are over
            recording.model(np.full(240, 2000, "<i2").tobytes(), start + index * 0.01)
        print(start, flush=True)
        index = 0
        while True:
            at = now()
            recording.person(Frame(index * 480, np.full(480, 1000, "<i2").tobytes()), at)
            index += 1
            print(at, flush=True)
            await asyncio.sleep(0.02)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9")
def test_a_program_that_is_killed_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    process = subprocess.Popen([sys.executable, "-c", TALK, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    start = float(process.stdout.readline())
    latest = start
    while latest < start + 7.3:
        latest = float(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    with process:
        latest = max([latest, *(float(line) for line in process.stdout.read().splitlines())])
    left, right = sides(path)
    assert len(left) / 24_000 >= latest - start - 1.0 - 1.0  # a second, and what a busy machine delays a thread
    assert np.count_nonzero(right == 2000) == 96_000
    assert np.count_nonzero(left == 1000) > 24_000
