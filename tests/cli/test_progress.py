import io
from dataclasses import replace

import pyte
import pytest

from realtime_chat.cli.progress import size_text, watched
from realtime_chat.server.models.manifest import DEFAULT


class Terminal(io.StringIO):
    def isatty(self):
        return True


def pull_one(progress):
    model = DEFAULT[0]
    file = model.files[0]
    progress.waiting(model)
    progress.started(model, file)
    progress.source("hub\x1b[2J.example", file.size)
    progress.advanced(1_000_000)
    progress.refused("hub.example", "HTTP 404 [red]")
    progress.source("the package x 1.0", 2_000_000)
    progress.advanced(2_000_000)
    progress.finished(file)


def test_plain_lines_without_a_terminal():
    stream = io.StringIO()
    with watched(stream) as progress:
        pull_one(progress)
    assert stream.getvalue().splitlines() == [
        "Waiting for another process that pulls moonshine-tiny-en.",
        "hearing: encoder_model.ort (13.3 MB)",
        "  from hub.example (13.3 MB)",
        "  hub.example: HTTP 404 [red]; trying the next source",
        "  from the package x 1.0 (2.0 MB)",
        "  encoder_model.ort is there",
    ]


def test_bars_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    with watched(stream) as progress:
        pull_one(progress)
    screen = pyte.Screen(80, 24)
    pyte.Stream(screen).feed(stream.getvalue().replace("\n", "\r\n"))
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert shown[:2] == [
        "Waiting for another process that pulls moonshine-tiny-en.",
        "hub.example: HTTP 404 [red]; trying the next source",
    ]
    assert shown[2].startswith("encoder_model.ort ━━━━━━━━━━")
    assert "100% 13.3/13.3 MB" in shown[2]
    assert "?" not in shown[2]
    assert len(shown) == 3
    assert not screen.cursor.hidden


def test_quiet_says_nothing():
    stream = io.StringIO()
    with watched(stream, quiet=True) as progress:
        pull_one(progress)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (2_000, "2 kB"), (999_400, "999 kB"), (999_600, "1.0 MB"), (13_300_000, "13.3 MB")],
)
def test_a_size_that_is_small_is_no_zero(size, text):
    assert size_text(size) == text


def test_the_longest_name_leaves_room_for_a_bar(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    model = DEFAULT[0]
    file = replace(model.files[0], name="a-name-" * 12, size=987_600_000)
    with watched(stream) as progress:
        progress.started(model, file)
        progress.source("the package with-a-long-name 1.2.3", file.size)
        progress.advanced(456_700_000)
    screen = pyte.Screen(80, 24)
    pyte.Stream(screen).feed(stream.getvalue().replace("\n", "\r\n"))
    (row,) = [line.rstrip() for line in screen.display if line.strip()]
    assert row.startswith("a-name-a-name-")
    assert row.count("━") >= 10
    assert " 46% 456.7/987.6 MB" in row
    assert row.count("…") == 1


def test_a_host_that_is_unreachable_is_reported_once():
    stream = io.StringIO()
    with watched(stream) as progress:
        for file in DEFAULT[0].files:
            progress.started(DEFAULT[0], file)
            progress.source("hub.example", file.size)
            progress.refused("hub.example", "cannot be reached")
            progress.source("the package x 1.0", 2_000_000)
            progress.finished(file)
    assert stream.getvalue().count("cannot be reached; trying the next source") == 1
