"""``GET /v1/models``: what the server really runs, under its real names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from realtime_chat.server.http.refusals import refusal, refused_access
from realtime_chat.server.http.service import Service


async def models(request: Request, service: Service) -> Response:
    """List the models."""
    if refused := refused_access(request, service.key):
        return refused
    return JSONResponse({"object": "list", "data": [_model(name) for name in service.engines.models]})


async def model(request: Request, service: Service) -> Response:
    """Describe one model."""
    if refused := refused_access(request, service.key):
        return refused
    name = request.path_params["model"]
    if name not in service.engines.models:
        known = ", ".join(service.engines.models)
        return refusal(404, "model_not_found", f"There is no such model: this server has {known}.", param="model")
    return JSONResponse(_model(name))


def _model(name: str) -> dict[str, object]:
    # Nobody here knows when a model was made, and clients want a number.
    return {"id": name, "object": "model", "created": 0, "owned_by": "realtime-chat"}
