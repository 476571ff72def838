import json
import sys

import pexpect
import pytest
from program import COMMAND, SECONDS, Program
from synthetic_voice import voice
from virtual_sound import wait_for

from realtime_chat.audio.files import write_wav


def test_no_device(program: Program):
    done = program("devices")
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.startswith(b"No microphone was found")


def test_no_portaudio(program: Program, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    done = program("devices", PYTHONPATH=str(tmp_path))
    assert done.returncode == 4
    assert b"libportaudio2" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.devices
def test_devices(program: Program, sound_devices):
    done = program("devices", **sound_devices.env)
    assert done.returncode == 0
    assert any(b"*" in line for line in done.stdout.splitlines())
    rows = [json.loads(line) for line in program("devices", "--json", **sound_devices.env).stdout.splitlines()]
    assert [row["default_input"] for row in rows].count(True) == 1
    assert len(rows) == len(done.stdout.splitlines())


def test_a_device_to_test_needs_the_test(program: Program):
    done = program("devices", "--input", "0")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"add --test" in done.stderr


def test_no_device_to_test(program: Program):
    for arguments in ((), ("--json",), ("--input", "x", "--output", "y")):
        done = program("devices", "--test", *arguments)
        assert (done.returncode, done.stdout) == (4, b"")
        assert done.stderr.startswith(b"No speaker was found")
        assert done.stderr.count(b"\n") == 1


@pytest.mark.devices
def test_the_devices_are_tried_in_plain_lines(program: Program, sound_devices, tmp_path):
    spoken = tmp_path / "spoken.wav"
    write_wav(spoken, voice(8_000))
    process = program.start("devices", "--test", **sound_devices.env)
    with sound_devices.record_speaker() as recording:
        sound_devices.speak_into_microphone(spoken)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    lines = out.decode().splitlines()
    assert [line for line in lines if not line.startswith(" ")][:2] == [
        "A tone on 'default':",
        "Say something: 'default' listens for 4 seconds.",
    ]
    assert any(line.startswith("Heard, at most -") for line in lines)
    assert lines.count("What was heard, on 'default':") == 1
    assert b"\x1b" not in out
    assert len(recording.pcm()) > 2 * 24_000 * 3


@pytest.mark.devices
def test_silence_is_said_and_not_played(program: Program, sound_devices):
    done = program("devices", "--test", "--input", "nothing like it", **sound_devices.env)
    assert done.returncode == 0
    assert b"Only silence was heard" in done.stdout
    assert b"What was heard" not in done.stdout
    assert b"No microphone is called 'nothing like it'" in done.stderr
    assert b"'default' is tried" in done.stderr


@pytest.mark.devices
def test_a_test_for_scripts(program: Program, sound_devices):
    done = program("devices", "--test", "--json", **sound_devices.env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {
        "type": "device_test",
        "input": "default",
        "output": "default",
        "loudest": 0.0,
        "heard_ms": 4000,
    }


@pytest.mark.devices
def test_what_there_is_is_tried(program: Program, sound_cards):
    sound_cards.unplug("stand")
    done = program("devices", "--test", **sound_cards.env)
    assert done.returncode == 4
    assert b"A tone on" in done.stdout
    assert done.stderr.startswith(b"No microphone was found")
    sound_cards.unplug("desk")
    sound_cards.plug("stand")
    done = program("devices", "--test", **sound_cards.env)
    assert done.returncode == 4
    assert b"Only silence was heard" in done.stdout
    assert done.stderr.startswith(b"No speaker was found")


@pytest.mark.devices
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal on this system")
def test_ctrl_c_ends_a_test_and_leaves_the_terminal_as_it_was(program: Program, sound_devices):
    env = program.env | sound_devices.env
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "devices", "--test"], env=env, dimensions=(24, 80), timeout=SECONDS
    )
    child.expect("Say something")
    child.expect(r"\[-+\] silent")
    child.sendintr()
    child.expect(pexpect.EOF)
    assert "\x1b[?25h" in child.before.decode()
    assert b"Traceback" not in child.before
    child.close()
    assert child.exitstatus == 130
    wait_for(lambda: sound_devices.listeners() == sound_devices.players() == 0, "the devices to be free")
