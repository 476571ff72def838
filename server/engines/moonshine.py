"""Speech recognition: Moonshine tiny on plain onnxruntime."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime_chat.server.engines.errors import EngineError, EngineMissing
from realtime_chat.server.engines.moonshine_tokens import TokenTable
from realtime_chat.server.engines.seam import HEARING_RATE
from realtime_chat.server.engines.voiced import split_at_pauses, voiced
from realtime_chat.server.engines.worker import Cancel, Worker

ENCODER, DECODER, TOKENS = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"

_START, _END = 1, 2
_TOKENS_PER_SECOND = 6.5
"""Nobody speaks faster: Moonshine's own bound on what is no repetition."""

_ENDING = np.zeros(HEARING_RATE // 2, np.float32)
"""Without half a second of silence the model repeats itself or invents an ending: 6.6 % word errors, not 3.3 %."""

_LONGEST = 16 * HEARING_RATE
"""The encoder's time and memory grow with the square: 16 s take 40 MB, 24 s take 110."""

_PAUSE_WITHIN = 6 * HEARING_RATE

_REMEMBERED = 256
"""Finished pieces: about 50 minutes of speech, in some 50 kB."""

_YOU = range(HEARING_RATE // 4, HEARING_RATE)
"""How long a person takes to say "you"."""


class MoonshineHearing:
    """`Hearing` by Moonshine tiny (English).

    The graph is run step by step with its caches kept. What was heard last serves as a draft of what is heard
    next: the decoder checks all of it in one pass and writes on where the two part, so that transcribing a
    growing utterance again costs little more than its encoding. A draft that does not fit is dropped at its
    first wrong token; it never changes the words.

    Speech that is longer than the model takes is heard in pieces. All but the last are finished: however the
    utterance grows, they stay the same samples, so each is decoded once and then looked up by its sound.

    Args:
        folder: Holds `ENCODER`, `DECODER` and `TOKENS`. Loading them takes about half a second and blocks.

    Raises:
        EngineMissing: onnxruntime is not installed.
        EngineError: A file cannot be read, or is not what it should be.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime
        except ModuleNotFoundError as missing:
            raise EngineMissing("hearing", "onnxruntime") from missing
        self._runtime = onnxruntime
        self._encoder = self._load(folder / ENCODER, takes="input_values")
        self._decoder = self._load(folder / DECODER, takes="past_key_values.0.decoder.key")
        try:
            self._tokens = TokenTable.read(folder / TOKENS)
        except (OSError, ValueError) as broken:
            raise _unreadable(TOKENS) from broken
        self._past = [i.name for i in self._decoder.get_inputs() if i.name.startswith("past_key_values.")]
        self._present = ["logits", *(name.replace("past_key_values", "present") for name in self._past)]
        shape = next(i.shape for i in self._decoder.get_inputs() if i.name == self._past[0])
        self._nothing = np.zeros((1, shape[1], 0, shape[3]), np.float32)
        self._draft: list[int] = []
        self._finished: OrderedDict[bytes, str] = OrderedDict()
        self._worker = Worker("hearing")

    def close(self) -> None:
        """Cancel what is under way and take no more."""
        self._worker.close()

    async def transcribe(self, speech: NDArray[np.float32]) -> str:
        """Give the words of ``speech``; see `Hearing`.

        Longer speech than 16 s is heard piece by piece, and others have their turn in between.
        """
        heard: list[str] = []
        pieces = await asyncio.to_thread(_pieces, speech) if len(speech) > _LONGEST else [speech]
        while len(heard) < len(pieces):
            heard += await self._worker.run(partial(self._hear_more, pieces[len(heard) :]))
        return " ".join(filter(None, heard))

    def _hear_more(self, pieces: Sequence[NDArray[np.float32]], cancel: Cancel) -> list[str]:
        """Give the words of as many ``pieces`` as are known, and of the first that is not; the last is not finished."""
        *finished, last = pieces
        known: list[str] = []
        for piece in finished:
            key = hashlib.blake2b(piece.tobytes(), digest_size=16).digest()
            if key not in self._finished:
                text = self._hear(piece, cancel)
                if not cancel:
                    self._finished[key] = text
                    if len(self._finished) > _REMEMBERED:
                        self._finished.popitem(last=False)
                return [*known, text]
            self._finished.move_to_end(key)
            known.append(self._finished[key])
        return known or [self._hear(_sound(last), cancel)]

    def _hear(self, piece: NDArray[np.float32], cancel: Cancel) -> str:
        """Give the words of one piece, which depend on nothing but its sound; none where it is cancelled."""
        speech, length = voiced(piece)
        if not length:
            return ""
        tokens = self._decode(speech, self._draft, cancel)
        if cancel:
            return ""
        self._draft = tokens
        text = self._tokens.text(tokens)
        # It is what the model makes of a click, a breath or a hum.
        return "" if text.strip(" .,!?").lower() == "you" and length not in _YOU else text

    def _decode(self, speech: NDArray[np.float32], draft: Sequence[int], cancel: Cancel) -> list[int]:
        """Write the tokens of one piece, the most likely one each time."""
        samples = np.concatenate([speech, _ENDING])[np.newaxis]
        # Of raw samples: a mask of the encoder's frames, which the graph accepts too, crashes above 9 s.
        mask = np.ones(samples.shape, np.int64)
        states = self._run(self._encoder, None, {"input_values": samples, "attention_mask": mask}, cancel)
        if states is None:
            return []
        feeds = {"encoder_hidden_states": states[0], "encoder_attention_mask": mask}
        most = int(samples.shape[1] / HEARING_RATE * _TOKENS_PER_SECOND)

        tokens: list[int] = []
        ahead = [_START, *draft[:most]]
        past = dict.fromkeys(self._past, self._nothing)
        first = True
        while len(tokens) < most:
            outputs = self._run(
                self._decoder,
                self._present,
                {
                    **feeds,
                    **past,
                    "input_ids": np.array([ahead], np.int64),
                    "use_cache_branch": np.array([not first]),
                },
                cancel,
            )
            if outputs is None:
                return []
            likely = outputs[0][0].argmax(axis=-1).tolist()
            agreed = 0
            while agreed < len(ahead) - 1 and ahead[agreed + 1] == likely[agreed]:
                agreed += 1
            tokens += ahead[1 : agreed + 1]
            for name, present in zip(self._past, outputs[1:], strict=True):
                if ".decoder." in name:  # one entry a token; those of a draft's wrong tokens go
                    past[name] = present[:, :, : present.shape[2] - len(ahead) + agreed + 1]
                elif first:  # the encoder's are made in the first pass only, and empty afterwards
                    past[name] = present
            first = False
            if likely[agreed] == _END:
                break
            tokens.append(likely[agreed])
            if loop := repetition(tokens):
                return tokens[:-loop]
            ahead = tokens[-1:]
        return tokens

    def _load(self, model: Path, *, takes: str) -> Any:
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # it would write to stderr; what goes wrong is raised anyway
        # A spinning thread takes the core that the language model and the voice need: 3-4 times slower under load.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = self._runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as broken:  # its exceptions have no common ancestor
            raise _unreadable(model.name) from broken
        if takes not in [given.name for given in session.get_inputs()]:
            raise _unreadable(model.name)
        return session

    def _run(
        self, session: Any, names: list[str] | None, feeds: dict[str, NDArray[Any]], cancel: Cancel
    ) -> list[NDArray[Any]] | None:
        """Run a graph; None where it was cancelled, which takes effect within the run."""
        options = self._runtime.RunOptions()
        options.log_severity_level = 4

        def stop() -> None:
            options.terminate = True

        with cancel.stopping(stop):
            try:
                outputs: list[NDArray[Any]] = session.run(names, feeds, options)
            except Exception as failure:  # its exceptions have no common ancestor
                if cancel:
                    return None
                raise EngineError("hearing", f"onnxruntime stopped with {type(failure).__name__}") from failure
        return None if cancel else outputs


def repetition(tokens: Sequence[int]) -> int:
    """Say how many of the last ``tokens`` only repeat what stands before them.

    Nobody says the same one to eight tokens at least four times over, twelve tokens in all; a confused model
    does. All but the first time counts.
    """
    for period in range(1, 9):
        times = max(4, -(-12 // period))
        tail = tokens[-period * times :]
        if len(tail) == period * times and all(tail[i] == tail[i + period] for i in range(len(tail) - period)):
            return period * (times - 1)
    return 0


def _pieces(speech: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return split_at_pauses(_sound(speech), longest=_LONGEST, search=_PAUSE_WITHIN)


def _sound(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring what a caller gives to what `Hearing` takes: what is no number is silence, and no sample leaves -1..1."""
    return np.clip(np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0)


def _unreadable(file: str) -> EngineError:
    return EngineError("hearing", f"{file} cannot be loaded; `realtime-chat models verify` says whether it is complete")
