"""The table of vendors' servers: whole, and leading nowhere but to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_chat.audio.frame import SAMPLE_RATE
from realtime_chat.cli.errors import NoKey, WrongUsage
from realtime_chat.cli.presets import PRESETS, USUAL_RATE, Preset, find_preset, preset_of_host
from realtime_chat.cli.redaction import redact
from realtime_chat.cli.target import Kind, announce, choose_target
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.session.address import endpoint

DOCUMENT = Path(__file__).parents[2] / "docs" / "dialects.md"


def never(_name: str) -> None:
    return None


def target(server: str, model: str | None = "m", **environment: str):
    return choose_target(server, environment, model=model, stored=never)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_whole(preset: Preset):
    assert preset.dialect in DIALECTS
    assert re.fullmatch(r"[a-z][a-z-]*", preset.name)
    assert preset.name not in {"auto", "local", "openai"}
    assert ("{part}" in preset.address) is bool(preset.part) is bool(preset.part_variable)
    place = endpoint(preset.url("part" if preset.part else "", {}), "m")
    assert place.is_secure or place.is_loopback
    assert place.url.endswith("/realtime?model=m")
    assert bool(preset.key_variable) is not place.is_loopback
    assert "untested" in preset.note or preset.is_tested
    assert f"`{preset.name}" in DOCUMENT.read_text(encoding="utf-8")


def test_a_preset_with_its_key():
    xai = target("xai", None, XAI_API_KEY="xai-key", OPENAI_API_KEY="sk-x")
    assert (xai.kind, xai.address, xai.key) == (Kind.URL, "wss://api.x.ai/v1", "xai-key")
    assert (xai.model, xai.dialect) == ("grok-voice-latest", "ga")
    assert target("xai", REALTIME_CHAT_KEY="own").key == "own"
    assert choose_target("xai", {}, stored=lambda name: f"the key of {name}").key == "the key of api.x.ai"
    stepfun = target("stepfun", "step-x", STEPFUN_API_KEY="k")
    assert (stepfun.model, stepfun.speaks) == ("step-x", DIALECTS["beta"])
    assert target("speech-to-speech", None).key is None


def test_a_vendors_key_goes_to_the_vendor_alone():
    keys = {preset.key_variable: "secret" for preset in PRESETS if preset.key_variable}
    assert target("https://example.org/v1", **keys).key is None
    assert target("https://api.x.ai.example.org/v1", **keys).key is None
    assert target("https://evil-openai.azure.com.example.org/v1", **keys).key is None
    assert target("wss://api.x.ai/v1", **keys).key == "secret"
    assert target("wss://mine.openai.azure.com/openai/v1", **keys).key == "secret"


def test_the_key_of_a_vendor_is_hidden(monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", "xai-secret")
    assert redact("with xai-secret.") == "with [key]."


def test_azure_wants_to_know_whose():
    one = target("azure:my-resource", AZURE_OPENAI_API_KEY="k")
    assert one.address == "wss://my-resource.openai.azure.com/openai/v1"
    assert one.key_header.fields("k") == {"api-key": "k"}
    assert target("azure", AZURE_OPENAI_API_KEY="k", AZURE_OPENAI_RESOURCE=" other ").address.startswith("wss://other.")
    with pytest.raises(WrongUsage, match="AZURE_OPENAI_RESOURCE"):
        target("azure", AZURE_OPENAI_API_KEY="k")
    with pytest.raises(WrongUsage, match="needs a model"):
        target("azure:r", None, AZURE_OPENAI_API_KEY="k")


@pytest.mark.parametrize("part", ["evil.example/", "a@b", "a:b", "-a", "a#", "a?b", "a.b", "a b", "é", "x" * 64])
def test_a_part_leads_to_no_other_host(part):
    with pytest.raises(WrongUsage, match="resource"):
        target(f"azure:{part}", AZURE_OPENAI_API_KEY="k")


def test_what_cannot_be():
    with pytest.raises(NoKey, match=r"config key set api\.x\.ai"):
        target("xai")
    with pytest.raises(WrongUsage, match="colon"):
        target("xai:eu", XAI_API_KEY="k")
    with pytest.raises(WrongUsage, match="azure"):
        target("azur")


def test_the_dialect_of_the_option_goes_first():
    assert choose_target("xai", {"XAI_API_KEY": "k"}, dialect="beta").dialect == "beta"
    assert choose_target("local", {}, dialect="conversation").speaks is DIALECTS["conversation"]
    assert choose_target("http://127.0.0.1:1/v1", {}).dialect == "ga"


def test_what_is_untested_is_said(capsys):
    announce(target("qwen", DASHSCOPE_API_KEY="k"), quiet=False)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "untested" in said
    assert "16 kHz" in said
    announce(target("qwen", DASHSCOPE_API_KEY="k"), quiet=True)
    announce(choose_target("local", {}), quiet=False)
    assert capsys.readouterr().err == ""


def test_the_usual_rate_is_ours():
    assert USUAL_RATE == SAMPLE_RATE
    assert {preset.name for preset in PRESETS if preset.input_rate != SAMPLE_RATE} == {"qwen", "qwen-cn"}
    assert target("qwen", DASHSCOPE_API_KEY="k").input_rate == 16_000


def test_names_and_hosts():
    assert find_preset("azure:x") == (PRESETS[0], "x")
    assert find_preset("wss://api.x.ai/v1") is None
    assert preset_of_host("localhost") is None
