import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime_chat.audio.thrift import give_back


def test_it_may_be_asked_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    give_back()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    give_back()  # musl
    monkeypatch.setattr(sys, "platform", "darwin")
    give_back()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc gives memory back when told to")
def test_what_was_freed_is_given_back() -> None:
    def resident() -> int:
        with Path("/proc/self/statm").open() as file:
            return int(file.read().split()[1])

    kept = [bytes(4000) for _ in range(20_000)]
    spare = kept[::100]
    del kept
    before = resident()
    give_back()
    assert resident() < before
    assert spare
