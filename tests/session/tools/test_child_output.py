from __future__ import annotations

import logging

import pytest
from virtual_sound import wait_for

from realtime_chat.session.tools.child_output import ChildOutput


def test_lines_go_to_the_log_and_nothing_in_them_is_obeyed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "realtime_chat")
    with ChildOutput("x") as output:
        output.file.write("one\n\n\x1b[2Jtwo\n" + "y" * 5000 + "\nlast")
    wait_for(lambda: "last" in caplog.text, "the last line")
    assert "x writes: 'one'" in caplog.text
    assert "\x1b" not in caplog.text
    assert max(map(len, caplog.messages)) < 1100
