"""Keys and tokens, kept out of everything that is shown."""

from __future__ import annotations

import os

from realtime_chat.cli.presets import VENDOR_KEYS

KEY_VARIABLES = (
    "OPENAI_API_KEY",
    "REALTIME_CHAT_KEY",
    "REALTIME_CHAT_LLM_KEY",
    "REALTIME_CHAT_SERVER_KEY",
    "REALTIME_CHAT_STT_KEY",
    "REALTIME_CHAT_TTS_KEY",
    *VENDOR_KEYS,
)
"""Environment variables that hold a key."""

_HIDDEN = "[key]"
_SHORTEST = 4
"""A shorter value cannot be told from an ordinary word; no real key is that short."""

_made: set[str] = set()


def hide(secret: str) -> None:
    """Have ``secret``, which this process made itself, hidden too."""
    _made.add(secret)


def redact(text: str) -> str:
    """Give ``text`` with every key of the environment, and every secret given to `hide`, replaced."""
    from_environment = {os.environ.get(variable, "").strip() for variable in KEY_VARIABLES}
    # The longest first: one key may begin with another.
    for secret in sorted(from_environment | _made, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, _HIDDEN)
    return text
