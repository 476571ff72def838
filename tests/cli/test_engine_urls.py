import re

import httpx
import pytest
from program import KEY, Program, ScriptedServer

from realtime_chat.cli.engine_urls import remote_of
from realtime_chat.cli.errors import WrongUsage


def test_where_an_engine_runs(monkeypatch):
    monkeypatch.setenv("REALTIME_CHAT_STT_KEY", "sk-ears")
    assert remote_of("stt", None, None) is None
    remote = remote_of("stt", "http://localhost:8000/v1", "whisper")
    assert remote is not None
    assert (remote.base_url, remote.model, remote.api_key) == ("http://localhost:8000/v1", "whisper", "sk-ears")
    assert "sk-ears" not in repr(remote)
    other = remote_of("tts", "http://localhost:8000/v1", None)
    assert other is not None
    assert (other.model, other.api_key) == ("", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("stt", None, "whisper"), "--stt-model names a model of the endpoint that --stt-url gives"),
        (("tts", None, None, "alloy"), "--tts-voice names a voice of the endpoint that --tts-url gives"),
        (("llm", "ws://host/v1", None), "--llm-url takes a URL"),
        (("tts", "nonsense", None), "--tts-url takes a URL"),
    ],
)
def test_what_does_not_go_together(arguments, message):
    with pytest.raises(WrongUsage, match=message):
        remote_of(*arguments)


def test_one_server_uses_the_engines_of_another(program: Program, scripted: ScriptedServer):
    urls = [part for name in ("stt", "tts", "llm") for part in (f"--{name}-url", scripted.url)]
    keys = {f"REALTIME_CHAT_{name}_KEY": KEY for name in ("STT", "TTS", "LLM")}
    # Real engines, none of whose models is here: nothing is pulled, for nothing is needed.
    process = program.start("serve", *urls, "--llm-model", "there", "--port", "0", "-v", **keys)
    log = process.stderr.readline()
    while b"Listening on" not in log:
        log = process.stderr.readline()
    url = re.search(rb"http://\S+", log).group().decode()
    said = program("text", "Say hello", "--server", url)
    assert said.stdout.strip() == b"You said: Say hello"
    speech = httpx.post(f"{url}/audio/speech", json={"input": "Hello"}, trust_env=False, timeout=60)
    direct = httpx.post(
        f"{scripted.url}/audio/speech",
        json={"input": "Hello"},
        headers={"Authorization": f"Bearer {KEY}"},
        trust_env=False,
        timeout=60,
    )
    assert speech.content == direct.content
    heard = httpx.post(f"{url}/audio/transcriptions", files={"file": speech.content}, trust_env=False, timeout=60)
    assert heard.json()["text"] == "I heard 0.3 seconds of speech."
    models = httpx.get(f"{url}/models", trust_env=False).json()
    assert [model["id"] for model in models["data"]] == ["there", "remote"]
    process.terminate()
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert KEY.encode() not in log + rest


def test_a_wrong_option_is_said(program: Program):
    done = program("serve", "--tts-voice", "alloy")
    assert done.returncode == 2
    assert b"--tts-url" in done.stderr
