"""`Sink`: an audio file being written."""

from __future__ import annotations

import os
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from realtime_chat.audio import libsndfile
from realtime_chat.audio.errors import UnwritableAudio
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE

_WAV = ".wav"
_WAV_BYTES = 2**32 - 1024
"""Most of the sound that a WAV file can say it holds: some 24 hours in one channel."""

_SOUNDFILE_FORMATS = {".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}


class Sink(Protocol):
    """A file that takes sound."""

    def write(self, pcm: bytes) -> None:
        """Add whole samples of PCM16 mono at 24 kHz.

        Raises:
            UnwritableAudio: They cannot be written; the file must be closed all the same.
        """
        ...

    def close(self) -> None:
        """Finish the file; a second time it does nothing.

        Raises:
            UnwritableAudio: It cannot be finished.
        """
        ...


def open_sink(path: Path) -> Sink:
    """Begin a file, over whatever is there. The ending of its name says the format: .wav, .flac or .ogg.

    A WAV file is whole after each `Sink.write`, so that it can be played even after a crash.

    Raises:
        UnwritableAudio: The ending is none of these, or the file cannot be made.
    """
    suffix = _known_suffix(path)
    if suffix == _WAV:
        return WavSink(path)
    return _SoundFileSink(path, *_SOUNDFILE_FORMATS[suffix])


def check_sink(path: Path) -> None:
    """See whether `open_sink` could begin a file, and leave whatever is there as it is.

    Raises:
        UnwritableAudio: Its folder does not exist or takes no file, it is a folder itself, what is there cannot be
            written, or its ending is none of those known.
    """
    with _translated(path):
        if path.is_dir():
            raise UnwritableAudio(path, "it is a folder")
        folder = path.absolute().parent
        if not folder.is_dir():
            raise UnwritableAudio(path, "there is no such folder")
        _known_suffix(path)
        if path.is_fifo():
            raise UnwritableAudio(path, "it is a pipe")  # to open one could take for ever
        try:
            os.close(os.open(path, os.O_WRONLY))
        except FileNotFoundError:
            # Only making a file tells for certain: permissions alone say little on some systems.
            with tempfile.TemporaryFile(dir=folder):
                pass


def _known_suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix != _WAV and suffix not in _SOUNDFILE_FORMATS:
        raise UnwritableAudio(path, f"the ending {suffix!r} names no known format" if suffix else "it has no ending")
    return suffix


class WavSink:
    """A WAV file: whole after each `write`, so that it can be played even after a crash.

    The standard library's ``wave`` corrects the header after each piece, which libsndfile does at the end only.
    """

    def __init__(self, path: Path, *, channels: int = 1, replaces: bool = True) -> None:
        """Begin it.

        Args:
            path: Where.
            channels: How many; their samples lie side by side.
            replaces: It may take the place of a file that is there.

        Raises:
            UnwritableAudio: It cannot be made.
        """
        self._path = path
        self._room = _WAV_BYTES
        with _translated(path):
            self._file = path.open("wb" if replaces else "xb")
            self._wave = wave.Wave_write(self._file)
            self._wave.setnchannels(channels)
            self._wave.setsampwidth(SAMPLE_BYTES)
            self._wave.setframerate(SAMPLE_RATE)
        try:
            self.write(b"")  # a file with no sound yet is a whole one, too
        except UnwritableAudio:
            with suppress(UnwritableAudio):
                self.close()
            raise

    def write(self, pcm: bytes) -> None:
        """Add PCM16 at 24 kHz; see `Sink`."""
        self._room -= len(pcm)
        if self._room < 0:
            raise UnwritableAudio(self._path, "a WAV file holds no more than 4 GB")
        with _translated(self._path):
            self._wave.writeframes(pcm)
            self._file.flush()

    def close(self) -> None:
        """Finish it; see `Sink`."""
        with _translated(self._path):
            try:
                self._wave.close()
            finally:
                self._file.close()


class _SoundFileSink:
    def __init__(self, path: Path, format_: str, subtype: str) -> None:
        self._path = path
        with _translated(path):
            path.open("wb").close()  # says why not, where libsndfile only says "System error"
            self._file = libsndfile.load().SoundFile(
                libsndfile.name(path), "w", samplerate=SAMPLE_RATE, channels=1, format=format_, subtype=subtype
            )

    def write(self, pcm: bytes) -> None:
        with _translated(self._path):
            self._file.buffer_write(pcm, dtype="int16")

    def close(self) -> None:
        with _translated(self._path):
            self._file.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnwritableAudio(path, error.strerror or str(error)) from error
    except ValueError as error:  # a name with a null byte
        raise UnwritableAudio(path, str(error)) from error
    except (RuntimeError, AssertionError) as error:
        # soundfile's errors are RuntimeErrors; a short write is an assertion that fails.
        raise UnwritableAudio(path, libsndfile.reason(error) or "not all of it could be written") from error
