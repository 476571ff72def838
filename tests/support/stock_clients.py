"""The stock clients that the server is held against, and why one of them cannot be run here.

    python tests/support/stock_clients.py

prints a line for each that cannot, with the reason; nothing where all of them can.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

HOME = Path(__file__).parents[2] / ".venv-conformance"
"""Where `make clients` installs them."""

PYTHON = HOME / "bin" / "python"

CLIENTS: Mapping[str, tuple[str, str]] = {
    "openai": (sys.executable, "openai_sdk.py"),
    "openai-agents": (str(PYTHON), "openai_agents.py"),
    "agents-realtime": ("node", "agents_realtime.mjs"),
    "livekit": (str(PYTHON), "livekit_plugin.py"),
    "pipecat": (str(PYTHON), "pipecat_service.py"),
}
"""Those that hold the conversations of tests/conformance/clients: what runs them, and their program there."""

TALK = "speech-to-speech"
"""The client that has a program of its own."""

INSTALLABLE = "`make clients` installs it"


def missing_node() -> str:
    """Say why nothing for Node can be run here, "" if it can."""
    # What an installer was interrupted in is there, too; the lock file beside it is copied last.
    if (HOME / "node" / "installed.lock").exists() and shutil.which("node") is not None:
        return ""
    lacking = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{lacking[0]} is not installed" if lacking else INSTALLABLE


def missing(client: str) -> str:
    """Say why a client cannot be run here, "" if it can."""
    if client == TALK:
        return "" if (HOME / "installed-alone.lock").exists() else INSTALLABLE
    program = CLIENTS[client][0]
    if program == "node":
        return missing_node()
    return "" if program == sys.executable or (HOME / "installed.lock").exists() else INSTALLABLE


def node_environment() -> dict[str, str]:
    """What programs for Node find their packages by."""
    return {"PATH": os.environ["PATH"], "CONFORMANCE_NODE": str(HOME / "node")}


if __name__ == "__main__":
    for name in (*CLIENTS, TALK):
        if reason := missing(name):
            sys.stdout.write(f"{name}: {reason}\n")
