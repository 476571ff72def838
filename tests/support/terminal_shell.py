"""A shell on a pseudo-terminal, in which the program runs as a person runs it.

The shell outlives the program, and so can tell how the terminal was left: that of a session leader which ended is
reset by the system, and would look right however it was left.
"""

import os
import re
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pexpect
import pyte

QUERY = b"\x1b[?u\x1b[c"
PUSH = b"\x1b[>31u"
_ATTRIBUTES = b"\x1b[?62;22c"
_KITTY_FLAGS = b"\x1b[?0u"
_GIVE_UP_S = 60
"""Far beyond anything normal: it turns a hang into a failure."""

_SWITCHES = (
    (b"\x1b[?25l", b"\x1b[?25h"),  # the cursor
    (b"\x1b[?7l", b"\x1b[?7h"),  # wrapping
    (b"\x1b[?2026h", b"\x1b[?2026l"),  # held output
    (b"\x1b[?2004h", b"\x1b[?2004l"),  # marked pastes
    (b"\x1b[?1004h", b"\x1b[?1004l"),  # told of the focus
    (PUSH, b"\x1b[<u"),  # releases of keys
)
"""What a program switches on, and what switches it off again."""


class TerminalShell:
    """An interactive shell; what its terminal shows is followed on a thread, so that no program waits for us.

    Attributes:
        said: All that was written to the terminal.
    """

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 30,
        knows_releases: bool = False,
    ) -> None:
        """Start it in ``folder``.

        Args:
            folder: Where it works.
            env: Its environment.
            columns: The terminal's width.
            rows: And its height.
            knows_releases: The terminal speaks the kitty keyboard protocol.
        """
        self.said = b""
        self._folder = folder
        self._answer = (_KITTY_FLAGS if knows_releases else b"") + _ATTRIBUTES
        self._answered = 0
        self._asked = 0
        self._runs = 0
        self._lock = threading.Lock()
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self._child = pexpect.spawn(
            "/bin/sh", ["-i"], env={**env, "PS1": "$ ", "ENV": ""}, cwd=str(folder), dimensions=(rows, columns)
        )
        self._child.delaybeforesend = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.press("stty -a > before; echo be''gun\n")
        self.shows("begun")

    def close(self) -> None:
        """Close the terminal, and with it whatever runs in it."""
        self._child.close(force=True)
        self._reader.join()

    def run(self, *words: object) -> None:
        """Run a command; see `ended`."""
        self._runs += 1
        self.press(f"{shlex.join(map(str, words))}; echo en''ded{self._runs} $?\n")

    def press(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys.encode())

    def signal(self, number: int) -> None:
        """Send a signal to the program that is in the foreground, whose process leads its job."""
        os.kill(os.tcgetpgrp(self._child.child_fd), number)

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal larger or smaller, as a person does with its window."""
        with self._lock:
            self._screen.resize(lines=rows, columns=columns)
            self._child.setwinsize(rows, columns)

    @property
    def shown(self) -> list[str]:
        """The rows on the screen that are not empty."""
        with self._lock:
            return [line.rstrip() for line in self._screen.display if line.strip()]

    @property
    def text(self) -> str:
        """All rows, also those that scrolled away."""
        with self._lock:
            columns = range(self._screen.columns)
            past = ["".join(row[column].data for column in columns) for row in self._screen.history.top]
            return "\n".join(line.rstrip() for line in [*past, *self._screen.display])

    def shows(self, *words: str, but: tuple[str, ...] = ()) -> None:
        """Wait until each of ``words`` is on the screen, and none of ``but``; where rows are broken does not matter."""

        def is_shown() -> bool:
            page = " ".join(" ".join(self.shown).split())
            return all(word in page for word in words) and not any(word in page for word in but)

        self.wait_for(is_shown, f"{words} to be shown" + (f", but not {but}" if but else ""))

    def shows_bright(self, words: str) -> None:
        """Wait until ``words`` are on one row of the screen, and not faint."""
        self.wait_for(lambda: any(words in row for row in self._bright), f"{words!r} to be shown, and not faint")

    def says(self, data: bytes) -> None:
        """Wait until ``data`` was written."""
        self.wait_for(lambda: data in self.said, f"{data!r}")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until ``condition`` holds."""
        end = time.monotonic() + _GIVE_UP_S
        while not condition():
            if time.monotonic() > end:
                rows = "\n".join(self.shown)
                raise AssertionError(f"waited for {what}; the terminal shows:\n{rows}")
            time.sleep(0.02)

    def ended(self) -> int:
        """Wait for the end of the command that was run last; give its exit code."""
        pattern = re.compile(rf"^ended{self._runs} (\d+)$", re.MULTILINE)
        self.wait_for(lambda: pattern.search(self.text) is not None, "the end of the command")
        found = pattern.search(self.text)
        assert found is not None
        return int(found.group(1))

    def assert_is_as_it_was(self) -> None:
        """See that the terminal is as it was before the program began: its modes, its switches, its cursor."""
        self._asked += 1
        self.press(f"stty -a > after; echo do''ne{self._asked}\n")
        self.shows(f"done{self._asked}")  # so it echoes, and breaks lines
        before, after = ((self._folder / name).read_text() for name in ("before", "after"))
        # The size is the test's own doing.
        same = [re.sub(r"rows \d+; columns \d+;", "", text) for text in (before, after)]
        assert same[0] == same[1]
        left_on = [on for on, off in _SWITCHES if self.said.rfind(on) > self.said.rfind(off)]
        assert left_on == []
        with self._lock:
            assert pyte.modes.DECAWM in self._screen.mode
            assert not self._screen.cursor.hidden
            assert self._screen.cursor.attrs.fg == "default"

    @property
    def _bright(self) -> list[str]:
        with self._lock:
            rows = [self._screen.buffer[number] for number in range(self._screen.lines)]
            columns = range(self._screen.columns)
            return ["".join(" " if row[at].underscore else row[at].data for at in columns) for row in rows]

    def _read(self) -> None:
        while True:
            try:
                data = self._child.read_nonblocking(1 << 16, timeout=None)
            except (pexpect.EOF, OSError, ValueError):  # the shell ended, or the terminal was closed
                return
            with self._lock:
                self.said += data
                # pyte knows no `<` and `>` in a sequence and would show what follows it; of what is faint it knows
                # nothing, but of what is underlined it does.
                self._stream.feed(re.sub(rb"\x1b\[[<>]\d*u", b"", data).replace(b"\x1b[2m", b"\x1b[4m"))
            while self.said.count(QUERY) > self._answered:
                self._answered += 1
                self._child.send(self._answer)
