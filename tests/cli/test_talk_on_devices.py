"""`talk` on virtual sound devices: over loudspeakers, with keys that begin a turn, with devices that come and go."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from event_talk import EventTalk
from noises import keyboard
from orating_server import orating
from program import Program, ScriptedServer
from sound_cards import SoundCards
from sound_pieces import noise, samples, stretch_of, wav
from synthetic_voice import RATE
from terminal_shell import PUSH, TerminalShell
from virtual_sound import VirtualSound, Wakefulness, wait_for

pytestmark = pytest.mark.devices

SPEECH_S = 6

LONG = "tell me a long story"
"""Is answered in six sentences, which take half a minute."""


def ask(terminal: TerminalShell, message: str) -> None:
    """Type a message, and send it."""
    terminal.press("t")
    terminal.shows("Enter sends")
    terminal.press(f"{message}\r")
    terminal.shows(f"you: {message}")


def break_in(begin: Callable[..., EventTalk], devices: VirtualSound, sounds: Path, home: Path) -> tuple[int, int, bool]:
    """Interrupt a speech; give how many turns the person had, how many answers were cut, and if the last was whole."""
    with orating(home, sounds / "speech.wav", SPEECH_S) as server:
        talk = begin(server.url, devices)
        with devices.listen() as speaker:
            devices.speak_into_microphone(sounds / "question.wav")
            wait_for(lambda: speaker.sounded_s() > 2, "the answer")
            devices.speak_into_microphone(sounds / "objection.wav")
            talk.wait_for("turn", 2)
            is_whole = speaker.sounded_s() > 2 + SPEECH_S - 1
        talk.end()
        cuts = [line["heard_ms"] for line in talk.of("interrupted")]
        assert server.cuts == cuts
        return max(len(talk.said("user")), len(talk.of("speech_started"))), len(cuts), is_whole


def test_over_loudspeakers_the_person_breaks_in_and_the_model_never_interrupts_itself(
    event_talk, sound_devices: VirtualSound, sounds, tmp_path
):
    with sound_devices.loudspeaker(-6, 20):
        for attempt in range(5):
            with Wakefulness() as machine:
                outcome = break_in(event_talk, sound_devices, sounds, tmp_path / f"server{attempt}")
            # On a machine that is too busy the echo comes when nobody expects it.
            if outcome == (2, 1, True) or not machine.was_disturbed:
                break
    assert outcome == (2, 1, True)


def test_a_keyboard_begins_no_turn(event_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds, tmp_path):
    typing = np.clip(keyboard()[: 8 * RATE], -32768, 32767).astype("<i2").tobytes()
    conversation = event_talk(scripted.url, sound_devices)
    sound_devices.speak_into_microphone(wav(tmp_path / "typing.wav", typing))
    sound_devices.speak_into_microphone(sounds / "question.wav")
    conversation.wait_for("turn")
    conversation.end()
    assert len(conversation.of("speech_started")) == len(conversation.said("user")) == 1


def test_the_sound_system_restarts_in_the_middle_of_an_answer(event_talk, own_sound: VirtualSound, sounds, tmp_path):
    speech = noise(12)
    with orating(tmp_path / "server", wav(tmp_path / "speech.wav", speech.tobytes()), 12) as server:
        conversation = event_talk(server.url, own_sound)
        with own_sound.listen() as before:
            own_sound.speak_into_microphone(sounds / "question.wav")
            wait_for(lambda: before.sounded_s() > 2, "the answer")
            own_sound.unplug()
        own_sound.start()
        with own_sound.listen() as after:
            conversation.wait_for("turn")
            wait_for(lambda: own_sound.listeners() > 1, "the microphone to be heard again")
            wait_for(after.is_silent, "the end of the answer")
            _, stopped = stretch_of(speech, samples(before.pcm))
            went_on, ended = stretch_of(speech, samples(after.pcm))
            assert conversation.of("interrupted") == []
            own_sound.speak_into_microphone(sounds / "objection.wav")
            wait_for(lambda: len(conversation.said("user")) > 1, "the second question to be heard", seconds=60)
        conversation.end()
    assert stopped <= went_on < ended
    # What waited in the device is lost with it: 20 ms, or 80 where it starved before; and what the recorder has.
    assert went_on - stopped < 0.15 * RATE
    assert abs(ended - len(speech)) <= 3  # a sample that is faded to zero is not seen
    assert len(conversation.said("user")) == 2


def test_without_a_speaker_answers_are_read_until_there_is_one_again(
    shell_talk, scripted: ScriptedServer, sound_cards: SoundCards
):
    terminal = shell_talk(scripted.url, sound_cards)
    ask(terminal, LONG)
    terminal.shows("speaking")
    terminal.shows_bright("model: You said:")
    sound_cards.unplug("desk")
    terminal.shows("There is no speaker", "sentence number 6", "listening")
    ask(terminal, "hello there")
    terminal.shows("model: You said: hello there", "listening", but=("speaking",))
    sound_cards.plug("desk")
    terminal.shows("The speaker is now")
    with sound_cards["desk"].listen() as speaker:
        ask(terminal, "good morning")
        terminal.shows("speaking")
        terminal.shows("model: You said: good morning", "listening")
        assert speaker.sounded_s() > 1
    terminal.press("q")
    assert terminal.ended() == 0
    assert "interrupted" not in terminal.text
    terminal.assert_is_as_it_was()


def test_without_a_microphone_the_person_types_until_there_is_one_again(
    shell_talk, scripted: ScriptedServer, sound_cards: SoundCards, sounds
):
    terminal = shell_talk(scripted.url, sound_cards)
    sound_cards.unplug("stand")
    terminal.shows("There is no microphone")
    with sound_cards["desk"].listen() as speaker:
        ask(terminal, "hello there")
        terminal.shows("model: You said: hello there", "listening")
        assert speaker.sounded_s() > 1
    sound_cards.plug("stand")
    terminal.shows("The microphone is now")
    sound_cards["stand"].speak_into_microphone(sounds / "question.wav")
    terminal.shows("you: I heard", "model: You said: I heard", "listening")
    terminal.press("q")
    assert terminal.ended() == 0


def test_a_speaker_that_is_missing_from_the_start_is_used_when_it_comes(
    event_talk, scripted: ScriptedServer, sound_cards: SoundCards, sounds, tmp_path
):
    sound_cards.unplug("desk")
    conversation = event_talk(scripted.url, sound_cards, "--record", tmp_path / "talk.wav")
    warning = conversation.process.stderr.readline()
    assert warning.startswith(b"No speaker was found")
    assert warning.endswith(b"Answers come in writing until a speaker is there.\n")
    sound_cards["stand"].speak_into_microphone(sounds / "question.wav")
    conversation.wait_for("turn")
    assert len(conversation.said("user")) == len(conversation.said("assistant")) == 1
    sound_cards.plug("desk")
    wait_for(lambda: sound_cards["desk"].players() > 0, "the speaker to be opened")
    with sound_cards["desk"].listen() as speaker:
        sound_cards["stand"].speak_into_microphone(sounds / "question.wav")
        conversation.wait_for("turn", 2)
        wait_for(lambda: speaker.sounded_s() > 0.5, "the answer")
    conversation.end()
    assert samples((tmp_path / "talk.wav").read_bytes()[44:]).any()


def test_a_microphone_that_is_missing_from_the_start_is_used_when_it_comes(
    shell_talk, scripted: ScriptedServer, sound_cards: SoundCards, sounds
):
    sound_cards.unplug("stand")
    terminal = shell_talk(scripted.url, sound_cards)
    terminal.shows("No microphone was found", "Type until a microphone is there.", "There is no microphone")
    with sound_cards["desk"].listen() as speaker:
        ask(terminal, "hello there")
        terminal.shows("model: You said: hello there", "listening")
        assert speaker.sounded_s() > 1
    sound_cards.plug("stand")
    terminal.shows("The microphone is now")
    sound_cards["stand"].speak_into_microphone(sounds / "question.wav")
    terminal.shows("you: I heard", "model: You said: I heard", "listening")
    terminal.press("q")
    assert terminal.ended() == 0
    terminal.assert_is_as_it_was()


def test_without_a_microphone_what_is_piped_in_is_answered_aloud(
    client: Program, scripted: ScriptedServer, sound_cards: SoundCards
):
    sound_cards.unplug("stand")
    with sound_cards["desk"].listen() as speaker:
        done = client("talk", "--server", scripted.url, stdin=b"good morning\n", **sound_cards.env)
        assert (done.returncode, done.stdout) == (0, b"You said: good morning\n"), done.stderr
        assert done.stderr.startswith(b"No microphone was found")
        assert done.stderr.endswith(b"Going on in writing, with spoken answers.\n")
        wait_for(lambda: speaker.sounded_s() > 1, "the answer")


def test_a_sound_system_that_hangs_does_not_keep_the_program(
    shell_talk, scripted: ScriptedServer, own_sound: VirtualSound
):
    terminal = shell_talk(scripted.url, own_sound)
    ask(terminal, LONG)
    terminal.shows("speaking")
    own_sound.freeze()
    terminal.press("\x03")
    assert terminal.ended() == 130
    terminal.assert_is_as_it_was()


def test_a_key_begins_a_turn_and_ends_it(shell_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds):
    terminal = shell_talk(scripted.url, sound_devices, "--turns", "tap")
    terminal.shows("space talk", "tap to talk")
    sound_devices.speak_into_microphone(sounds / "question.wav")  # is not meant for the model
    ask(terminal, "hello there")
    terminal.shows("model: You said: hello there", "listening")
    terminal.press(" ")
    terminal.shows("hearing you")
    sound_devices.speak_into_microphone(sounds / "question.wav")
    terminal.shows("hearing you")  # however long it is silent
    terminal.press(" ")
    terminal.shows("you: I heard", "model: You said: I heard", "listening")
    terminal.press("q")
    assert terminal.ended() == 0
    assert terminal.text.count("you: ") == 2


def test_a_key_that_begins_a_turn_interrupts(shell_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds):
    terminal = shell_talk(scripted.url, sound_devices, "--turns", "tap")
    ask(terminal, LONG)
    terminal.shows("speaking")
    terminal.shows_bright("model: You said:")
    terminal.press(" ")
    terminal.shows("(interrupted)", "hearing you")
    sound_devices.speak_into_microphone(sounds / "question.wav")
    terminal.press(" ")
    terminal.shows("you: I heard", "model: You said: I heard", "listening")
    terminal.press("q")
    assert terminal.ended() == 0


def test_a_key_is_held(shell_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds):
    terminal = shell_talk(scripted.url, sound_devices, "--turns", "hold", knows_releases=True)
    terminal.says(PUSH)
    terminal.press("\x1b[32;1:1;32u")
    terminal.shows("hearing you")
    sound_devices.speak_into_microphone(sounds / "question.wav")
    terminal.press("\x1b[32;1:2;32u\x1b[32;1:3u")
    terminal.shows("you: I heard", "model: You said: I heard", "listening", "hold to talk")
    terminal.press("\x1b[113;1:1;113u")
    assert terminal.ended() == 0
    terminal.assert_is_as_it_was()


def test_where_no_key_can_be_held_it_is_tapped(
    shell_talk, scripted: ScriptedServer, sound_devices: VirtualSound, sounds
):
    terminal = shell_talk(scripted.url, sound_devices, "--turns", "hold")
    terminal.shows("does not tell when a key is let go", "tap to talk")
    terminal.press(" ")
    terminal.shows("hearing you")
    sound_devices.speak_into_microphone(sounds / "question.wav")
    terminal.press(" ")
    terminal.shows("you: I heard", "listening")
    terminal.press("q")
    assert terminal.ended() == 0


@pytest.mark.parametrize("turns", ["tap", "hold"])
def test_nobody_presses_a_key(client: Program, sound_devices: VirtualSound, scripted: ScriptedServer, sounds, turns):
    for arguments in (("--input", str(sounds / "question.wav")), ("--ask", "Hello?"), ()):
        done = client("talk", "--server", scripted.url, "--turns", turns, *arguments, **sound_devices.env)
        assert done.returncode == 2
        assert f"--turns {turns} needs" in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
