import os
import subprocess
import sys
import textwrap

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.keys import Key, KeyDecoder


def keys_of(data):
    decoder = KeyDecoder()
    return decoder.feed(data) + decoder.flush()


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b" ", [Key.INTERRUPT]),
        (b"mM", [Key.MUTE, Key.MUTE]),
        (b"q", [Key.QUIT]),
        (b"\x1b", [Key.INTERRUPT]),
        (b"\x1b\x1b", [Key.INTERRUPT, Key.INTERRUPT]),
        (b"\x1b[A", []),  # arrow up
        (b"\x1b[1;5C", []),  # Ctrl and arrow right
        (b"\x1b[15~m", [Key.MUTE]),  # F5, then m
        (b"\x1bOQ", []),  # F2
        (b"\x1bq", []),  # Alt and q
        (b"\x1b[<0;10;20M", []),  # a click
        ("é漢".encode(), []),
        (b"xyz\n", []),
    ],
)
def test_what_bytes_mean(data, keys):
    assert keys_of(data) == keys


@given(st.binary(max_size=20), st.integers(min_value=0, max_value=20))
def test_how_bytes_are_split_does_not_matter(data, cut):
    decoder = KeyDecoder()
    assert decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.flush() == keys_of(data)


def test_a_lone_escape_waits():
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b") == []
    assert decoder.waits
    assert decoder.flush() == [Key.INTERRUPT]
    assert not decoder.waits


PRESSES = textwrap.dedent(
    """
    import asyncio, sys
    from realtime_chat.cli.keys import keyboard

    async def main():
        over = asyncio.Event()
        def pressed(key):
            print("key", key.value, flush=True)
            if key.value == "quit":
                over.set()
        async with keyboard(pressed) as has_keys:
            print("ready", has_keys, flush=True)
            await over.wait()
            if "fail" in sys.argv:
                raise ValueError("on purpose")

    asyncio.run(main())
    """
)


@pytest.fixture
def shell(tmp_path):
    """A shell on a terminal, which outlives the program and so can tell how the terminal was left."""
    script = tmp_path / "presses.py"
    script.write_text(PRESSES)
    child = pexpect.spawn("/bin/sh", ["-i"], env=os.environ | {"PS1": "$ ", "ENV": ""}, timeout=30, encoding="utf-8")
    child.delaybeforesend = None
    child.program = f"{sys.executable} {script}"
    child.sendline(f"cd {tmp_path}; stty -a > before; echo be''gun")
    child.expect("begun")
    yield child
    child.close(force=True)


def assert_terminal_is_as_it_was(shell, tmp_path):
    shell.sendline("stty -a > after; echo do''ne")
    shell.expect("done")
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()


def test_keys_come_one_by_one_and_the_terminal_is_put_back(shell, tmp_path):
    shell.sendline(shell.program)
    shell.expect("ready True")
    shell.send("m")
    shell.expect("key mute")
    shell.send("\x1b[A")
    shell.send("\x1b")
    shell.expect("key interrupt")
    shell.send("q")
    shell.expect("key quit")
    assert_terminal_is_as_it_was(shell, tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("ending", ["ctrl-c", "failure"])
def test_the_terminal_is_put_back_however_it_ends(shell, tmp_path, ending):
    shell.sendline(f"{shell.program} fail; echo en''ded")
    shell.expect("ready True")
    if ending == "ctrl-c":
        shell.sendintr()
    else:
        shell.send("q")
    shell.expect("ended" if ending == "failure" else "KeyboardInterrupt")
    assert_terminal_is_as_it_was(shell, tmp_path)


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(shell, tmp_path):
    shell.sendline(shell.program)
    shell.expect("ready True")
    shell.send("\x1a")
    shell.expect(r"\$ ")
    assert_terminal_is_as_it_was(shell, tmp_path)
    shell.sendline("fg")
    shell.expect("presses.py\r\n")
    while shell.expect(["key mute", pexpect.TIMEOUT], timeout=0.2):
        shell.send("m")  # until it is in the foreground, the shell's terminal keeps it
    shell.send("q")
    shell.expect("key quit")
    assert_terminal_is_as_it_was(shell, tmp_path)


def test_a_background_job_leaves_the_terminal_alone(shell, tmp_path):
    shell.sendline(f"{shell.program} & ")
    shell.expect("ready False")
    shell.sendline("kill $!")
    assert_terminal_is_as_it_was(shell, tmp_path)


def test_without_a_terminal_there_are_no_keys(tmp_path):
    script = tmp_path / "presses.py"
    script.write_text(PRESSES.replace("await over.wait()", "pass"))
    # A session of its own has no terminal.
    said = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, start_new_session=True, check=True)
    assert said.stdout == b"ready False\n"
