"""What every route of the server has at hand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from realtime_chat.protocol.sessions import Session
from realtime_chat.server.client_secrets import ClientSecrets
from realtime_chat.server.defaults import default_session, default_transcription_session
from realtime_chat.server.engines.engine_set import EngineSet
from realtime_chat.server.http.metrics import Metrics
from realtime_chat.server.sessions import Sessions
from realtime_chat.server.voice_judge import Networks

_ID_BYTES = 10
_IDS_AT_ONCE = 100


@dataclass(frozen=True)
class Service:
    """One server.

    Attributes:
        engines: What hears, thinks and speaks.
        key: What clients must know; ``None`` takes everybody who can reach the port. Never shown.
        sessions: The sessions there are.
        metrics: What is counted.
        secrets: The ephemeral keys that are good at the moment.
        networks: What the sessions ask besides whether a sound is a voice.
    """

    engines: EngineSet
    key: str | None = field(repr=False)
    sessions: Sessions
    metrics: Metrics
    secrets: ClientSecrets = field(default_factory=ClientSecrets)
    networks: Networks = field(default_factory=Networks)

    def new_session(self, *, transcribes: bool, expires_at: int) -> Session:
        """Give a new session as it is before its client says anything.

        Args:
            transcribes: It only writes down what it hears.
            expires_at: When it ends, in seconds since 1970; 0 for one that nobody holds.
        """
        # Whatever model a client asks for, the session says which one really answers.
        if transcribes:
            return default_transcription_session(new_id("sess"), self.engines.name, expires_at)
        return default_session(new_id("sess"), self.engines.name, "alloy", expires_at)


class Ids:
    """Makes ids that nobody can guess, for one thread.

    To ask the system for each would be a fiftieth of all that a busy server does.
    """

    def __init__(self) -> None:
        self._random = ""

    def new(self, prefix: str) -> str:
        """Make one."""
        if not self._random:
            self._random = secrets.token_hex(_ID_BYTES * _IDS_AT_ONCE)
        taken, self._random = self._random[: 2 * _ID_BYTES], self._random[2 * _ID_BYTES :]
        return f"{prefix}_{taken}"


new_id = Ids().new
