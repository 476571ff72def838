import asyncio
import io

import pytest

from realtime_chat.cli.gauge import bar, decibels, gauge


@pytest.mark.parametrize(
    ("level", "said", "full"), [(0.0, "silent", 0), (0.5, "-30 dB", 20), (0.01, "-59 dB", 0), (1.0, "0 dB", 40)]
)
def test_a_level_is_said_in_decibels(level: float, said: str, full: int) -> None:
    assert decibels(level) == said
    assert bar(level).count("#") == full
    assert len(bar(level)) == len(f"[] {decibels(level)}") + 40


class Watched(io.StringIO):
    """Says when something awaited was written."""

    def __init__(self, awaited: str, *, is_terminal: bool) -> None:
        super().__init__()
        self.awaited = awaited
        self.is_terminal = is_terminal
        self.came = asyncio.Event()

    def write(self, text: str) -> int:
        if self.awaited in text:
            self.came.set()
        return super().write(text)

    def isatty(self) -> bool:
        return self.is_terminal


async def test_without_a_terminal_there_are_plain_lines() -> None:
    stream = Watched("dB", is_terminal=False)
    async with gauge(stream, lambda: 0.5), asyncio.timeout(60):
        await stream.came.wait()
    assert stream.getvalue().startswith("  -30 dB\n")


async def test_on_a_terminal_it_is_drawn_and_taken_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Watched("#", is_terminal=True)
    async with gauge(stream, lambda: 0.5), asyncio.timeout(60):
        await stream.came.wait()
    drawn = stream.getvalue()
    assert "\x1b[?25l" in drawn
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("#")
    assert drawn.endswith("\x1b[2K")


async def test_a_stream_that_breaks_is_said() -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            broken.set()
            raise BrokenPipeError

    broken = asyncio.Event()
    with pytest.raises(BrokenPipeError):
        async with gauge(Broken(), lambda: 0.5):
            await broken.wait()
