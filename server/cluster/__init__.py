"""The server on Ray Serve: ``serve run realtime_chat.server.cluster:app``. See docs/scaling.md."""

from realtime_chat.server.cluster.application import app

__all__ = ["app"]
