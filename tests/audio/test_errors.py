from pathlib import Path

import pytest

from realtime_chat.audio import errors
from realtime_chat.audio.errors import (
    AudioError,
    AudioFileError,
    DeviceFailed,
    DeviceLost,
    EmptyAudio,
    NoDevice,
    PortAudioMissing,
    UnknownDevice,
    UnreadableAudio,
    UnwritableAudio,
    UnwritableRecording,
)

EVERY_ERROR = [
    (PortAudioMissing("PortAudio library not found"), "apt install libportaudio2"),
    (NoDevice("input"), "--input FILE"),
    (NoDevice("output"), "--output FILE"),
    (UnknownDevice("input", "x", ("0 pulse", "1 default")), "0 pulse, 1 default"),
    (DeviceFailed("card", "Device unavailable"), "realtime-chat devices"),
    (DeviceLost("output"), "connect it again"),
    (UnreadableAudio(Path("a.txt"), "Format not recognised"), "WAV, FLAC or OGG"),
    (EmptyAudio(Path("a.wav")), "somebody speaks"),
    (UnwritableAudio(Path("no/a.wav"), "No such file or directory"), ".wav, .flac or .ogg"),
    (UnwritableRecording(Path("a.wav"), "it exists already"), "a new .wav file"),
]


@pytest.mark.parametrize(("error", "next_step"), EVERY_ERROR)
def test_each_error_is_one_sentence_with_the_next_step(error: AudioError, next_step: str) -> None:
    sentence = str(error)
    assert next_step in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence.replace("(", "").replace(")", "")


def test_the_tree_is_the_one_that_is_drawn() -> None:
    classes = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
    raised = {name for name, value in classes.items() if issubclass(value, AudioError)}
    assert errors.__doc__ is not None
    drawn = {line.lstrip(" │├└─").split()[0] for line in errors.__doc__.splitlines() if "─" in line}
    assert drawn | {"AudioError"} == raised
    assert {name for name in raised if issubclass(classes[name], AudioFileError)} == {
        "AudioFileError",
        "UnreadableAudio",
        "EmptyAudio",
        "UnwritableAudio",
        "UnwritableRecording",
    }
    assert {type(error).__name__ for error, _ in EVERY_ERROR} == raised - {"AudioError", "AudioFileError"}


def test_nothing_from_outside_reaches_the_terminal_as_a_command() -> None:
    bad = "\x1b]0;title\x07\n\u202e"
    for error in (
        PortAudioMissing(bad),
        UnknownDevice("input", bad, (bad,)),
        DeviceFailed(bad, bad),
        UnreadableAudio(Path(bad), bad),
        EmptyAudio(Path(bad)),
        UnwritableAudio(Path(bad), bad),
    ):
        assert str(error).isprintable()
