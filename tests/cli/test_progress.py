import io

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
        "  hub.example: HTTP 404 [red]",
        "  from the package x 1.0 (2.0 MB)",
        "  encoder_model.ort is there",
    ]


def test_bars_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    with watched(stream) as progress:
        pull_one(progress)
    screen = pyte.Screen(100, 24)
    pyte.Stream(screen).feed(stream.getvalue().replace("\n", "\r\n"))
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert shown[:2] == ["Waiting for another process that pulls moonshine-tiny-en.", "hub.example: HTTP 404 [red]"]
    assert shown[2].startswith("hearing: encoder_model.ort")
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
