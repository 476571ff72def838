import ctypes
import os
import platform
import subprocess
import sys

import pytest

from realtime_chat.audio.quiet import quiet

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc lets a program set its stderr")


def complain(words: str) -> None:
    """Write to the C library's stderr, as PortAudio does."""
    libc = ctypes.CDLL(None)
    libc.fputs(words.encode(), ctypes.c_void_p.in_dll(libc, "stderr"))


def test_what_c_prints_is_dropped_and_what_python_prints_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    complain("before ")
    with quiet():
        complain("dropped ")
        os.write(2, b"descriptor ")
        with quiet():
            complain("dropped ")
        complain("dropped ")
    complain("after")
    assert capfd.readouterr().err == "before descriptor after"


def test_python_s_own_stderr_is_another_matter(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet():
        sys.stderr.write("a sentence\n")
    assert capsys.readouterr().err == "a sentence\n"


def test_it_is_loud_again_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with quiet():
            complain("dropped")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    complain("heard")
    assert capfd.readouterr().err == "heard"


TRAPPING = """
import ctypes, os, sys, threading, time
from realtime_chat.audio.quiet import quiet, trap

libc = ctypes.CDLL(None)
written = 0

def complain_for_ever():
    global written
    while True:
        libc.fputs(b"Expression failed\\n" * 8, ctypes.c_void_p.in_dll(libc, "stderr"))
        written += 1

trap()  # nothing is quiet: nothing happens
for_good = quiet()
for_good.__enter__()  # as with a stream that never closes
for _ in range(2):
    threading.Thread(target=complain_for_ever, daemon=True).start()
    before = -1
    while before != written:
        trap()
        before = written
        time.sleep(0.2)
libc.fputs(b"dropped", ctypes.c_void_p.in_dll(libc, "stderr"))
print("over", flush=True)
"""


def test_a_thread_that_complains_without_end_is_put_to_sleep_and_the_program_ends() -> None:
    done = subprocess.run([sys.executable, "-c", TRAPPING], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
