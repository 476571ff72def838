"""Servers of others that `--server` knows by name: where they are, which key they want, and what they speak.

What stands here is what their documentation, or clients that talk to them, said in November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from realtime_chat.cli.errors import WrongUsage
from realtime_chat.session.key_header import BEARER, KeyHeader

USUAL_RATE: Final = 24_000
"""`realtime_chat.audio.frame.SAMPLE_RATE`, without numpy, which would slow `--help` down."""

_PART: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
"""A name in a host's name: nothing that could lead to another host."""

_API_KEY: Final = KeyHeader("api-key")


@dataclass(frozen=True)
class Preset:
    """A server.

    Attributes:
        name: What ``--server`` calls it.
        title: What a person calls it.
        address: Its URL; ``{part}`` in it is what each customer has of its own.
        part: What that is, as in "resource"; ``""`` where the address is the same for all.
        part_variable: The variable of the environment that holds it where ``--server NAME:PART`` does not.
        key_variable: The variable that holds its key; ``""`` where it needs none.
        key_header: Where it wants the key.
        dialect: What it speaks.
        model: The model that is asked for where none is named; None leaves it to the server.
        needs_model: It answers to nobody who names none.
        input_rate: Samples a second of the sound that it takes.
        caveat: What does not work, or only so; ``""`` where nothing is known.
        is_tested: This program has talked to it.
    """

    name: str
    title: str
    address: str
    part: str = ""
    part_variable: str = ""
    key_variable: str = ""
    key_header: KeyHeader = BEARER
    dialect: str = "ga"
    model: str | None = None
    needs_model: bool = False
    input_rate: int = USUAL_RATE
    caveat: str = ""
    is_tested: bool = False

    @property
    def suffix(self) -> str:
        """What the names of its hosts end with, or are."""
        return (urlsplit(self.address).hostname or "").replace("{part}", "")

    @property
    def note(self) -> str:
        """What a person should know before they talk to it; ``""`` where there is nothing."""
        untested = "" if self.is_tested else f"{self.title} is untested: nobody has tried this program with it yet."
        return f"{untested} {self.caveat}".strip()

    def url(self, part: str, environment: Mapping[str, str]) -> str:
        """Give its address.

        Args:
            part: What stands behind ``NAME:``, ``""`` for nothing.
            environment: Where the part comes from else.

        Raises:
            WrongUsage: The part is missing, is none, or is one too many.
        """
        if not self.part:
            if part:
                raise WrongUsage(f"--server {self.name} takes nothing behind a colon.")
            return self.address
        part = part or environment.get(self.part_variable, "").strip()
        if not part:
            raise WrongUsage(
                f"--server {self.name} needs your {self.part}: say --server {self.name}:{self.part.upper()}, or set "
                f"{self.part_variable}."
            )
        if not _PART.fullmatch(part):
            raise WrongUsage(f"{part[:80]!r} is no name of a {self.part}: it has letters, digits and hyphens only.")
        return self.address.format(part=part)


PRESETS: Final = (
    Preset(
        name="azure",
        title="Azure OpenAI",
        address="wss://{part}.openai.azure.com/openai/v1",
        part="resource",
        part_variable="AZURE_OPENAI_RESOURCE",
        key_variable="AZURE_OPENAI_API_KEY",
        key_header=_API_KEY,
        needs_model=True,
        caveat="--model is the name of your deployment.",
    ),
    Preset(
        name="xai",
        title="xAI",
        address="wss://api.x.ai/v1",
        key_variable="XAI_API_KEY",
        model="grok-voice-latest",
    ),
    Preset(
        name="qwen",
        title="Alibaba's Qwen-Omni-Realtime (international)",
        address="wss://dashscope-intl.aliyuncs.com/api-ws/v1",
        key_variable="DASHSCOPE_API_KEY",
        dialect="beta",
        needs_model=True,
        input_rate=16_000,
        caveat="It takes sound at 16 kHz, to which this program turns it.",
    ),
    Preset(
        name="qwen-cn",
        title="Alibaba's Qwen-Omni-Realtime (China)",
        address="wss://dashscope.aliyuncs.com/api-ws/v1",
        key_variable="DASHSCOPE_API_KEY",
        dialect="beta",
        needs_model=True,
        input_rate=16_000,
        caveat="It takes sound at 16 kHz, to which this program turns it.",
    ),
    Preset(
        name="stepfun",
        title="StepFun",
        address="wss://api.stepfun.com/v1",
        key_variable="STEPFUN_API_KEY",
        dialect="beta",
        model="step-audio-2",
    ),
    Preset(
        name="localai",
        title="LocalAI",
        address="ws://localhost:8080/v1",
        needs_model=True,
        caveat="--model is the name of your pipeline.",
    ),
    Preset(
        name="speaches",
        title="speaches",
        address="ws://localhost:8000/v1",
        dialect="beta",
        needs_model=True,
        caveat="--model is the language model that it is to use.",
    ),
    Preset(
        name="speech-to-speech",
        title="Hugging Face's speech-to-speech",
        address="ws://127.0.0.1:8765/v1",
        caveat="What was not heard of an answer stays in its conversation.",
    ),
)
"""All of them."""


VENDOR_KEYS: Final = tuple(sorted({preset.key_variable for preset in PRESETS} - {""}))
"""Variables of the environment that hold a vendor's key."""


def find_preset(server: str) -> tuple[Preset, str] | None:
    """Give the preset that ``--server`` names, and what stands behind its colon; None where it names none."""
    name, _, part = server.partition(":")
    found = next((preset for preset in PRESETS if preset.name == name), None)
    return None if found is None else (found, part)


def preset_of_host(host: str) -> Preset | None:
    """Give the preset whose server ``host`` (in lower case) is, where it is somebody's who wants a key."""
    for preset in PRESETS:
        if preset.key_variable and (host == preset.suffix or (preset.part and host.endswith(preset.suffix))):
            return preset
    return None
