"""Keyboard and screen on a real pseudo-terminal, in a small program of their own; the terminal is put back, always."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pexpect
import pyte
import pytest

from realtime_chat.cli import key_decoder, keys
from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.controls import Controls
from realtime_chat.cli.terminal_mode import POP, PUSH, QUERY
from realtime_chat.session.settings import TurnMode

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

PROGRAM = textwrap.dedent(
    """
    import asyncio, sys
    from realtime_chat.cli.bindings import Action, Bindings
    from realtime_chat.cli.controls import Controls
    from realtime_chat.cli.keys import keyboard
    from realtime_chat.cli.run import run
    from realtime_chat.cli.screen import Screen
    from realtime_chat.cli.view import Status
    from realtime_chat.session.notices import Cause, Closed, Ready, Transcript
    from realtime_chat.session.settings import TurnMode

    async def main():
        over = asyncio.Event()
        lines = []
        crashing = []

        def note(text):
            if "plain" in sys.argv:
                print(f"[{text}]", flush=True)
            else:
                lines.append(text)
                screen(Transcript("user", f"[{text}]", True, str(len(lines))))

        def acted(action, edge):
            note(f"{action.value} {edge.name.lower()}")
            if action is Action.QUIT:
                over.set()
            if action is Action.MUTE and "crash" in sys.argv:
                crashing.append(True)

        def status():
            if crashing:
                raise ValueError("on purpose")
            return Status(entry=controls.entry, help_page=controls.help_page)

        turns = TurnMode.HOLD if "hold" in sys.argv else TurnMode.LOCAL
        controls = Controls(
            Bindings(),
            acted=acted,
            typed=lambda text: note(f"typed {text}"),
            turns=turns,
            has_screen="bare" not in sys.argv,
        )
        async with keyboard(controls) as keys:
            if "plain" in sys.argv:
                print("ready", keys.is_there, keys.reports_releases, flush=True)
                await over.wait()
                return
            screen = Screen(sys.stdout, status=status, bindings=Bindings())
            async with screen.shown():
                screen(Ready(f"ready {keys.reports_releases}", "v"))
                await over.wait()
                screen(Closed(Cause.QUIT))
        if "fail" in sys.argv:
            raise ValueError("on purpose")

    run(main())
    """
)


class Shell:
    """A shell on a terminal, which outlives the program and so can tell how the terminal was left.

    What the terminal shows is followed by pyte; its answers to the program are given by the test.
    """

    def __init__(self, folder):
        self._folder = folder
        (folder / "presses.py").write_text(PROGRAM)
        environment = os.environ | {"PS1": "$ ", "ENV": "", "TERM": "xterm-256color"}
        self.child = pexpect.spawn("/bin/sh", ["-i"], env=environment, timeout=30, dimensions=(14, 60))
        self.child.delaybeforesend = None
        self.child.sendline(f"cd {folder}; stty -a > before; echo be''gun")
        self.child.expect("begun")
        self.screen = pyte.HistoryScreen(60, 14, history=100)
        self._stream = pyte.ByteStream(self.screen)
        self.said = b""
        self._asked = 0

    def resize(self, columns):
        self.screen.resize(columns=columns)
        self.child.setwinsize(14, columns)

    def run(self, *arguments):
        self.send(f"{sys.executable} presses.py {' '.join(arguments)}; echo en''ded $?\n")

    def send(self, text):
        self.child.send(text)

    def follow(self, seconds=0.05):
        """Take what the program writes."""
        try:
            data = self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        self.said += data
        # pyte knows no `<` in a sequence and would show what follows it.
        self._stream.feed(re.sub(rb"\x1b\[[<>]\d*u", b"", data))

    @property
    def shown(self):
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def shows(self, *words, but=()):
        """Wait until each of ``words`` is on the screen, and none of ``but``."""
        end = time.monotonic() + 30
        while True:
            text = "\n".join(self.shown)
            if all(word in text for word in words) and not any(word in text for word in but):
                return
            assert time.monotonic() < end, f"not shown: {words}; this is: {text}"
            self.follow()

    def says(self, data):
        """Wait until ``data`` was written."""
        end = time.monotonic() + 30
        while data not in self.said:
            assert time.monotonic() < end, f"not written: {data!r}"
            self.follow()

    def is_as_it_was(self):
        """Say whether the terminal is as it was before the program began: its modes, and its cursor."""
        self._asked += 1
        self.send(f"stty -a > after; echo do''ne {self._asked}\n")
        self.says(b"done %d" % self._asked)
        before, after = ((self._folder / name).read_text() for name in ("before", "after"))
        # The size is the test's own doing.
        same = [re.sub(r"rows \d+; columns \d+;", "", text) for text in (before, after)]
        modes = [(on, off) for on, off in [(b"\x1b[?2004h", b"\x1b[?2004l"), (b"\x1b[?25l", b"\x1b[?25h"), (PUSH, POP)]]
        # Each mode that was changed was changed back last.
        is_back = all(self.said.rfind(off) >= self.said.rfind(on) for on, off in modes)
        assert pyte.modes.DECAWM in self.screen.mode
        return same[0] == same[1] and is_back and not self.screen.cursor.hidden


@pytest.fixture
def shell(tmp_path):
    shell = Shell(tmp_path)
    yield shell
    shell.child.close(force=True)


def test_keys_act_and_the_terminal_is_put_back(shell):
    shell.run()
    shell.shows("ready False", "q quit")
    shell.send("m")
    shell.shows("you: [mute press]")
    shell.send("\x1b")
    shell.shows("you: [interrupt press]")
    shell.send("\x1b[A")
    shell.shows("you: [louder press]")
    shell.send("q")
    shell.shows("you: [quit press]", "ended 0", but=("q quit",))
    assert shell.is_as_it_was()


def test_a_message_is_typed_and_pasted(shell):
    shell.run()
    shell.shows("ready False")
    shell.send("t")
    shell.shows("Enter sends")
    shell.send("q漢\x1b[200~uit\nnow\x1b[201~\x1b[D\x7fe")
    shell.shows("> q漢uit new")
    shell.send("\r")
    shell.shows("[typed q漢uit new]", "q quit")
    shell.send("?")
    shell.shows("any key closes this", "mute the microphone")
    shell.send("?")
    shell.shows("q quit", but=("any key closes this",))
    shell.send("q")
    shell.shows("ended 0")
    assert shell.is_as_it_was()


@pytest.mark.parametrize("columns", [30, 100, 20])
def test_a_resize(shell, columns):
    shell.run()
    shell.shows("ready False")
    shell.send("m")
    shell.shows("[mute press]")
    shell.resize(columns)
    shell.send("v")
    shell.shows("[voice press]")
    text = "\n".join(shell.shown)
    assert [text.count(word) for word in ("[mute press]", "[voice press]", "listening")] == [1, 1, 1]
    shell.send("q")
    shell.shows("ended 0")
    assert shell.is_as_it_was()


def start(shell, *arguments, knows_releases):
    """Run the program on a terminal that answers what it is asked."""
    shell.run(*arguments)
    shell.says(QUERY)
    shell.send(("\x1b[?0u" if knows_releases else "") + "\x1b[?62;22c")
    shell.shows(f"ready {knows_releases}")


@pytest.mark.parametrize("ending", ["ctrl-c", "term", "hang up", "crash", "fail"])
@pytest.mark.parametrize("knows_releases", [False, True])
def test_the_terminal_is_put_back_however_it_ends(shell, ending, knows_releases):
    start(shell, ending, "hold", knows_releases=knows_releases)
    if knows_releases:
        shell.says(PUSH)
    match ending:
        case "ctrl-c":
            shell.send("\x1b[99;5u" if knows_releases else "\x03")
        case "term" | "hang up":
            # The job in the foreground of the shell's terminal.
            os.kill(os.tcgetpgrp(shell.child.child_fd), signal.SIGTERM if ending == "term" else signal.SIGHUP)
        case "crash":
            shell.send("m")
        case _:
            shell.send("q")
    shell.shows("KeyboardInterrupt" if ending == "ctrl-c" else "ended 1")
    assert shell.is_as_it_was()


def test_a_key_is_held_where_the_terminal_knows_how(shell):
    start(shell, "hold", knows_releases=True)
    shell.says(PUSH)
    shell.send("\x1b[32;1:1;32u\x1b[32;1:2;32u\x1b[32;1:3u")
    shell.shows("[talk press]", "[talk release]")
    shell.send("\x1b[116;1;116u")
    shell.shows("Enter sends")
    shell.says(POP)  # typing is left to the terminal
    shell.send("a b\r")
    shell.shows("[typed a b]")
    shell.send("\x1b[113;1;113u")
    shell.shows("ended 0")
    assert shell.said.count(PUSH) == shell.said.count(POP) == 2
    assert shell.is_as_it_was()


def test_elsewhere_only_presses_come(shell):
    start(shell, "hold", knows_releases=False)
    shell.send("  q")
    shell.shows("ended 0")
    assert sum("[talk press]" in line for line in shell.shown) == 2
    assert PUSH not in shell.said
    assert shell.is_as_it_was()


def test_a_plain_terminal_gets_no_sequences(shell):
    shell.run("plain", "bare", "hold")
    shell.shows("ready True False")
    began = len(shell.said)
    shell.send("thi mq\r mq")
    shell.shows("ended 0")
    assert b"\x1b" not in shell.said[began:]
    assert QUERY not in shell.said
    assert [row for row in shell.shown if row.startswith("[")] == [
        "[typed hi mq]",
        "[talk press]",
        "[mute press]",
        "[quit press]",
    ]
    assert shell.is_as_it_was()


def test_an_answer_that_comes_late_is_no_key(shell):
    shell.run("plain")
    shell.shows("ready True False")
    shell.send("\x1b[?0u\x1b[?62;22c")
    shell.send("mq")
    shell.shows("ended 0")
    assert [line for line in shell.shown if line.startswith("[")] == ["[mute press]", "[quit press]"]
    assert shell.is_as_it_was()


@pytest.mark.parametrize("knows_releases", [False, True])
def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(shell, knows_releases):
    start(shell, "hold", knows_releases=knows_releases)
    shell.send("\x1b[122;5u" if knows_releases else "\x1a")
    shell.shows("Stopped", but=("q quit",))
    assert shell.is_as_it_was()
    shell.send("fg; echo en''ded $?\n")
    shell.shows("listening", "q quit")
    assert shell.said.count(PUSH) == (2 if knows_releases else 0)
    shell.send("m")
    shell.shows("[mute press]")
    shell.send("q")
    shell.shows("ended 0")
    assert shell.is_as_it_was()


def test_a_job_that_goes_on_in_the_background_leaves_the_terminal_alone_until_it_comes_back(shell):
    start(shell, knows_releases=False)
    shell.send("\x1a")
    shell.shows("Stopped")
    shell.send("bg; echo in the back''ground\n")
    shell.shows("in the background")
    assert shell.is_as_it_was()
    shell.send("fg; echo en''ded $?\n")
    shell.shows("listening")
    shell.send("q")
    shell.shows("ended 0")
    assert shell.is_as_it_was()


def test_a_background_job_leaves_the_terminal_alone(shell):
    shell.send(f"{sys.executable} presses.py plain &\n")
    shell.shows("ready False False")
    shell.send("kill $!\n")
    assert shell.is_as_it_was()


def test_without_a_terminal_there_are_no_keys(tmp_path):
    script = tmp_path / "presses.py"
    script.write_text(PROGRAM.replace("await over.wait()", "pass"))
    # A session of its own has no terminal.
    said = subprocess.run([sys.executable, script, "plain"], stdout=subprocess.PIPE, start_new_session=True, check=True)
    assert said.stdout == b"ready False False\n"


class Line:
    """What comes from a terminal while an answer sounds: who reads it, what is written to it, and what comes of it."""

    def __init__(self):
        reading, self.writing = os.pipe()
        os.set_blocking(reading, False)
        self.seen = asyncio.Queue()
        controls = Controls(Bindings(), acted=lambda *_: None)
        controls.lead(
            lambda action, _: self.seen.put_nowait(action),
            typed=lambda _: None,
            answered=lambda _: None,
            is_sounding=lambda: True,
            foreseen=self.seen.put_nowait,
            turns=TurnMode.LOCAL,
        )
        self.reading = reading
        self.reader = keys._Reader(reading, None, controls)  # the mode is not touched where no key is held

    async def sees(self, *things):
        assert [await self.seen.get() for _ in things] == list(things)


@pytest.fixture
async def line():
    line = Line()
    with line.reader.reading():
        yield line
    for end in (line.reading, line.writing):
        with contextlib.suppress(OSError):  # closed by the test
            os.close(end)


async def test_esc_is_foreseen_with_its_first_byte_and_then_comes(line, monkeypatch):
    monkeypatch.setattr(key_decoder, "ESCAPE_SECONDS", 0)
    os.write(line.writing, b"\x1b")
    await line.sees(True, Action.INTERRUPT, False)


async def test_what_was_foreseen_may_be_another_key(line, monkeypatch):
    monkeypatch.setattr(key_decoder, "ESCAPE_SECONDS", 60)
    os.write(line.writing, b"\x1b")
    await line.sees(True)
    os.write(line.writing, b"[A")
    await line.sees(Action.LOUDER, False)
    os.write(line.writing, b"\x1b[B")  # as a terminal sends it
    await line.sees(Action.QUIETER, False)


async def test_a_terminal_that_is_closed_leaves_nothing_foreseen(line, monkeypatch):
    monkeypatch.setattr(key_decoder, "ESCAPE_SECONDS", 60)
    os.write(line.writing, b"\x1b")
    await line.sees(True)
    os.close(line.writing)
    await line.sees(Action.INTERRUPT, False)


async def test_a_reader_that_was_called_for_nothing_waits_on(line, monkeypatch):
    monkeypatch.setattr(key_decoder, "ESCAPE_SECONDS", 0)
    os.write(line.writing, b"\x1b")
    line.reader._read()
    line.reader._read()
    await line.sees(True, Action.INTERRUPT, False)
