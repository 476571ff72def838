"""Both detectors must tell the noises of a room from a voice."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noises import coughs, hum, keyboard, music, pink
from synthetic_voice import silence, voice

from realtime_chat.audio.detector import LEVELS, PIECE_BYTES, SpeechDetector, VoiceDetector, Wideband
from realtime_chat.audio.frame import Framer
from realtime_chat.audio.gate import SpeechStarted, VoiceGate


@pytest.mark.parametrize("level", [2, 3])
@pytest.mark.parametrize("noise", [keyboard, hum, pink, music, coughs])
def test_no_noise_opens_the_gate(noise: Callable[[], np.ndarray], level: int) -> None:
    gate = VoiceGate(level, speech=SpeechDetector(level))
    sound = np.clip(noise(), -32768, 32767).astype("<i2").tobytes()
    events = [event for frame in Framer().push(sound) for event in gate.push(frame)]
    assert not any(isinstance(event, SpeechStarted) for event in events)


@pytest.mark.parametrize("level", LEVELS)
def test_a_voice_is_heard_at_every_level(level: int) -> None:
    detector = SpeechDetector(level)
    suspects, begins, goes_on = [], [], []
    for piece in pieces(silence(400) + voice(800) + silence(800)):
        detector.push(piece)
        suspects.append(detector.suspects)
        begins.append(detector.begins)
        goes_on.append(detector.goes_on)
    assert not any(begins[:20])
    assert any(begins[20:26])
    assert suspects.index(True) <= begins.index(True)
    assert all(goes_on[26:58])
    assert not goes_on[-1]


def test_webrtcvad_tells_a_voice_from_silence() -> None:
    detector = VoiceDetector(2)
    verdicts = [detector.is_voice(piece) for piece in pieces(silence(400) + voice(400))]
    assert not any(verdicts[:20])
    assert all(verdicts[22:])


@given(st.integers(1, 40))
def test_wideband_pieces_are_whole_and_as_loud(frames: int) -> None:
    assert {len(piece) for piece in pieces(voice(20 * frames))} == {PIECE_BYTES}


def test_a_frame_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="960 bytes, not 4"):
        Wideband().push(bytes(4))


def pieces(sound: bytes) -> list[bytes]:
    wideband = Wideband()
    return [wideband.push(frame.pcm) for frame in Framer().push(sound)]
