"""A Realtime server that calls the tools that it is told to call, in the person's own words.

``weather {"city": "Paris"} and pay {"sum": 3}`` makes it call both in one response; to the results it says
``Results: …``, and to all else ``You said: …``.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Event = dict[str, Any]


class Caller:
    """What it says, without the wire.

    Attributes:
        taken: The events that came.
        is_endless: It calls the same tools again instead of saying what came of them, where it may.
    """

    def __init__(self, *, is_endless: bool = False) -> None:
        self.taken: list[Event] = []
        self.is_endless = is_endless
        self._session: Event = {}
        self._items: list[Event] = []
        self._responses = 0

    @property
    def tools(self) -> list[str]:
        """The names of the tools that it may call."""
        return [tool["name"] for tool in self._session.get("tools", [])]

    @property
    def outputs(self) -> dict[str, str]:
        """The results that it was told, by their calls."""
        return {item["call_id"]: item["output"] for item in self._items if item["type"] == "function_call_output"}

    def take(self, event: Event) -> list[Event]:
        """Give the answers to an event."""
        self.taken.append(event)
        match event["type"]:
            case "session.update":
                self._session |= event["session"]
                return [{"type": "session.updated", "session": {"type": "realtime", "id": "s", "model": "calling"}}]
            case "conversation.item.create":
                self._items.append(event["item"])
                return []
            case "response.create":
                return self._answer(event.get("response", {}).get("tool_choice", "auto"))
            case _:
                return []

    def _answer(self, choice: str) -> list[Event]:
        self._responses += 1
        response = {"id": f"r{self._responses}", "object": "realtime.response", "status": "in_progress", "output": []}
        said = [item["content"][0]["text"] for item in self._items if item["type"] == "message"]
        has_results = bool(self._items) and self._items[-1]["type"] == "function_call_output"
        text = said[-1] if said else ""
        wanted = [] if choice == "none" or (has_results and not self.is_endless) else self._calls(text)
        events: list[Event] = [{"type": "response.created", "response": response}]
        items: list[Event] = []
        for number, (name, arguments) in enumerate(wanted):
            call = {"type": "function_call", "id": f"f{self._responses}_{number}", "status": "completed"}
            call |= {"call_id": f"call_{self._responses}_{number}", "name": name, "arguments": arguments}
            items.append(call)
            place = {"response_id": response["id"], "output_index": number}
            started = call | {"status": "in_progress", "arguments": ""}
            events.append({"type": "response.output_item.added", **place, "item": started})
            events.append({"type": "response.output_item.done", **place, "item": call})
        self._items += items
        if not wanted:
            results = [item["output"] for item in self._items if item["type"] == "function_call_output"]
            words = f"Results: {' | '.join(results)}" if has_results else f"You said: {text}"
            events += self._words(response["id"], words)
        return [*events, {"type": "response.done", "response": response | {"status": "completed", "output": items}}]

    def _calls(self, text: str) -> list[tuple[str, str]]:
        names = "|".join(map(re.escape, [*self.tools, "nonsense"]))
        return [(match[1], match[2]) for match in re.finditer(rf"\b({names}) (\{{.*?\}}|\[\])", text)]

    def _words(self, response_id: str, words: str) -> list[Event]:
        place = {"response_id": response_id, "item_id": f"m{self._responses}", "output_index": 0, "content_index": 0}
        if self._session.get("output_modalities") == ["text"]:
            return [{"type": "response.output_text.delta", **place, "delta": words}]
        pcm = msgspec.to_builtins(b"\x00\x10" * 24 * 100)
        return [
            {"type": "response.output_audio_transcript.delta", **place, "delta": words},
            {"type": "response.output_audio.delta", **place, "delta": pcm},
        ]


class CallingServer:
    """A `Caller` that listens; every connection has one of its own.

    Attributes:
        url: Where it listens.
        callers: One a connection.
    """

    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self._server: Server = serve(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _serve(self, connection: ServerConnection) -> None:
        caller = Caller()
        self.callers.append(caller)
        try:
            for message in connection:
                for answer in caller.take(json.loads(message)):
                    connection.send(json.dumps({"event_id": "event", **answer}))
        except ConnectionClosed:
            pass
