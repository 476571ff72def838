"""Where the engines' tests find the real models."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

MODELS = Path(os.environ.get("REALTIME_CHAT_MODELS") or platformdirs.user_cache_path("realtime-chat") / "models")


@pytest.fixture(scope="session")
def model() -> Callable[[str], Path]:
    """Gives the path of ``<model>/<file>``, or of a model's folder; skips the test where it was not pulled."""

    def find(name: str) -> Path:
        path = MODELS / name
        if not path.exists():
            pytest.skip(f"{name} is not in {MODELS}: run `realtime-chat models pull`")
        return path

    return find
