import httpx
from openai import AsyncOpenAI
from serving_loop import serving

from realtime_chat.server.engines.choose import HEARING_MODEL, SPEAKING_MODEL, real_engines
from realtime_chat.server.engines.remote import Elsewhere, Remote
from realtime_chat.server.models.store import ModelStore

KEY = "the-key-of-this-server"


async def test_the_official_sdk_reads_the_real_names(tmp_path):
    engines = real_engines(
        ModelStore(tmp_path), elsewhere=Elsewhere(thinking=Remote("http://127.0.0.1:9/v1", "maker/model-7b"))
    )
    async with serving(engines, key=KEY) as server, AsyncOpenAI(api_key=KEY, base_url=server.url) as client:
        names = [model.id async for model in client.models.list()]
        assert names == ["maker/model-7b", HEARING_MODEL, SPEAKING_MODEL]
        assert (await client.models.retrieve("maker/model-7b")).object == "model"


async def test_no_such_model_and_no_key():
    async with serving(key=KEY) as server, httpx.AsyncClient(trust_env=False) as client:
        keyed = {"Authorization": f"Bearer {KEY}"}
        missing = await client.get(f"{server.url}/models/other", headers=keyed)
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")
        assert "scripted" in missing.json()["error"]["message"]
        for path in ("models", "models/scripted"):
            assert (await client.get(f"{server.url}/{path}")).status_code == 401
