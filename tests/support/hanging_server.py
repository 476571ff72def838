"""A Realtime server that begins an answer and goes on only when it is cancelled, or breaks the connection."""

from __future__ import annotations

import json
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve


class HangingServer:
    """Answers each message with one word and then waits for ``response.cancel``.

    Attributes:
        url: Where it listens.
        taken: The types of the events that came.
    """

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._connections: list[ServerConnection] = []
        self._server: Server = serve(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def break_off(self, code: int = 1011, reason: str = "on purpose") -> None:
        """End all connections."""
        for connection in self._connections:
            connection.close(code, reason)

    def _serve(self, connection: ServerConnection) -> None:
        self._connections.append(connection)
        try:
            number = 0
            for message in connection:
                event = json.loads(message)
                self.taken.append(event["type"])
                number += event["type"] == "response.create"
                for answer in _answers(event["type"], f"resp_{number}", f"item_{number}"):
                    connection.send(json.dumps({"event_id": "event", **answer}))
        except ConnectionClosed:
            pass


def _answers(event_type: str, response_id: str, item_id: str) -> list[dict[str, Any]]:
    if event_type == "session.update":
        return [{"type": "session.updated", "session": {"type": "realtime", "id": "sess", "model": "hanging"}}]
    response = {"id": response_id, "object": "realtime.response", "status": "in_progress", "output": []}
    if event_type == "response.cancel":
        return [{"type": "response.done", "response": {**response, "status": "cancelled"}}]
    if event_type == "response.create":
        place = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        return [
            {"type": "response.created", "response": response},
            {"type": "response.output_text.delta", **place, "delta": "Wait \x1b[31mand"},
            {"type": "a.vendors.own.event", "anything": [1, 2]},
        ]
    return []
