"""The config file in the person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

from realtime_chat.cli.config.writing import make_file
from realtime_chat.cli.errors import WrongUsage

_TEMPLATE = """\
# The configuration of realtime-chat. An option's name with underscores is a key; `realtime-chat config show` lists
# them all, with the values in effect.
#
# voice = "alloy"              for every command
#
# [talk]                       for one command
# vad_level = 3
#
# [profiles.work]              with `--profile work`
# server = "https://example.org/v1"
"""


def edit_file() -> None:
    """Open the config file, which is made if there is none, and wait until the editor ends.

    Raises:
        BadConfig: The file cannot be made.
        WrongUsage: There is no such editor, or it failed.
    """
    path = make_file(_TEMPLATE)
    named = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    editor = named or ("notepad" if sys.platform == "win32" else "vi")
    try:
        # The person's own choice of a program; the path is an argument of its own, and no shell reads it.
        done = subprocess.run([*shlex.split(editor), str(path)], check=False)  # noqa: S603 - see above
    except (OSError, ValueError) as error:
        raise WrongUsage(
            f"The editor {editor!r} cannot be started ({error}): name another one in EDITOR, or edit {str(path)!r}."
        ) from error
    if done.returncode:
        raise WrongUsage(f"The editor {editor!r} ended with {done.returncode}: look at {str(path)!r}.")
