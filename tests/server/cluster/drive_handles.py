"""Run by test_application.py in a process of its own: calls engines of its own over Ray's handles; prints what it saw.

The argument is a folder in which a replica notes what was stopped in it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import ray
from ray import serve

from realtime_chat.server.cluster.application import CALLS_AT_ONCE
from realtime_chat.server.cluster.handles import HandleHearing, HandleThinking, speaking_of, thinking_of
from realtime_chat.server.cluster.replicas import ThinkingReplica
from realtime_chat.server.cluster.settings import Settings
from realtime_chat.server.engines.engine_set import Lazy
from realtime_chat.server.engines.errors import EngineError
from realtime_chat.server.engines.place import Place, Urgency
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.engines.worker import Worker

NAME = "driven"
ORDERLY = "orderly"


class Engine:
    """Every engine in one: slow, or failing, as it is asked."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(exist_ok=True)

    async def context(self) -> int:
        return 77

    async def voices(self) -> tuple[str, ...]:
        return ("a", "b")

    async def transcribe(self, speech, caller) -> str:
        (self._folder / "asked").touch()
        await self._hang("transcribe")
        return ""

    async def answer(self, messages, max_tokens, tools, caller):
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


class Orderly:
    """Works on one answer at a time, as a real engine does, and notes in which order."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._worker = Worker("thinking")

    def answer(self, messages, *, max_tokens=None, tools=None):
        name = messages[0].text
        (self._folder / f"waits-{name}").touch()

        def write(cancel, give) -> None:
            wait_for(self._folder / "begin")
            with (self._folder / "order").open("a") as order:
                order.write(f"{name} ")
            give(name)

        return self._worker.push(write)


class OrderlyReplica(ThinkingReplica):
    """The application's own replica, with such an engine."""

    def __init__(self, folder: str) -> None:
        super().__init__(Settings(engines="scripted"))
        self._engine = Lazy(partial(Orderly, folder))


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


async def turns(handle, folder: Path) -> str:
    """Let one session ask five times, then another one, then one that reads ahead and one that is answered."""
    tasks = []
    sessions = {name: object() for name in "abcd"}

    async def ask(name: str, urgency: Urgency) -> None:
        Place(sessions[name[0]], urgency).take()
        assert [piece async for piece in HandleThinking(handle).answer([ChatMessage("user", name)])] == [name]

    for name in ("a1", "a2", "a3", "a4", "a5", "b1", "c1", "d1"):
        urgency = {"c": Urgency.AHEAD, "d": Urgency.TURN}.get(name[0], Urgency.ASIDE)
        tasks.append(asyncio.create_task(ask(name, urgency)))
        await there(folder / f"waits-{name}")
    (folder / "begin").touch()
    await asyncio.gather(*tasks)
    return (folder / "order").read_text()


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
    replica = serve.deployment(max_ongoing_requests=CALLS_AT_ONCE, ray_actor_options={"num_cpus": 0})(OrderlyReplica)
    handle = serve.run(replica.bind(str(folder)), name=ORDERLY, route_prefix=None)
    seen["order"] = asyncio.run(turns(handle, folder))
    serve.delete(ORDERLY)
    stopped = sorted(path.name.removeprefix("stopped-") for path in folder.glob("stopped-*"))
    sys.stdout.write(json.dumps(seen | {"stopped": stopped}) + "\n")


if __name__ == "__main__":
    main()
