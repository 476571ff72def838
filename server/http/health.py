"""``GET /health``: whether the server takes sessions, for whoever sends it some."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from realtime_chat.server.http.service import Service
from realtime_chat.server.limits import Phase


async def health(_request: Request, service: Service) -> Response:
    """Say what the server is doing: 200 where it takes sessions, 503 where it does not yet, or no more."""
    phase = service.sessions.phase
    return JSONResponse({"status": phase.value}, 200 if phase is Phase.READY else 503)
