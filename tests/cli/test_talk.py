"""`talk` as a process, against a scripted server over a real WebSocket; files stand in for the devices."""

import json
import os
import signal
from pathlib import Path

import pexpect
import pyte
import pytest
from program import COMMAND, Program, ScriptedServer
from synthetic_voice import silence, voice

from realtime_chat.audio.files import read_audio, write_wav


@pytest.fixture
def question(tmp_path: Path) -> Path:
    path = tmp_path / "question.wav"
    write_wav(path, silence(200) + voice(1000) + silence(100))
    return path


def talk(client: Program, scripted: ScriptedServer, *arguments, **changes):
    return client("talk", "--server", scripted.url, *map(str, arguments), **changes)


@pytest.mark.parametrize("turns", ["local", "server"])
def test_a_recording_is_answered_in_a_recording(client, scripted, question, tmp_path, turns):
    answer = tmp_path / "answer.wav"
    done = talk(client, scripted, "--input", question, "--output", answer, "--turns", turns)
    assert done.returncode == 0, done.stderr
    you, model = done.stdout.decode().splitlines()
    assert you.startswith("you: I heard")
    assert model.startswith("model: You said: I heard")
    assert b"turn end to first sound" in done.stderr
    assert f"saved in {answer}" in done.stderr.decode()
    assert any(read_audio(answer))


def test_json_lines(client, scripted, question, tmp_path):
    done = talk(client, scripted, "--input", question, "--output", tmp_path / "answer.wav", "--json")
    said = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [line["type"] for line in said][:2] == ["ready", "speech_started"]
    assert said[-1] == {"type": "closed", "cause": "finished", "reason": ""}
    (turn,) = [line for line in said if line["type"] == "turn"]
    assert turn["voice_to_voice_ms"] > turn["turn_end_to_audio_ms"] >= 0
    assert [line["role"] for line in said if line["type"] == "transcript" and line["final"]] == ["user", "assistant"]
    assert done.returncode == 0


def test_quiet_says_nothing_but_words(client, scripted, question, tmp_path):
    done = talk(client, scripted, "--input", question, "--output", tmp_path / "a.wav", "--quiet")
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 2


def test_without_a_speaker_the_words_remain(client, scripted, question):
    done = talk(client, scripted, "--input", question)
    assert done.returncode == 0
    assert done.stderr.startswith(b"No speaker was found")
    assert b"model: You said" in done.stdout


def test_a_written_question_is_spoken(client, scripted, tmp_path):
    done = talk(client, scripted, "--ask", "What is the capital of France?", "--output", tmp_path / "answer.wav")
    assert done.returncode == 0, done.stderr
    assert b"you: I heard" in done.stdout
    assert (tmp_path / "answer.wav").exists()


def test_a_server_that_does_not_speak(program, scripted, tmp_path):
    done = talk(program, scripted, "--ask", "Hello?", "--output", tmp_path / "answer.wav", REALTIME_CHAT_KEY="wrong")
    assert done.returncode == 3
    assert b"HTTP 401" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_nobody_speaks_in_the_recording(client, scripted, tmp_path):
    write_wav(tmp_path / "silence.wav", silence(700))
    done = talk(client, scripted, "--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav")
    assert done.returncode == 1
    assert b"No speech was found" in done.stderr
    assert not (tmp_path / "answer.wav").exists()


def test_an_answer_that_never_came_leaves_an_earlier_one(client, scripted, tmp_path):
    write_wav(tmp_path / "silence.wav", silence(700))
    write_wav(tmp_path / "answer.wav", voice(300))
    before = (tmp_path / "answer.wav").read_bytes()
    done = talk(client, scripted, "--input", tmp_path / "silence.wav", "--output", tmp_path / "answer.wav", "--force")
    assert done.returncode == 1
    assert (tmp_path / "answer.wav").read_bytes() == before


def test_an_answer_does_not_replace_a_file_unasked(client, scripted, question, tmp_path):
    (tmp_path / "answer.wav").write_bytes(b"precious")
    done = talk(client, scripted, "--input", question, "--output", tmp_path / "answer.wav")
    assert (done.returncode, (tmp_path / "answer.wav").read_bytes()) == (2, b"precious")
    assert b"give --output another name, or add --force" in done.stderr


def test_an_answer_replaces_an_earlier_one(client, scripted, question, tmp_path):
    write_wav(tmp_path / "answer.wav", silence(60_000))
    before = (tmp_path / "answer.wav").stat().st_size
    done = talk(client, scripted, "--input", question, "--output", tmp_path / "answer.wav", "--force")
    assert done.returncode == 0, done.stderr
    assert 44 < (tmp_path / "answer.wav").stat().st_size < before
    assert any(read_audio(tmp_path / "answer.wav"))


def test_the_answer_is_not_written_over_the_question(program, question):
    before = question.read_bytes()
    done = program("talk", "--input", str(question), "--output", str(question), "--server", "local")
    assert done.returncode == 2
    assert b"the same file" in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert question.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "name", "words"),
    [
        ("--input", "", b"it is a folder"),
        ("--output", "", b"it is a folder"),
        ("--output", "a.xyz", b"names no known format"),
        ("--output", "nope/x", b"no such folder"),
        ("--input", "nope/x", b"No such file"),
    ],
)
def test_a_path_is_no_device(program, question, tmp_path, option, name, words):
    others = ("--input", str(question)) if option == "--output" else ()
    done = program("talk", *others, option, str(tmp_path / name), stdin=b"Hello")
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, b"No such file"), (b"", b"no sound"), (b"RIFF no sound at all", b"Cannot read sound")],
)
def test_a_recording_that_is_none(program, tmp_path, content, words):
    path = tmp_path / "question.wav"
    if content is not None:
        path.write_bytes(content)
    done = program("talk", "--input", str(path), "--output", str(tmp_path / "answer.wav"), "--server", "local")
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_answer_that_cannot_be_written(program, question):
    done = program("talk", "--input", str(question), "--output", "no-such-folder/answer.wav")
    assert done.returncode == 1
    assert b"no such folder" in done.stderr


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_a_device_that_was_asked_for_and_is_not_there(program, option):
    done = program("talk", option, "USB thing", stdin=b"Hello")
    assert done.returncode == 4
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1


@pytest.mark.devices
def test_a_name_that_no_device_has_is_warned_of(client, scripted, sound_devices):
    process = client.start("talk", "--json", "--server", scripted.url, "--input", "no such thing", **sound_devices.env)
    warning = process.stderr.readline()
    assert b"'no such thing'" in warning
    assert b"use the number" in warning
    assert b"Until it is there, 'default' is used." in warning
    assert json.loads(process.stdout.readline())["type"] == "ready"
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_without_sound_what_is_piped_in_is_answered(client, scripted):
    done = talk(client, scripted, stdin=b"Hello\n")
    assert done.returncode == 0
    assert done.stdout == b"You said: Hello\n"
    assert done.stderr.startswith(b"No microphone was found")
    assert done.stderr.count(b"\n") == 1


def test_without_portaudio_too(client, scripted, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    done = talk(client, scripted, stdin=b"Hello\n", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, b"You said: Hello\n")
    assert b"libportaudio2" in done.stderr


@pytest.mark.parametrize("stdin", [b"", None])
def test_neither_sound_nor_terminal_nor_message(program, stdin):
    done = program("talk", stdin=stdin)
    assert done.returncode == 4
    assert done.stderr.startswith(b"No microphone was found")
    assert b"Going on" not in done.stderr
    assert done.stderr.count(b"\n") == 1


def spawn(client: Program, scripted: ScriptedServer, *arguments, **changes):
    return pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "talk", "--server", scripted.url, *map(str, arguments)],
        env=client.env | changes,
        timeout=30,
        dimensions=(24, 80),
    )


@pytest.fixture
def long_question(tmp_path: Path) -> Path:
    path = tmp_path / "long.wav"
    write_wav(path, voice(1000) + silence(20_000))
    return path


def test_without_sound_a_terminal_gets_a_prompt(client, scripted):
    terminal = spawn(client, scripted)
    terminal.expect(b"No microphone was found")
    terminal.expect(b">")
    terminal.send(b"Hello\r")
    terminal.expect(b"You said: Hello")
    terminal.send(b"\x04")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


def shown_by(data: bytes) -> tuple[list[str], bool]:
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(data)
    return [line.rstrip() for line in screen.display if line.strip()], screen.cursor.hidden


def test_the_screen_and_its_keys(client, scripted, long_question, tmp_path):
    terminal = spawn(client, scripted, "--input", long_question, "--output", tmp_path / "answer.wav")
    data = b""

    def expect(words):
        nonlocal data
        terminal.expect(words)
        data += terminal.before + terminal.after

    expect(b"q quit")
    expect(rb"\x1b\[(11G|8GYou|mYou) said")  # no longer dim: the first word was heard
    terminal.send(b"m")
    expect(b"muted")
    terminal.send(b"\x1b[Z")  # a key that does nothing
    terminal.send(b" ")
    expect(b"interrupted")
    terminal.send(b"q")
    terminal.expect(pexpect.EOF)
    data += terminal.before
    terminal.close()
    assert terminal.exitstatus == 0
    lines, is_cursor_hidden = shown_by(data)
    assert lines[0].startswith("you: I heard")
    assert lines[1].startswith("model: You")  # cut at what was heard
    assert lines[1].endswith("(interrupted)")
    assert not any("q quit" in line for line in lines)
    assert not is_cursor_hidden


@pytest.mark.parametrize(("end", "code"), [("ctrl-c", 130), ("sigterm", 130), ("sighup", 130), ("server", 3)])
def test_the_terminal_is_as_it_was_however_it_ends(client, tmp_path, long_question, end, code):
    server = ScriptedServer(tmp_path / "server")
    output = tmp_path / "answer.wav"
    shell = pexpect.spawn("/bin/sh", ["-i"], env=client.env | {"PS1": "$ ", "ENV": ""}, timeout=30)
    try:
        shell.sendline(f"cd {tmp_path}; stty -a > before; echo be''gun".encode())
        shell.expect(b"begun")
        command = f"{' '.join(COMMAND)} talk --server {server.url} --input {long_question} --output {output}"
        shell.sendline(f"sh -c 'echo $$ > pid; exec {command}'; echo \"co\"de=$?".encode())
        shell.expect(b"q quit")
        shell.expect(b"You said")
        if end == "ctrl-c":
            shell.sendintr()
        elif end in {"sigterm", "sighup"}:
            os.kill(int((tmp_path / "pid").read_text()), signal.Signals[end.upper()])
        else:
            os.kill(server.pid, signal.SIGKILL)
        shell.expect(rb"code=(\d+)")
        assert int(shell.match.group(1)) == code
        assert b"Traceback" not in shell.before
        assert not shown_by(shell.before)[1]
        shell.sendline(b"stty -a > after; echo do''ne")
        shell.expect(b"done")
        assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
    finally:
        shell.close(force=True)
        server.stop()


@pytest.mark.parametrize("changes", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_plain_terminal_gets_plain_lines(client, scripted, question, tmp_path, changes):
    terminal = spawn(client, scripted, "--input", question, "--output", tmp_path / "answer.wav", **changes)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert b"\x1b" not in terminal.before
    assert b"you: I heard" in terminal.before


@pytest.mark.devices
def test_a_conversation_on_devices_is_heard(client, scripted, question, sound_devices):
    process = client.start("talk", "--json", "--server", scripted.url, **sound_devices.env)
    assert json.loads(process.stdout.readline())["type"] == "ready"
    with sound_devices.record_speaker() as recording:
        sound_devices.speak_into_microphone(question)
        types = []
        while "turn" not in types:
            types.append(json.loads(process.stdout.readline())["type"])
    assert "speech_started" in types
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 130
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    assert any(recording.pcm())
