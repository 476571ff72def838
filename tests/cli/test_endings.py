import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from realtime_chat.audio import errors as audio
from realtime_chat.cli import errors as cli
from realtime_chat.cli.config.keystore import own_keys
from realtime_chat.cli.config.places import keys_file
from realtime_chat.cli.endings import Exit, Stopped, ending_of, ends_well
from realtime_chat.server import errors as server
from realtime_chat.session import errors as session

ENDINGS = [
    (KeyboardInterrupt(), Exit.INTERRUPTED),
    (Stopped(), Exit.INTERRUPTED),
    (BrokenPipeError(errno.EPIPE, "Broken pipe"), Exit.DONE),
    (cli.WrongUsage("Not so."), Exit.WRONG_USAGE),
    (cli.BadInput("Empty."), Exit.WRONG_USAGE),
    (cli.BadConfig("No such key."), Exit.WRONG_USAGE),
    (cli.KeyStoreFailed("It is locked", "unlock it"), Exit.FAILED),
    (cli.NoKey("OPENAI_API_KEY"), Exit.FAILED),
    (cli.ModelsNeeded(5_000_000, ("thinking",)), Exit.FAILED),
    (cli.ModelsDeclined(), Exit.FAILED),
    (cli.EmbeddedFailed("It ended."), Exit.FAILED),
    (cli.AnswerFailed(""), Exit.FAILED),
    (cli.NothingHeard(Path("noise.wav")), Exit.FAILED),
    (cli.SpeechRefused("http://h/v1/audio/speech", "HTTP 404"), Exit.NO_SERVER),
    (cli.NoSound("There is no message."), Exit.NO_SOUND),
    (audio.PortAudioMissing("no such library"), Exit.NO_SOUND),
    (audio.NoDevice("input"), Exit.NO_SOUND),
    (audio.UnknownDevice("output", "x", ("0 y",)), Exit.NO_SOUND),
    (audio.DeviceFailed("x", "busy"), Exit.NO_SOUND),
    (audio.DeviceLost("output"), Exit.NO_SOUND),
    (audio.EmptyAudio(Path("x.wav")), Exit.FAILED),
    (audio.UnreadableAudio(Path("x.wav"), "odd"), Exit.FAILED),
    (audio.UnwritableAudio(Path("x.wav"), "full"), Exit.FAILED),
    (session.CannotConnect("ws://h", "nobody"), Exit.NO_SERVER),
    (session.WrongKey("ws://h", 401, ""), Exit.NO_SERVER),
    (session.Refused("ws://h", 404, ""), Exit.NO_SERVER),
    (session.SessionRejected("code", "no"), Exit.NO_SERVER),
    (session.ServerSilent("ws://h", 5), Exit.NO_SERVER),
    (session.ConnectionLost(1006, ""), Exit.NO_SERVER),
    (server.ModelMissing("m"), Exit.FAILED),
    (server.StoreFull("/folder", "disk full"), Exit.FAILED),
    (OSError(errno.ENOSPC, "No space left on device"), Exit.FAILED),
    (ValueError("a fault of ours"), Exit.FAILED),
    (ExceptionGroup("group", [session.CannotConnect("ws://h", "nobody"), ValueError()]), Exit.NO_SERVER),
]


@pytest.mark.parametrize(("error", "code"), ENDINGS, ids=lambda value: type(value).__name__)
def test_every_error_has_a_code_and_one_sentence(error, code):
    ending = ending_of(error)
    assert ending.code is code
    assert bool(ending.sentence) == (code not in {Exit.DONE, Exit.INTERRUPTED})
    assert "\n" not in ending.sentence


def leaves(base):
    return {kind for sub in base.__subclasses__() for kind in (leaves(sub) or {sub})}


def test_the_list_above_knows_every_error_of_the_commands():
    # A part of the program may have errors of its own, which it does not let out.
    ours = {kind for kind in leaves(cli.CliError) if kind.__module__ == cli.__name__}
    assert ours <= {type(error) for error, _ in ENDINGS}


def run(command, **arguments):
    with pytest.raises(typer.Exit) as ended:
        ends_well(command)(**arguments)
    return ended.value.exit_code


def fail(error):
    def command(verbose=False):
        raise error

    return command


def test_the_sentence_goes_to_stderr(capsys):
    assert run(fail(cli.WrongUsage("Say \x1b[31mwhat\nyou mean."))) == Exit.WRONG_USAGE
    assert capsys.readouterr() == ("", "Say what you mean.\n")


def test_a_traceback_is_shown_to_who_asks(capsys, monkeypatch):
    assert run(fail(ValueError("odd")), verbose=True) == Exit.FAILED
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("REALTIME_CHAT_DEBUG", "1")
    run(fail(ValueError("odd")))
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [False, True])
def test_no_key_is_ever_shown(capsys, monkeypatch, verbose):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    run(fail(ValueError("refused: Bearer sk-very-secret")), verbose=verbose)
    assert "very-secret" not in capsys.readouterr().err


def test_a_reader_of_stderr_that_went_away_changes_nothing(monkeypatch):
    class Gone(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    assert run(fail(cli.WrongUsage("Not so."))) == Exit.WRONG_USAGE


def test_what_typer_raises_is_typers():
    with pytest.raises(typer.Exit):
        ends_well(fail(typer.Exit(7)))()


@pytest.mark.parametrize(
    ("address", "variable", "other"),
    [
        ("wss://api.openai.com/v1/realtime", "OPENAI_API_KEY", "REALTIME_CHAT_KEY"),
        ("wss://api.openai.com.example.org/v1/realtime", "REALTIME_CHAT_KEY", "OPENAI_API_KEY"),
        ("ws://127.0.0.1:8080/v1/realtime", "REALTIME_CHAT_KEY", "OPENAI_API_KEY"),
    ],
)
def test_the_key_to_set_is_the_one_that_this_server_gets(address, variable, other, monkeypatch):
    monkeypatch.delenv(variable, raising=False)
    sentence = ending_of(session.WrongKey(address, 401, "")).sentence
    assert sentence.startswith(f"{address} wants a key (HTTP 401): set {variable} to one that it knows, or store one ")
    assert other not in sentence
    monkeypatch.setenv(variable, "sk-wrong")
    sentence = ending_of(session.WrongKey(address, 401, "")).sentence
    assert sentence.startswith(f"{address} does not accept the key from {variable} (HTTP 401): set {variable} to a ")
    assert other not in sentence


def test_a_wrong_key_that_was_stored_is_said_to_be_so(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    own_keys().put("openai", "sk-wrong")
    sentence = ending_of(session.WrongKey("wss://api.openai.com/v1/realtime", 401, "")).sentence
    assert f"from {str(keys_file())!r} (HTTP 401)" in sentence
    assert "`realtime-chat config key set openai`" in sentence
    assert "`--server local`" in sentence


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_with_where_and_what_next(number):
    sentence = ending_of(OSError(number, os.strerror(number), "/somewhere/answer.wav")).sentence
    assert "'/somewhere/answer.wav'" in sentence
    assert "free some space" in sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "The server gave no whole answer: try again, with -v to see what happens."),
        ("It is busy (503): try again.", "The server gave no whole answer: It is busy (503): try again."),
    ],
)
def test_a_failed_answer_has_one_next_step(reason, sentence):
    assert str(cli.AnswerFailed(reason)) == sentence


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_terminal_that_goes_away_ends_the_program_unless_nohup_says_not():
    code = (
        "import os, signal, sys; from realtime_chat.cli import endings; "
        "signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1])); endings.raise_on_end_signals(); "
        "os.kill(os.getpid(), signal.SIGHUP); print('goes on')"
    )
    ignored, ended = (
        subprocess.run([sys.executable, "-c", code, before], capture_output=True, check=False)
        for before in ("SIG_IGN", "SIG_DFL")
    )
    assert ignored.stdout == b"goes on\n"
    assert ended.stdout == b""
    assert b"Stopped" in ended.stderr
