"""`text --speak` as a process, against a scripted server."""

import wave

import numpy as np
import pytest
from program import Program, ScriptedServer
from sound_pieces import samples
from synthetic_voice import RATE
from virtual_sound import VirtualSound, wait_for


@pytest.mark.devices
def test_a_typed_conversation_is_read_aloud(client: Program, scripted: ScriptedServer, sound_devices: VirtualSound):
    with sound_devices.listen() as speaker:
        done = client("text", "--speak", "--server", scripted.url, "good morning", stdin=None, **sound_devices.env)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"You said: good morning\n", b"")
        wait_for(lambda: speaker.sounded_s() > 1, "the answer")


def test_a_typed_conversation_is_read_aloud_to_a_file(client: Program, scripted: ScriptedServer, tmp_path):
    spoken = []
    for number, options in enumerate([(), ("--speed", "1.5"), ("--volume", "0.5")]):
        path = tmp_path / f"{number}.wav"
        words = ("text", "--speak", "--output", str(path), "--server", scripted.url, *options, "good morning")
        done = client(*words, stdin=None)
        assert (done.returncode, done.stdout) == (0, b"You said: good morning\n"), done.stderr
        with wave.open(str(path)) as file:
            spoken.append(samples(file.readframes(file.getnframes())))
    usual, fast, quiet = spoken
    assert len(usual) > RATE
    assert len(usual) * 0.6 < len(fast) < len(usual) * 0.75
    assert len(quiet) == len(usual)
    assert np.abs(quiet[RATE // 10 :]).max() == pytest.approx(np.abs(usual).max() / 2, rel=0.02)
