"""Where the configuration lies."""

from __future__ import annotations

import os
from pathlib import Path

FILE_VARIABLE = "REALTIME_CHAT_CONFIG"
"""Names another config file; the keys stay where they are."""


def config_folder() -> Path:
    """Give the platform's folder for this program's configuration, which need not exist."""
    import platformdirs

    return platformdirs.user_config_path("realtime-chat", appauthor=False)


def is_named() -> bool:
    """Say whether the environment names the config file."""
    return bool(os.environ.get(FILE_VARIABLE, "").strip())


def config_file() -> Path:
    """Give the path of the config file, which need not exist."""
    if not is_named():
        return config_folder() / "config.toml"
    named = Path(os.environ[FILE_VARIABLE].strip())
    try:
        return named.expanduser()
    except RuntimeError:  # a `~` without a home
        return named


def keys_file() -> Path:
    """Give the path of the file that knows the stored keys, which need not exist."""
    return config_folder() / "keys.json"
