import ctypes
import os
import platform
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
