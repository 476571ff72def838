"""The config file and the stored keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from realtime_chat.cli.config.keystore import KeyStore
from realtime_chat.cli.config.profile import Configuration
from realtime_chat.cli.doctor.finding import Finding, Verdict
from realtime_chat.cli.errors import BadConfig, KeyStoreFailed

CONFIG = "config file"
KEYS = "stored keys"


def judge_config(path: Path, found: Configuration | BadConfig | None) -> Finding:
    """Say whether the config file is right.

    Args:
        path: The file.
        found: What it says for a conversation, or what is wrong with it.
    """
    try:
        if isinstance(found, BadConfig):
            raise found
        if found is not None:
            found.bindings()
    except BadConfig as trouble:
        return Finding(CONFIG, Verdict.FAIL, str(trouble), "all that follows was looked at as if there were no file")
    if found is None or not path.exists():
        return Finding(CONFIG, Verdict.OK, f"there is none in {str(path)!r}, and none is needed")
    profile = f", with the profile {found.profile!r}" if found.profile else ""
    return Finding(CONFIG, Verdict.OK, f"{str(path)!r}{profile} sets {', '.join(found.said) or 'nothing'}")


def look_at_keys(store: KeyStore) -> Iterator[Finding]:
    """Look at the stored keys without opening a keyring, which may ask for a password."""
    try:
        places = store.places()
    except KeyStoreFailed as error:
        yield Finding(KEYS, Verdict.FAIL, error.what, error.step)
        return
    yield Finding(KEYS, Verdict.OK, ", ".join(f"{name} ({place.value})" for name, place in places.items()) or "none")
