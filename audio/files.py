"""Audio files: read, written, and standing in for a microphone and a speaker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import closing
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from realtime_chat.audio import libsndfile
from realtime_chat.audio.errors import EmptyAudio, UnreadableAudio, UnwritableAudio
from realtime_chat.audio.frame import SAMPLE_BYTES, SAMPLE_RATE, Frame, Framer, ms_to_samples
from realtime_chat.audio.frame_thread import FramesMicrophone
from realtime_chat.audio.pace import Metronome, Pace
from realtime_chat.audio.paced import PacedSpeaker
from realtime_chat.audio.quiet import quiet
from realtime_chat.audio.resample import Resampler
from realtime_chat.audio.sink import Sink, check_sink, open_sink

_BLOCK_FRAMES = 16_384
"""Sample frames read at once: a file of any length takes little memory."""


def read_audio(path: Path) -> bytes:
    """Read a whole file as PCM16 mono at 24 kHz.

    Args:
        path: WAV, FLAC, OGG or whatever else libsndfile knows, at any rate, with any number of channels (they are
            averaged).

    Raises:
        UnreadableAudio: It is not there, or not sound.
        EmptyAudio: It holds no sample.
    """
    return b"".join(read_blocks(path))


def read_blocks(path: Path) -> Generator[bytes]:
    """Like `read_audio`, in pieces of at least a sample; errors come with the first, or where the file breaks off."""
    is_empty = True
    try:
        if path.is_dir():
            raise UnreadableAudio(path, "it is a folder")
        if path.exists() and not path.is_file():  # to open a pipe could take for ever
            raise UnreadableAudio(path, "it is not a regular file")
        with path.open("rb") as raw:  # says why not, where libsndfile only says "System error"
            if not raw.read(1):
                raise EmptyAudio(path)
        with quiet(), libsndfile.load().SoundFile(libsndfile.name(path)) as file:
            resampler = Resampler(file.samplerate, SAMPLE_RATE)
            while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                if piece := resampler.push(_to_pcm16(block.mean(axis=1))):
                    is_empty = False
                    yield piece
            if piece := resampler.flush():
                is_empty = False
                yield piece
    except OSError as error:
        raise UnreadableAudio(path, error.strerror or str(error)) from error
    except (RuntimeError, TypeError, ValueError) as error:  # soundfile's own errors are RuntimeErrors
        raise UnreadableAudio(path, libsndfile.reason(error)) from error
    if is_empty:
        raise EmptyAudio(path)


def write_wav(path: Path, pcm: bytes) -> None:
    """Write PCM16 mono at 24 kHz as a WAV file, over whatever is there.

    Raises:
        UnwritableAudio: It cannot be written, or its name does not end in ``.wav``.
    """
    if path.suffix.lower() != ".wav":
        raise UnwritableAudio(path, "its name does not end in .wav")
    with closing(open_sink(path)) as sink:
        sink.write(pcm)


class FileMicrophone(FramesMicrophone):
    """Hears an audio file as if somebody spoke it now, then silence, then ends."""

    def __init__(self, path: Path, *, tail_ms: int = 1500, pace: Pace = Pace.REAL_TIME) -> None:
        """Name the file; ``async with`` opens it.

        Args:
            path: See `read_audio`.
            tail_ms: Silence after it, so that whoever listens can tell that the turn is over.
            pace: Whether it takes as long as it lasts, or is heard at once.
        """
        self._path = path
        self._tail = bytes(ms_to_samples(tail_ms) * SAMPLE_BYTES)
        self._pace = pace
        self._blocks: Generator[bytes] | None = None
        self._first = b""

    async def __aenter__(self) -> Self:
        self._blocks = read_blocks(self._path)
        self._first = next(self._blocks)  # a bad file is to be refused here, not in the middle of a conversation
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._blocks is not None:
            self._blocks.close()
            self._blocks = None

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield the file's frames and the silence after it; what does not fill the last frame is silence.

        Raises:
            UnreadableAudio: The file breaks off.
        """
        framer = Framer()
        metronome = Metronome(self._pace)
        for block in chain([self._first], self._blocks or (), [self._tail, None]):
            for frame in framer.flush() if block is None else framer.push(block):
                await metronome.until(frame.end)
                if self._blocks is None:
                    return
                yield frame


class FileSpeaker(PacedSpeaker):
    """Writes what a person would hear to an audio file, at the pace at which they would.

    The silence between items is left out; where an item starves, the silence that was heard is kept. The file is
    made, over whatever is there, when the first sound comes: where none does, nothing is lost.
    """

    def __init__(self, path: Path, *, pace: Pace = Pace.REAL_TIME) -> None:
        """Name the file; ``async with`` sees whether it could be made.

        Args:
            path: Ends in .wav, .flac or .ogg, in a folder that exists.
            pace: Whether an item takes as long as it lasts, or is written at once.
        """
        super().__init__(pace)
        self._path = path
        self._sink: Sink | None = None

    @property
    def is_begun(self) -> bool:
        """Something sounded, so that the file was made."""
        return self._sink is not None

    async def __aenter__(self) -> Self:
        check_sink(self._path)
        return await super().__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await super().__aexit__(kind, error, traceback)
        finally:
            if self._sink is not None:
                self._sink.close()

    def _sound(self, pcm: bytes) -> None:
        if not pcm:
            return
        if self._sink is None:
            self._sink = open_sink(self._path)
        self._sink.write(pcm)


def _to_pcm16(samples: NDArray[np.float32]) -> bytes:
    """Scale -1..1 to 16 bits; what is no number is silence. 16-bit samples come through unchanged."""
    scaled = np.rint(np.nan_to_num(samples, posinf=1.0, neginf=-1.0) * 32768.0)
    pcm: bytes = np.clip(scaled, -32768, 32767).astype("<i2").tobytes()
    return pcm
