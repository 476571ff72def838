import json

import pytest
from program import Program


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
