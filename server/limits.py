"""How many sessions the server takes, and how often: pure machines that are told the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address

SESSION_SECONDS = 60 * 60.0
"""How long a session may last, as at OpenAI."""

SLOT_SECONDS = 10.0
"""When to try again where all sessions are taken: nobody can know when one ends."""

HISTORY_BYTES = 64_000_000
"""How much sound a session's history keeps: 22 minutes, for it has 48,000 bytes a second."""

LOADING_SECONDS = 5.0
"""When to try again while the models are loaded."""

_MINUTE = 60.0
_NOTHING = 1e-6
"""Shares of a session below which a difference is only rounding."""

_FEW = 256
"""Addresses below which nothing is tidied up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server allows.

    Attributes:
        sessions: Sessions at a time.
        sessions_per_minute: Sessions begun in a minute, by all clients together.
        client_sessions_per_minute: The same by one client address.
        session_seconds: How long a session may last.
        history_bytes: Bytes of sound that a session's history keeps, PCM16 mono 24 kHz.
        requests: Requests at a time, beside the sessions, that need an engine.
    """

    sessions: int = 100
    sessions_per_minute: int = 1_200
    client_sessions_per_minute: int = 600
    session_seconds: float = SESSION_SECONDS
    history_bytes: int = HISTORY_BYTES
    requests: int = 32


class Phase(Enum):
    """Where a server is in its life."""

    LOADING = "loading"
    """It listens, and its engines are being loaded."""
    READY = "ready"
    DRAINING = "draining"
    """It takes no new sessions, and ends when those it has are over."""


class Reason(StrEnum):
    """Why a session is not taken: the error code that the client gets."""

    LOADING = "server_loading"
    DRAINING = "server_draining"
    SESSIONS = "too_many_sessions"
    RATE = "rate_limit_exceeded"


@dataclass(frozen=True, slots=True)
class Refused:
    """A session that is not taken.

    Attributes:
        reason: Why.
        retry_after: In how many seconds it may be tried again.
    """

    reason: Reason
    retry_after: float


@dataclass(slots=True)
class TokenBucket:
    """Allows ``per_minute`` things a minute, and at most that many at once.

    Attributes:
        per_minute: How many, at least 1.
    """

    per_minute: int
    _spent: float = 0.0
    _at: float = 0.0

    def wait(self, now: float) -> float:
        """Give the seconds until one more is allowed; 0 where it is now."""
        self._refill(now)
        missing = self._spent + 1 - self.per_minute
        return missing * _MINUTE / self.per_minute if missing > _NOTHING else 0.0

    def take(self, now: float) -> None:
        """Count one more."""
        self._refill(now)
        self._spent += 1

    def is_full(self, now: float) -> bool:
        """Whether nothing is spent, as in a new one."""
        self._refill(now)
        return self._spent == 0

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._at)
        self._spent = max(0.0, self._spent - elapsed * self.per_minute / _MINUTE)
        self._at = max(self._at, now)


@dataclass(slots=True)
class Admission:
    """Decides which sessions begin.

    Attributes:
        limits: What is allowed.
        phase: Where the server is in its life.
        open: Sessions there are.
        drained_at: When a server that is draining will be gone, in seconds on the caller's clock.
    """

    limits: Limits = field(default_factory=Limits)
    phase: Phase = Phase.LOADING
    open: int = 0
    drained_at: float = 0.0
    _all: TokenBucket = field(init=False)
    _clients: dict[str, TokenBucket] = field(default_factory=dict, init=False)
    _tidy_at: int = field(default=_FEW, init=False)

    def __post_init__(self) -> None:
        self._all = TokenBucket(self.limits.sessions_per_minute)

    def enter(self, address: str, now: float) -> Refused | None:
        """Take a session of the client at ``address``, unless something is against it.

        Whoever enters must `leave`, once. What is refused costs nothing: a client that is told to wait need not wait
        longer for having asked.
        """
        if self.phase is Phase.LOADING:
            return Refused(Reason.LOADING, LOADING_SECONDS)
        if self.phase is Phase.DRAINING:
            return Refused(Reason.DRAINING, max(0.0, self.drained_at - now))
        if self.open >= self.limits.sessions:
            return Refused(Reason.SESSIONS, SLOT_SECONDS)
        network = network_of(address)
        client = self._clients.get(network) or TokenBucket(self.limits.client_sessions_per_minute)
        wait = max(self._all.wait(now), client.wait(now))
        if wait > 0:
            return Refused(Reason.RATE, wait)
        self._all.take(now)
        client.take(now)
        self._clients[network] = client
        self._tidy(now)
        self.open += 1
        return None

    def leave(self) -> None:
        """A session that entered is over."""
        self.open -= 1

    def _tidy(self, now: float) -> None:
        """Forget clients that would be as welcome if they were new: there are never many others."""
        if len(self._clients) >= self._tidy_at:
            self._clients = {name: bucket for name, bucket in self._clients.items() if not bucket.is_full(now)}
            self._tidy_at = max(_FEW, 2 * len(self._clients))


def network_of(address: str) -> str:
    """Give what stands for one client: an IPv4 address, or the /64 that one IPv6 client has all to itself."""
    try:
        ip = ip_address(address)
    except ValueError:  # a Unix socket's client has none
        return address
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or IPv6Network((int(ip), 64), strict=False))
    return str(ip)
