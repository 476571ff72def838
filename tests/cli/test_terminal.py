import io

import pytest

from realtime_chat.cli.terminal import can_draw, is_terminal


class Tty(io.StringIO):
    def isatty(self):
        return True


def test_what_is_a_terminal():
    closed = io.StringIO()
    closed.close()
    assert is_terminal(Tty())
    assert not is_terminal(io.StringIO())
    assert not is_terminal(None)
    assert not is_terminal(closed)


@pytest.mark.parametrize(
    ("environment", "can"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_where_one_can_draw(environment, can):
    assert can_draw(Tty(), environment) is can
    assert not can_draw(io.StringIO(), environment)
