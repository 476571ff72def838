"""The server's figures as Prometheus scrapes them, in a registry of the server's own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from realtime_chat.server.meter import Drop, Ending, Stage, Turn

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Seconds. People answer one another within 0.2 s and notice a pause of 1 s: most of the buckets are about there."""


class Metrics:
    """A `realtime_chat.server.meter.Meter` that keeps its figures for Prometheus."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._open = Gauge("realtime_chat_sessions_open", "Sessions there are.", registry=self._registry)
        self._began = Counter("realtime_chat_sessions", "Sessions begun.", registry=self._registry)
        self._ended = Counter(
            "realtime_chat_sessions_ended", "Sessions over, by how they ended.", ["ending"], registry=self._registry
        )
        self._refused = Counter(
            "realtime_chat_sessions_refused", "Sessions not taken, by why.", ["reason"], registry=self._registry
        )
        self._turned = Counter(
            "realtime_chat_turns", "Turns of the person's, by what they were.", ["turn"], registry=self._registry
        )
        self._dropped = Counter(
            "realtime_chat_drops", "What was lost or turned away, by what it was.", ["drop"], registry=self._registry
        )
        self._answered = Counter(
            "realtime_chat_responses", "Responses done, by how they ended.", ["status"], registry=self._registry
        )
        self._erred = Counter("realtime_chat_errors", "Errors told to clients.", ["code"], registry=self._registry)
        self._took = Histogram(
            "realtime_chat_stage_seconds",
            "What the stages of an answer took.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        for ending in Ending:  # there from the start, so that a rate over them counts the first one too
            self._ended.labels(ending.value)
        for turn in Turn:
            self._turned.labels(turn.value)
        for drop in Drop:
            self._dropped.labels(drop.value)
        for stage in Stage:
            self._took.labels(stage.value)

    def refused(self, reason: str) -> None:
        """A session was not taken."""
        self._refused.labels(reason).inc()
        self.dropped(Drop.UPGRADE)

    def began(self) -> None:
        """A session began."""
        self._began.inc()
        self._open.inc()

    def ended(self, ending: Ending) -> None:
        """A session ended."""
        self._open.dec()
        self._ended.labels(ending.value).inc()
        if ending in (Ending.SLOW, Ending.FAILED):
            self.dropped(Drop.SESSION)

    def turned(self, turn: Turn) -> None:
        """A turn is over."""
        self._turned.labels(turn.value).inc()

    def dropped(self, drop: Drop) -> None:
        """Something was lost or turned away."""
        self._dropped.labels(drop.value).inc()

    def answered(self, status: str) -> None:
        """A response is done."""
        self._answered.labels(status).inc()

    def took(self, stage: Stage, seconds: float) -> None:
        """A stage took its time."""
        self._took.labels(stage.value).observe(seconds)

    def erred(self, code: str) -> None:
        """A client was told of an error."""
        self._erred.labels(code).inc()

    def answer(self, request: Request) -> Response:
        """Give the figures in the format the scraper asks for."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._registry), headers={"Content-Type": content_type})
