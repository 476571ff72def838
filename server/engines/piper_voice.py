"""A Piper voice (VITS) on onnxruntime, in two parts: sounds to latents at once, latents to sound in chunks."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.subgraph import Graph

SAMPLES_PER_FRAME = 256
"""Samples that the decoder makes of one latent frame (VITS' hop)."""

OVERLAP = 12
"""Frames of context that the decoder needs on each side: with them, chunks equal the whole (130 dB)."""

FIRST_CHUNK = 24
"""Frames of the first chunk: 0.28 s of sound for some 30 ms of work."""

LARGEST_CHUNK = 64
"""Frames that chunks grow to, doubling; twice as many would save 8 % of the work and take 60 MB more."""

_LATENTS = "/Mul_7_output_0"
_FRAMES = "/Ceil_output_0"
_INPUTS = ("input", "input_lengths", "scales")
_BEGIN, _END, _PAD = "^", "$", "_"


class PiperVoice:
    """One voice, loaded.

    Args:
        model: The ``.onnx`` file; its settings stand beside it with ``.json`` added to the name.

    Attributes:
        rate: Samples a second of what `decode` gives.
        alphabet: The voice's symbols, each with its numbers.

    Raises:
        EngineMissing: onnxruntime is not installed.
        EngineError: A file cannot be read or is not what it should be.
    """

    rate: int
    alphabet: Mapping[str, Sequence[int]]

    def __init__(self, model: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise EngineMissing("speaking", "the package onnxruntime") from error
        self._runtime: Any = onnxruntime
        try:
            settings = json.loads(model.with_name(model.name + ".json").read_bytes())
            self.rate = int(settings["audio"]["sample_rate"])
            self.alphabet = {str(symbol): list(ids) for symbol, ids in settings["phoneme_id_map"].items()}
            self._begin, self._end, self._pad = (self.alphabet[name] for name in (_BEGIN, _END, _PAD))
            inference = settings["inference"]
            # The voice's own, 0.667 and 0.8: with 0.5 for the second, Moonshine misheard 12 of 160 short answers, not
            # 25 of 224, which may be chance; Whisper's word errors on the bench's sentences did not fall (2.9 %).
            self._noise = (float(inference["noise_scale"]), float(inference["noise_w"]))
            self._pace = float(inference["length_scale"])
            self._encoder, self._decoder = self._load(model)
        except OSError as error:
            raise EngineError("speaking", f"{model.name} cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError("speaking", f"{model.name} is not a Piper voice ({error!r})") from error

    def ids(self, symbols: str) -> list[int]:
        """The numbers of ``symbols``, each followed by the filler that Piper voices are trained with."""
        return [number for symbol in symbols for number in (*self.alphabet[symbol], *self._pad)]

    def options(self) -> Any:
        """Give a handle for `encode` and `decode`; setting its ``terminate`` stops them within milliseconds."""
        return self._runtime.RunOptions()

    def encode(
        self, ids: Sequence[int], *, speed: float, options: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Turn the numbers of an utterance into latents.

        Args:
            ids: From `ids`, without what marks the beginning and the end.
            speed: Times the voice's own pace.
            options: From `options`.

        Returns:
            Latents, shape [1, channels, frames], and for each of ``ids`` the frame at which it ends; the
            first frames belong to the beginning's mark, the last to the end's.

        Raises:
            EngineError: The model failed, or was stopped by ``options``.
        """
        lead = [*self._begin, *self._pad]
        whole = np.array([[*lead, *ids, *self._end]], dtype=np.int64)
        noise, noise_of_pace = self._noise
        latents, frames = self._run(
            self._encoder,
            [_LATENTS, _FRAMES],
            {
                _INPUTS[0]: whole,
                _INPUTS[1]: np.array([whole.shape[1]], dtype=np.int64),
                _INPUTS[2]: np.array([noise, self._pace / speed, noise_of_pace], dtype=np.float32),
            },
            options,
        )
        ends = np.cumsum(frames.reshape(-1)).astype(np.int64)
        return latents, ends[len(lead) : len(lead) + len(ids)]

    def decode(self, latents: NDArray[np.float32], *, options: Any) -> Iterator[NDArray[np.float32]]:
        """Yield the sound of ``latents`` in growing chunks, shape [samples], -1..1; together they are the whole.

        Raises:
            EngineError: The model failed, or was stopped by ``options``.
        """
        total = latents.shape[2]
        start, size = 0, FIRST_CHUNK
        while start < total:
            end = start + size if total - start - size >= FIRST_CHUNK else total
            left, right = max(0, start - OVERLAP), min(total, end + OVERLAP)
            (sound,) = self._run(self._decoder, None, {_LATENTS: latents[:, :, left:right]}, options)
            first = (start - left) * SAMPLES_PER_FRAME
            yield sound.reshape(-1)[first : first + (end - start) * SAMPLES_PER_FRAME]
            start, size = end, min(2 * size, LARGEST_CHUNK)

    def _run(self, session: Any, names: list[str] | None, feed: dict[str, Any], options: Any) -> list[Any]:
        try:
            outputs: list[Any] = session.run(names, feed, options)
        except Exception as error:  # onnxruntime's errors share no base below Exception
            raise EngineError("speaking", f"the voice's model stopped ({type(error).__name__})") from error
        return outputs

    def _load(self, model: Path) -> tuple[Any, Any]:
        with (
            model.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as view,
        ):
            graph = Graph(view)
            try:
                decoder = self._session(graph.cut([_LATENTS], ["output"]))
                encoder = graph.cut(_INPUTS, [_LATENTS, _FRAMES])
            finally:
                del graph  # it refers to the file's bytes, which can only be let go of without references
        return self._session(encoder), decoder

    def _session(self, part: bytes) -> Any:
        settings = self._runtime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        settings.enable_cpu_mem_arena = False
        try:
            session = self._runtime.InferenceSession(part, settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # as above
            raise ValueError(f"onnxruntime refuses it: {type(error).__name__}") from error
        # The session keeps the bytes it was made from, to be able to change providers: 56 MB for nothing.
        session._model_bytes = None  # noqa: SLF001 - there is no public way to let go of them
        return session
