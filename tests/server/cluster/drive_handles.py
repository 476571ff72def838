"""Run by test_application.py in a process of its own: calls engines of its own over Ray's handles; prints what it saw.

The argument is a folder in which a replica notes what was stopped in it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import numpy as np
import ray
from ray import serve

from realtime_chat.server.cluster.handles import HandleHearing, speaking_of, thinking_of
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.seam import ChatMessage

NAME = "driven"


class Engine:
    """Every engine in one: slow, or failing, as it is asked."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(exist_ok=True)

    async def context(self) -> int:
        return 77

    async def voices(self) -> tuple[str, ...]:
        return ("a", "b")

    async def transcribe(self, speech) -> str:
        (self._folder / "asked").touch()
        await self._hang("transcribe")
        return ""

    async def answer(self, messages, max_tokens, tools):
        if messages[0].text == "refuse":
            raise EngineError("thinking", "it broke")
        if messages[0].text == "break":
            raise ZeroDivisionError
        yield "one"
        await self._hang("answer")

    async def _hang(self, name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            (self._folder / f"stopped-{name}").touch()


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, path
        time.sleep(0.05)


async def there(path: Path) -> None:
    await asyncio.to_thread(wait_for, path)


async def failure(thinking, text: str) -> EngineError:
    try:
        async for _ in thinking.answer([ChatMessage("user", text)]):
            pass
    except EngineError as error:
        return error
    raise AssertionError("it did not fail")


async def drive(handle, folder: Path) -> dict:
    thinking = await asyncio.to_thread(thinking_of, handle)
    speaking = await asyncio.to_thread(speaking_of, handle)
    answer = thinking.answer([ChatMessage("user", "hello")])
    first = await anext(answer)
    await answer.aclose()
    await there(folder / "stopped-answer")
    task = asyncio.create_task(HandleHearing(handle).transcribe(np.zeros(9, np.float32)))
    await there(folder / "asked")
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    await there(folder / "stopped-transcribe")
    refused = str(await failure(thinking, "refuse"))
    broken = str(await failure(thinking, "break"))
    await asyncio.to_thread(serve.delete, NAME)
    gone = await failure(thinking, "hello")
    return {
        "stream": [first],
        "refused": refused,
        "broken": broken,
        "gone": type(gone).__name__,
        "context": thinking.context,
        "voices": list(speaking.voices),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    ray.init(address="auto", log_to_driver=False, configure_logging=False)
    application = serve.deployment(ray_actor_options={"num_cpus": 0})(Engine).bind(str(folder))
    handle = serve.run(application, name=NAME, route_prefix=None)
    seen = asyncio.run(drive(handle, folder))
    stopped = sorted(path.name.removeprefix("stopped-") for path in folder.glob("stopped-*"))
    sys.stdout.write(json.dumps(seen | {"stopped": stopped}) + "\n")


if __name__ == "__main__":
    main()
