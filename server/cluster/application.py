"""The application's deployments, and how many of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from realtime_chat.server.cluster.replicas import HearingReplica, SpeakingReplica, ThinkingReplica
from realtime_chat.server.cluster.sessions import SessionReplica
from realtime_chat.server.cluster.settings import Settings, server_key

if TYPE_CHECKING:
    from ray.serve import Application

CALLS_AT_ONCE = 64
"""Calls that an engine's replica takes: it works on one, and the others wait there, where each session has its turn.
Those beyond wait with whoever calls, and come in any order."""

ENGINE_CPUS, SESSION_CPUS = 0.5, 0.25
"""What Ray sets aside for a replica: one of each, and a second one for sessions, fit on a machine of two cores."""

DRAIN_SECONDS = 60
"""How long a replica that is no longer wanted waits for its sessions to end; then they are cut off."""


def app(args: Mapping[str, object]) -> Application:
    """Build the application: what ``serve run``, ``serve build`` and Serve's config files call.

    Args:
        args: See `Settings`.

    Raises:
        ClusterArgument: An argument is unknown or cannot be.
        KeyNeeded: There is no key that clients must know.
    """
    from ray import serve

    settings = Settings.read(args)
    server_key()
    engine = serve.deployment(
        max_ongoing_requests=CALLS_AT_ONCE,
        autoscaling_config={"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 1},
        ray_actor_options={"num_cpus": ENGINE_CPUS},
    )
    sessions: Any = serve.deployment(
        name="Sessions",
        # More than the sessions: the one too many is to be told so, not to wait.
        max_ongoing_requests=2 * settings.max_sessions,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": 8,
            "target_ongoing_requests": max(1, settings.max_sessions // 2),
        },
        graceful_shutdown_timeout_s=DRAIN_SECONDS,
        ray_actor_options={"num_cpus": SESSION_CPUS},
    )(serve.ingress()(SessionReplica))
    hearing = None if settings.stt_url else engine(HearingReplica).options(name="Hearing").bind(settings)
    thinking = None if settings.llm_url else engine(ThinkingReplica).options(name="Thinking").bind(settings)
    speaking = None if settings.tts_url else engine(SpeakingReplica).options(name="Speaking").bind(settings)
    application: Application = sessions.bind(settings, hearing, thinking, speaking)
    return application
