import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from virtual_sound import VirtualSound, wait_for

from realtime_chat.audio.devices import Device
from realtime_chat.cli.doctor import sound
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.doctor.prober import Prober, prober
from realtime_chat.cli.doctor.sound import SoundChecks, Wanted, judge_echo


async def all_of(checks: SoundChecks) -> dict[str, Finding]:
    return {finding.name: finding for check in checks.checks() async for finding in check.look()}


@pytest.fixture
async def probe() -> AsyncIterator[Prober]:
    async with prober() as asked:
        yield asked


@pytest.fixture
def loudspeaker(virtual_sound: VirtualSound) -> Iterator[Callable[[str], None]]:
    """Let the microphone hear the speaker, as loud as is said."""
    loaded: list[str] = []

    def hear(volume: str) -> None:
        before = inputs(virtual_sound)
        module = virtual_sound._pactl(
            "load-module", "module-loopback", "source=vspk.monitor", "sink=vmicfeed", "latency_msec=40"
        )
        loaded.append(module.strip())
        (fresh,) = inputs(virtual_sound) - before
        virtual_sound._pactl("set-sink-input-volume", fresh, volume)

    yield hear
    for module in loaded:
        virtual_sound._pactl("unload-module", module)


def inputs(devices: VirtualSound) -> set[str]:
    return {line.split()[0] for line in devices._pactl("list", "short", "sink-inputs").splitlines()}


@pytest.fixture
def murmur(virtual_sound: VirtualSound, tmp_path: Path) -> Iterator[Callable[[float], None]]:
    """Let the microphone hear noise of a level."""
    import soundfile

    playing: list[subprocess.Popen[bytes]] = []

    def play(amplitude: float) -> None:
        noise = np.random.default_rng(1).uniform(-amplitude, amplitude, 24_000 * 60)
        path = tmp_path / "noise.wav"
        soundfile.write(path, np.clip(noise, -1, 1), 24_000, "PCM_16")
        before = inputs(virtual_sound)
        playing.append(subprocess.Popen(["paplay", "--device=vmicfeed", str(path)]))
        wait_for(lambda: inputs(virtual_sound) != before, "paplay to begin")

    yield play
    for process in playing:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("name", [None, "default", " Default"])
def test_the_default_device_may_be_named(name: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "default").mkdir()
    devices = (
        Device(0, "stand", "ALSA", 1, 0, True, False, 48_000),
        Device(1, "desk", "ALSA", 0, 2, False, False, 48_000),
    )
    checks = SoundChecks(unasked(), Wanted(name, name))
    checks.devices = devices
    assert checks._meant("input") == devices[0]
    missing = checks._meant("output")
    assert isinstance(missing, Finding)
    assert missing.what == "no speaker is the default one"


def unasked() -> Prober:
    """A probe that nobody asks."""
    return cast("Prober", None)


@pytest.mark.devices
async def test_a_microphone_that_is_muted(virtual_sound: VirtualSound, probe: Prober):
    found = await all_of(SoundChecks(probe, Wanted()))
    assert found["portaudio"].verdict is Verdict.OK
    assert found["portaudio"].what.startswith("PortAudio V")
    (microphone,) = [finding for name, finding in found.items() if name.startswith("input ")]
    assert microphone.verdict is Verdict.OK
    assert microphone.what.endswith("* opens, 24000 Hz, 1 channel")
    assert [finding.verdict for name, finding in found.items() if name.startswith("output ")] == [Verdict.OK]
    assert found["microphone level"].verdict is Verdict.WARN
    assert found["microphone level"].what.startswith("it gives nothing but zeros")
    assert found["echo path"].verdict is Verdict.SKIP


@pytest.mark.devices
async def test_headphones(murmur: Callable[[float], None], probe: Prober):
    murmur(0.01)
    found = await all_of(SoundChecks(probe, Wanted()))
    # Evenly spread noise of amplitude a has the power a²/3.
    assert found["microphone level"].verdict is Verdict.OK
    assert found["microphone level"].what.startswith("-45 dBFS")
    assert found["echo path"].verdict is Verdict.OK
    assert found["echo path"].what.startswith("the microphone does not hear the speaker")


@pytest.mark.devices
async def test_a_microphone_that_clips(murmur: Callable[[float], None], probe: Prober):
    murmur(4.0)
    found = await all_of(SoundChecks(probe, Wanted(is_heard=False)))
    assert found["microphone level"].verdict is Verdict.WARN
    assert found["microphone level"].what.startswith("it clips")
    assert (found["echo path"].verdict, found["echo path"].what) == (
        Verdict.SKIP,
        "no sound was to be played (--no-chirp)",
    )


@pytest.mark.devices
@pytest.mark.parametrize(("volume", "gain_db"), [("79.43%", -6.0), ("46.42%", -20.0)])  # PulseAudio cubes a volume
async def test_a_loudspeaker(
    loudspeaker: Callable[[str], None],
    murmur: Callable[[float], None],
    probe: Prober,
    monkeypatch: pytest.MonkeyPatch,
    volume: str,
    gain_db: float,
):
    loudspeaker(volume)
    murmur(0.01)
    answers: list[dict[str, Any]] = []
    ask = probe.ask

    async def kept(*arguments: Any, **more: Any) -> dict[str, Any]:
        answers.append(await ask(*arguments, **more))
        return answers[-1]

    monkeypatch.setattr(probe, "ask", kept)
    found = await all_of(SoundChecks(probe, Wanted()))
    assert found["echo path"].verdict is Verdict.OK, found["echo path"]
    heard = answers[-1]["heard"]
    assert heard["gain_db"] == pytest.approx(gain_db, abs=1)
    assert 40 <= heard["delay_ms"]  # noqa: SIM300 - the loop's own delay is the floor


@pytest.mark.devices
async def test_a_monitor_in_place_of_a_microphone(loudspeaker: Callable[[str], None], probe: Prober):
    loudspeaker("100%")
    found = await all_of(SoundChecks(probe, Wanted()))
    assert found["echo path"].verdict is Verdict.WARN
    assert "monitor" in found["echo path"].todo


@pytest.mark.devices
@pytest.mark.usefixtures("no_sound_devices")
async def test_no_device_at_all(probe: Prober):
    found = await all_of(SoundChecks(probe, Wanted()))
    assert {name: finding.verdict for name, finding in found.items()} == {
        "portaudio": Verdict.OK,
        "default input": Verdict.FAIL,
        "default output": Verdict.FAIL,
        "microphone level": Verdict.SKIP,
        "echo path": Verdict.SKIP,
    }
    assert "realtime-chat text" in found["default input"].todo
    assert "--no-sound" in found["default input"].todo


@pytest.mark.devices
async def test_devices_by_name(virtual_sound: VirtualSound, probe: Prober):
    found = await all_of(SoundChecks(probe, Wanted(source="no such thing", sink="DEFAULT", is_heard=False)))
    assert found["--input"].verdict is Verdict.FAIL
    assert found["--input"].what == "No microphone is called 'no such thing'"
    assert "--output" not in found
    assert found["microphone level"].verdict is Verdict.SKIP


@pytest.mark.devices
async def test_a_sound_server_that_hangs(
    unpluggable_sound: VirtualSound, probe: Prober, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sound, "_OPEN_S", 1.0)
    checks = SoundChecks(probe, Wanted())
    assert [finding.verdict async for finding in checks.look_at_portaudio()] == [Verdict.OK]
    daemon = unpluggable_sound._daemon
    assert daemon is not None
    daemon.send_signal(signal.SIGSTOP)
    try:
        (finding,) = [finding async for finding in checks.look_at_devices("input")]
    finally:
        daemon.send_signal(signal.SIGCONT)
    assert finding.verdict is Verdict.FAIL
    assert "cannot be opened: no answer within 1 s" in finding.what
    # And the next one is asked of a new probe.
    (finding,) = [finding async for finding in checks.look_at_devices("output")]
    assert finding.verdict in {Verdict.OK, Verdict.FAIL}


@pytest.mark.devices
async def test_devices_that_went_away_since_they_were_listed(unpluggable_sound: VirtualSound, probe: Prober):
    checks = SoundChecks(probe, Wanted())
    assert [finding.verdict async for finding in checks.look_at_portaudio()] == [Verdict.OK]
    unpluggable_sound.unplug()
    found = [finding async for finding in checks.look_at_devices("output")]
    assert [finding.verdict for finding in found] == [Verdict.FAIL]
    assert "cannot be opened" in found[0].what
    assert [finding.verdict async for finding in checks.look_at_level()] == [Verdict.SKIP]


async def test_no_portaudio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: Prober):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = await all_of(SoundChecks(probe, Wanted()))
    assert found["portaudio"].verdict is Verdict.FAIL
    assert found["portaudio"].what == "PortAudio library not found"
    assert "libportaudio2" in found["portaudio"].todo
    assert {finding.verdict for name, finding in found.items() if name != "portaudio"} == {Verdict.SKIP}
    assert found["microphones"].what == found["speakers"].what == "PortAudio does not work"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_portaudio_that_crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: Prober):
    (tmp_path / "sounddevice.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (finding,) = [finding async for finding in SoundChecks(probe, Wanted()).look_at_portaudio()]
    assert finding.verdict is Verdict.FAIL
    assert "SIGSEGV" in finding.what


class Answers(Prober):
    """Gives answers that were made up, as a machine with several devices would."""

    async def ask(self, do: str, seconds: float, **request: Any) -> dict[str, Any]:
        if do == "portaudio":
            return {"version": "PortAudio V19, revision x"}
        if do == "devices":
            keys = ("index", "name", "host_api", "inputs", "outputs", "default_input", "default_output", "sample_rate")
            rows = [
                (0, "card", "ALSA", 2, 2, False, False, 48_000),
                (1, "other", "ALSA", 1, 0, False, False, 48_000),
            ]
            return {"devices": [dict(zip(keys, row, strict=True)) for row in rows]}
        return await super().ask(do, seconds, **request)


async def test_devices_and_no_default_among_them():
    probe = Answers()
    checks = SoundChecks(probe, Wanted())
    _ = [finding async for finding in checks.look_at_portaudio()]
    found = [finding async for finding in checks.look_at_devices("input")]
    await probe.close()
    assert checks.devices[1] == Device(1, "other", "ALSA", 1, 0, False, False, 48_000)
    assert (found[0].name, found[0].verdict) == ("default input", Verdict.FAIL)
    assert found[0].what == "no microphone is the default one"
    # They are not here: but nobody meant to use them.
    assert [finding.verdict for finding in found[1:]] == [Verdict.WARN, Verdict.WARN]
    assert all(finding.todo for finding in found)


@pytest.mark.parametrize(
    ("delay_ms", "gain_db", "likeness", "verdict", "words"),
    [
        (63, -12.4, 0.7, Verdict.OK, "after 63 ms, 12 dB quieter than it was played"),
        (63, 0.1, 0.7, Verdict.OK, "after 63 ms, as loud as it was played"),
        (63, 5, 0.7, Verdict.WARN, "5 dB louder"),
        (630, -5, 0.7, Verdict.WARN, "after 630 ms"),
        (63, -0.3, 0.98, Verdict.WARN, "unchanged"),
        (63, -6, 0.999, Verdict.OK, "6 dB quieter"),
    ],
)
def test_what_an_echo_means(delay_ms: float, gain_db: float, likeness: float, verdict: Verdict, words: str):
    heard = {"delay_ms": delay_ms, "gain_db": gain_db, "likeness": likeness}
    finding = judge_echo({"is_silent": False, "heard": heard})
    assert finding.verdict is verdict
    assert words in finding.what
    assert bool(finding.todo) is (verdict is Verdict.WARN)
