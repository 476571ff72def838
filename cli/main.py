"""The program's entry: everything it does ends here with an exit code.

Nothing is imported before `main` is entered, so that a Ctrl-C while the rest loads ends quietly too.
"""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run `realtime-chat` with the process's arguments and exit."""
    try:
        from realtime_chat.cli.app import run_app

        code = run_app(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)
