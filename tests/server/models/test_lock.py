from __future__ import annotations

import subprocess
import sys

import pytest

from realtime_chat.server.models.lock import exclusive

HOLD = """
import sys
from pathlib import Path
from realtime_chat.server.models.lock import exclusive
with exclusive(Path(sys.argv[1]), lambda: print("waiting", flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_free_again_afterwards(tmp_path):
    waits = []
    for _ in range(2):
        with exclusive(tmp_path / "lock", lambda: waits.append(1)):
            assert (tmp_path / "lock").exists()
    assert waits == []


def test_a_killed_holder_gives_it_back(tmp_path):
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waits = []

        def waiting() -> None:
            waits.append(1)
            holder.kill()

        with exclusive(path, waiting):
            assert waits == [1]


def test_no_folder_for_it(tmp_path):
    with pytest.raises(FileNotFoundError), exclusive(tmp_path / "missing" / "lock", lambda: None):
        pytest.fail("a lock without a file was held")
