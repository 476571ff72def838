"""Ephemeral keys: what a page in a browser is given in place of the server's own key. A pure store, told the time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from realtime_chat.protocol.sessions import Session

PREFIX = "ek_"

SHORTEST_SECONDS = 10
LONGEST_SECONDS = 7_200
USUAL_SECONDS = 600
"""How long a secret may be used to begin sessions, as at OpenAI."""

MAX_SECRETS = 10_000
MAX_BYTES = 32 * 1024 * 1024
"""Bounds of what is remembered: secrets, and the bytes of their sessions' descriptions."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A key that begins sessions for a while. Never shown by ``repr``.

    Attributes:
        value: What the client shows, ``ek_…``; it cannot be guessed.
        expires_at: Until when it begins sessions, in seconds since 1970.
        session: What the sessions begun with it are like where the client says nothing; None for the usual.
    """

    value: str = field(repr=False)
    expires_at: float
    session: Session | None


class ClientSecrets:
    """The secrets that are good at the moment. A session goes on when the secret that began it expires.

    Args:
        max_secrets: How many are remembered.
        max_bytes: How much their sessions' descriptions may take together.
    """

    def __init__(self, max_secrets: int = MAX_SECRETS, max_bytes: int = MAX_BYTES) -> None:
        self._max_secrets = max_secrets
        self._max_bytes = max_bytes
        self._bytes = 0
        # By the digest: how long a search takes tells nothing about a secret.
        self._kept: dict[bytes, tuple[ClientSecret, int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def mint(self, session: Session | None, size: int, seconds: int, now: float) -> ClientSecret | float:
        """Make a secret, or say how long to wait because there are too many.

        Args:
            session: What its sessions are like.
            size: The bytes that takes.
            seconds: How long it may be used, `SHORTEST_SECONDS` to `LONGEST_SECONDS`.
            now: The time, in seconds since 1970.

        Returns:
            The secret, or the seconds until one of those there are expires.
        """
        self._forget_expired(now)
        if len(self._kept) >= self._max_secrets or self._bytes + size > self._max_bytes:
            soonest = min((secret.expires_at for secret, _ in self._kept.values()), default=now)
            return soonest - now
        secret = ClientSecret(PREFIX + secrets.token_hex(32), now + seconds, session)
        self._kept[_digest(secret.value)] = (secret, size)
        self._bytes += size
        return secret

    def find(self, value: str, now: float) -> ClientSecret | None:
        """Give the secret with this value, unless there is none or its time is over."""
        secret, _ = self._kept.get(_digest(value), (None, 0))
        return secret if secret is not None and now < secret.expires_at else None

    def _forget_expired(self, now: float) -> None:
        self._kept = {name: kept for name, kept in self._kept.items() if now < kept[0].expires_at}
        self._bytes = sum(size for _, size in self._kept.values())


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).digest()
