"""`talk` in a shell on a terminal, with screen and keys, against a scripted server; a file is the microphone."""

import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from program import COMMAND, Program, ScriptedServer
from synthetic_voice import silence
from terminal_shell import PUSH, TerminalShell
from virtual_sound import wait_for

from realtime_chat.audio.files import write_wav

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

LONG = "tell me a long story"
"""Is answered in six sentences, which take half a minute."""

Talk = Callable[..., TerminalShell]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes in which nobody speaks, so that the talk goes on."""
    path = tmp_path_factory.mktemp("recording") / "silence.wav"
    write_wav(path, silence(120_000))
    return path


@pytest.fixture
def talk(client: Program, scripted: ScriptedServer, recording: Path, tmp_path: Path) -> Iterator[Talk]:
    """Begins a talk in a shell, which listens when it is given."""
    shells: list[TerminalShell] = []

    def begin(*arguments: str, command=COMMAND, server=scripted, knows_releases=False, **changes: str) -> TerminalShell:
        shell = TerminalShell(tmp_path, client.env | changes, knows_releases=knows_releases)
        shells.append(shell)
        files = ("--input", recording, "--output", tmp_path / "answer.wav")
        shell.run(*command, "talk", "--server", server.url, *files, *arguments)
        shell.shows("listening", "scripted")
        return shell

    yield begin
    for shell in shells:
        shell.close()


def ask(shell: TerminalShell, message: str) -> None:
    """Type a message, and send it."""
    shell.press("t")
    shell.shows("Enter sends")
    shell.press(message)
    shell.shows(f"> {message}")
    shell.press("\r")


def greet(shell: TerminalShell) -> None:
    """Type a short message, and wait until it was answered."""
    ask(shell, "hello there")
    shell.shows("model: You said: hello there", "listening")


def answers(shell: TerminalShell, keys: str, *words: str) -> None:
    """Press keys, and see what is said about it."""
    shell.press(keys)
    shell.shows(*words)


def speaking(shell: TerminalShell) -> None:
    """Have a long answer sound."""
    ask(shell, LONG)
    shell.shows("speaking")
    shell.shows_bright("model: You said:")


def is_in_order(shell: TerminalShell, *words: str) -> bool:
    places = [shell.text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


def test_a_typed_message_is_answered_while_the_talk_goes_on(talk):
    shell = talk()
    ask(shell, "hello there")
    shell.shows("model: You said: hello there", "listening", but=("Enter sends",))
    shell.press("q")
    assert shell.ended() == 0
    assert is_in_order(shell, "you: hello there", "model: You said: hello there")
    assert "q quit" not in shell.text
    assert "interrupted" not in shell.text
    shell.assert_is_as_it_was()


def test_an_answer_goes_on_while_a_message_is_typed_and_stops_when_it_is_sent(talk):
    shell = talk()
    speaking(shell)
    shell.press("t")
    shell.press("no, not that")
    shell.shows("sentence number 6", "> no, not that", "speaking", but=("interrupted",))
    shell.press("\r")
    shell.shows("(interrupted)", "you: no, not that", "model: You said: no, not that", "listening")
    shell.shows(LONG, but=("sentence number 6",))  # cut at what was heard
    shell.press("q")
    assert shell.ended() == 0
    assert is_in_order(shell, f"you: {LONG}", "(interrupted)", "you: no, not that", "model: You said: no, not that")
    shell.assert_is_as_it_was()


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_plain_terminal_is_typed_on_too(client, scripted, recording, tmp_path, changes):
    with closing(TerminalShell(tmp_path, client.env | changes)) as shell:
        files = ("--input", recording, "--output", tmp_path / "answer.wav")
        shell.run(*COMMAND, "talk", "--server", scripted.url, *files)
        shell.shows("Connected.", "t type")
        answers(shell, "m", "The microphone is muted.")
        answers(shell, "m-", "The microphone is on again.", "The volume is 90%.")
        shell.press("tnever mind\x1b")
        shell.says(b"> never mind\r\n")  # the line is over: Esc with a key right behind it is another key
        answers(shell, "?", "q: quit", "Ctrl-C: end the program")
        answers(shell, "thello therf\x7fe", "> hello there")
        answers(shell, "\r", "you: hello there", "model: You said: hello there")
        shell.press("q")
        assert shell.ended() == 0
        assert "you: never mind" not in shell.text
        assert b"\x1b" not in shell.said
        shell.assert_is_as_it_was()


def test_a_message_that_is_given_up_is_not_sent(talk):
    shell = talk()
    shell.press("t")
    shell.press("never mind")
    shell.shows("> never mind")
    shell.press("\x1b")
    shell.shows("q quit", but=("never mind",))
    greet(shell)
    shell.press("q")
    assert shell.ended() == 0
    assert shell.text.count("you: ") == 1
    assert "never mind" not in shell.text


def test_whoever_quits_is_not_told_that_nothing_was_said(talk):
    shell = talk()
    shell.press("q")
    assert shell.ended() == 0
    assert "No speech was found" not in shell.text
    shell.assert_is_as_it_was()


def test_mute(talk):
    shell = talk()
    shell.press("m")
    shell.shows("muted")
    shell.press("m")
    shell.shows("listening", but=("muted",))
    shell.press("q")
    assert shell.ended() == 0


def test_the_voice_is_turned_off_and_on(talk):
    shell = talk()
    shell.press("v")
    shell.shows("voice off", "Answers are shown in writing only.")
    ask(shell, LONG)
    shell.shows("sentence number 6", "listening", but=("speaking",))
    shell.press("v")
    shell.shows("Answers are spoken again.", but=("voice off",))
    ask(shell, "hello there")
    shell.shows("speaking")
    shell.shows("model: You said: hello there", "listening")
    shell.press("q")
    assert shell.ended() == 0
    assert "interrupted" not in shell.text


def test_an_answer_whose_voice_is_turned_off_is_read_to_its_end(talk):
    shell = talk()
    speaking(shell)
    shell.press("v")
    shell.shows("voice off", "sentence number 6", "listening")
    shell.press("q")
    assert shell.ended() == 0
    assert "interrupted" not in shell.text


LOCAL = ("Your turn ends when you fall silent.", "◉")
SERVER = ("when the server hears you fall silent.", "server turns")
SEMANTIC = ("when the server thinks that you have finished.", "semantic turns")
TAP = ("Press space to begin your turn", "tap to talk")
HOLD = ("Hold space down while you speak.", "hold to talk")


@pytest.mark.parametrize("knows_releases", [False, True])
def test_a_key_changes_who_ends_a_turn(talk, knows_releases):
    shell = talk(knows_releases=knows_releases)
    modes = [SERVER, SEMANTIC, TAP, *([HOLD] if knows_releases else []), LOCAL, SERVER]
    for before, mode in zip([LOCAL, *modes], modes, strict=False):
        shell.press("\x1b[115;1:1;115u" if before is HOLD else "s")
        shell.shows(*mode, but=(before[1],) if before is not LOCAL else ())
    greet(shell)
    shell.press("q")
    assert shell.ended() == 0
    assert (PUSH in shell.said) is knows_releases
    assert ("hold to talk" in shell.text) is False  # no status row is left behind
    shell.assert_is_as_it_was()


def test_louder_and_quieter(talk):
    shell = talk()
    for keys, volume in (("+", 110), ("=\x1b[A", 130), ("+" * 9, 150), ("-", 140), ("-" * 20, 0), ("\x1b[B+", 10)):
        shell.press(keys)
        shell.shows(f"volume {volume} %")
    shell.press("+" * 9)
    shell.shows("listening", but=("volume",))
    shell.press("q")
    assert shell.ended() == 0


def test_help_is_shown_until_any_key(talk):
    shell = talk()
    shell.press("?")
    shell.shows("any key closes this", "mute the microphone", "change who ends your turn", "Ctrl-C")
    shell.press("?")
    shell.shows("q quit", but=("any key closes this", "mute the microphone"))
    greet(shell)
    shell.press("q")
    assert shell.ended() == 0
    assert "mute the microphone" not in shell.text


@pytest.mark.parametrize("sizes", [[(60, 30), (100, 30)], [(40, 12), (120, 40), (80, 24)], [(20, 4), (100, 30)]])
def test_a_resize_while_the_model_speaks(talk, sizes):
    shell = talk()
    speaking(shell)
    for columns, rows in sizes:
        shell.resize(columns, rows)
        drawn = len(shell.said)
        shell.press("+")
        shell.wait_for(lambda drawn=drawn: len(shell.said) > drawn, "the screen to be drawn")
    shell.press(" ")
    shell.shows("(interrupted)", "listening", "q quit")
    text = "\n".join(shell.shown)
    assert [text.count(word) for word in ("◉", "q quit", "(interrupted)")] == [1, 1, 1]
    assert text.count(f"you: {LONG}") <= 1  # this terminal throws its first rows away when it gets fewer
    shell.press("q")
    assert shell.ended() == 0
    assert "◉" not in shell.text
    shell.assert_is_as_it_was()


CRASH = textwrap.dedent(
    """
    import sys
    from pathlib import Path

    from realtime_chat.cli.main import main
    from realtime_chat.cli.screen import Screen

    write = Screen._write

    def breaks_off(screen, text):
        if Path("crash").exists() and "\\x1b[?7l" in text:
            Path("crash").unlink()
            begun = text.index("\\x1b[?7l") + len("\\x1b[?7l")
            write(screen, "\\x1b[?2026h" + text[:begun] + "\\x1b[31;1mhalf of a row")
            raise ValueError("on purpose")
        write(screen, text)

    Screen._write = breaks_off
    main()
    """
)
"""The program, but drawing fails on the way, with everything switched on, as soon as there is a file called `crash`."""


@pytest.mark.parametrize(("is_typing", "knows_releases"), [(False, True), (True, False)])
def test_drawing_breaks_off(talk, tmp_path, is_typing, knows_releases):
    (tmp_path / "talk.py").write_text(CRASH)
    shell = talk(command=[sys.executable, tmp_path / "talk.py"], knows_releases=knows_releases)
    prepare(shell, is_typing=is_typing, knows_releases=knows_releases)
    (tmp_path / "crash").touch()
    assert shell.ended() == 1
    assert not (tmp_path / "crash").exists()
    assert "Something unexpected happened (ValueError: on purpose)" in shell.text
    assert_left_well(shell)


@pytest.mark.parametrize(
    ("end", "code", "is_typing", "knows_releases"),
    [
        ("key", 0, False, False),
        ("key", 0, True, True),
        ("ctrl-c", 130, True, False),
        ("ctrl-c", 130, False, True),
        ("SIGTERM", 130, False, True),
        ("SIGTERM", 130, True, False),
        ("SIGHUP", 130, True, True),
        ("SIGINT", 130, True, True),
        ("server", 3, False, True),
        ("server", 3, True, False),
    ],
)
def test_however_it_ends_the_terminal_is_put_back(talk, client, tmp_path, end, code, is_typing, knows_releases):
    server = ScriptedServer(tmp_path / "server")
    try:
        shell = talk(server=server, knows_releases=knows_releases)
        prepare(shell, is_typing=is_typing, knows_releases=knows_releases)
        if end == "key":
            shell.press("\x1b" if is_typing else "")
            shell.shows("q quit")
            shell.press("\x1b[113;1:1;113u" if knows_releases else "q")
        elif end == "ctrl-c":
            shell.press("\x1b[99;5u" if knows_releases and not is_typing else "\x03")
        elif end == "server":
            psutil.Process(server.pid).kill()
        else:
            shell.signal(signal.Signals[end])
        assert shell.ended() == code
        assert_left_well(shell)
        assert "model: You said:" in shell.text
    finally:
        server.stop()


@pytest.mark.parametrize(("is_typing", "knows_releases"), [(False, True), (True, False)])
def test_who_ends_it_at_once_has_the_terminal_back(talk, is_typing, knows_releases):
    shell = talk(knows_releases=knows_releases)
    prepare(shell, is_typing=is_typing, knows_releases=knows_releases)
    shell.press("\x1c")
    assert shell.ended() == 128 + signal.SIGQUIT
    assert_left_well(shell)


def prepare(shell: TerminalShell, *, is_typing: bool, knows_releases: bool) -> None:
    """Have an answer sound, a line typed if wanted, and releases reported where they can be."""
    speaking(shell)
    if knows_releases:
        shell.press("ssss")
        shell.shows("hold to talk")
        shell.says(PUSH)
    if is_typing:
        shell.press("\x1b[116;1:1;116u\x1b[116;1:3u" if knows_releases else "t")
        shell.shows("Enter sends")
        shell.press("half a mess")
        shell.shows("> half a mess")


def assert_left_well(shell: TerminalShell) -> None:
    """Nothing of the live region is left, what was said is, and the terminal is as it was."""
    shell.assert_is_as_it_was()
    assert not any(word in shell.text for word in ("Traceback", "◉", "q quit", "half a"))
    assert f"you: {LONG}" in shell.text


def test_the_terminal_is_closed(talk, tmp_path):
    # Somebody must be left who notes how it ended.
    script = 'trap : HUP; "$@" 2> errors; echo $? > code'
    shell = talk(command=["/bin/sh", "-c", script, "sh", *COMMAND])
    speaking(shell)
    shell.close()
    wait_for(lambda: (tmp_path / "code").is_file() and (tmp_path / "code").read_text() != "", "the end of the program")
    assert (tmp_path / "code").read_text() == "130\n"
    assert (tmp_path / "errors").read_text() == ""


CONFIG = """
turns = "semantic"

[keys]
quit = "x"
mute = ["f5", "q"]

[profiles.loud.talk]
volume = 1.2

[profiles.loud.keys]
quit = "ctrl-x"
"""


@pytest.fixture
def config(client: Program) -> None:
    """The person's config file."""
    path = Path(client.env["HOME"]) / ".config" / "realtime-chat" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG)


def test_keys_are_bound_in_the_config_file(talk, config):
    shell = talk()
    shell.shows("x quit", "semantic turns", but=("q quit",))
    shell.press("q")
    shell.shows("muted")
    shell.press("\x1b[15~")
    shell.shows("listening", but=("muted",))
    shell.press("m")  # is nothing any more
    ask(shell, "hello there")
    shell.shows("model: You said: hello there", "listening", but=("muted",))
    shell.press("x")
    assert shell.ended() == 0


def test_a_profile_goes_before_the_file_the_environment_before_both_and_a_flag_before_all(talk, config):
    shell = talk("--volume", "1.4", REALTIME_CHAT_TURNS="server", REALTIME_CHAT_PROFILE="loud")
    shell.shows("Ctrl-X quit", "server turns", "volume 140 %")
    shell.press("x")
    shell.press("q")
    shell.shows("muted")
    shell.press("\x18")
    assert shell.ended() == 0
