"""How the person is heard in each mode; the turns that they end with a key are flows of the whole machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from realtime_chat.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from realtime_chat.protocol.client_events import InputAudioBufferAppend, ItemTruncate, ResponseCancel
from realtime_chat.session.ear import PRE_ROLL_MS, Ear
from realtime_chat.session.notices import Interrupted, Phase, SpeechStarted, Transcript, Turn
from realtime_chat.session.settings import Settings, TurnMode

BY_KEY = [TurnMode.TAP, TurnMode.HOLD]
KEPT = PRE_ROLL_MS // 20


def frame(number: int) -> Frame:
    return Frame(number * FRAME_SAMPLES, bytes([number, 0]) * FRAME_SAMPLES)


def sound(effects: Iterable[Any]) -> list[int]:
    effects = list(effects)
    assert all(isinstance(effect.event, InputAudioBufferAppend) for effect in effects)
    assert all(len(effect.event.audio) == FRAME_BYTES for effect in effects)
    return [effect.event.audio[0] for effect in effects]


@pytest.mark.parametrize("mode", BY_KEY)
def test_what_was_said_just_before_the_key_goes_out_first_and_once(mode: TurnMode) -> None:
    ear = Ear(mode)
    for number in range(40):
        assert ear.frame(frame(number)) == []
    assert sound(ear.begin()) == list(range(40 - KEPT, 40))
    assert sound(effect for number in range(40, 45) for effect in ear.frame(frame(number))) == list(range(40, 45))
    assert ear.end()
    assert ear.frame(frame(45)) == []
    assert sound(ear.begin()) == [45]
    assert not ear.end()


def test_a_server_that_listens_gets_everything() -> None:
    ear = Ear(TurnMode.SEMANTIC)
    assert sound(ear.frame(frame(1)) + ear.frame(frame(2))) == [1, 2]
    assert ear.begin() == []
    assert ear.voiced(frame(3)) != []
    ear.turn_to(TurnMode.LOCAL)
    assert ear.frame(frame(4)) == []
    assert ear.voiced(frame(4)) == []


def test_what_was_kept_in_another_mode_is_old() -> None:
    ear = Ear(TurnMode.TAP)
    ear.frame(frame(1))
    ear.turn_to(TurnMode.SERVER)
    ear.turn_to(TurnMode.HOLD)
    assert ear.begin() == []


@pytest.mark.parametrize("mode", BY_KEY)
class TestKeyTurns:
    def test_a_turn(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.hear(50)
        assert driver.take_sent() == []
        driver.begin_turn()
        driver.hear(10)
        assert driver.machine.phase is Phase.HEARING
        driver.end_turn()
        types = driver.take_types()
        assert types == ["input_audio_buffer.append"] * (KEPT + 10) + ["input_audio_buffer.commit", "response.create"]
        driver.now += 0.3
        driver.answer(200)
        driver.sound(200)
        assert [notice for notice in driver.told if isinstance(notice, Turn)] == [Turn(500, 500, 300, None)]
        assert [notice for notice in driver.told if isinstance(notice, SpeechStarted)] == [SpeechStarted()]
        assert driver.machine.idle

    def test_the_key_stops_the_answer_at_once(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.key_turn()
        driver.created()
        driver.audio(1000)
        driver.sound(100)
        driver.take_sent()
        driver.begin_turn()
        assert driver.take_sent() == [
            ResponseCancel(response_id="r1"),
            ItemTruncate(item_id="a1", content_index=0, audio_end_ms=100),
        ]
        assert driver.playback.pending == 0

    def test_twice_is_once_and_an_end_needs_a_beginning(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.end_turn()
        driver.begin_turn()
        driver.hear(10)
        driver.begin_turn()
        driver.end_turn()
        driver.end_turn()
        assert driver.take_types() == ["input_audio_buffer.append"] * 10 + [
            "input_audio_buffer.commit",
            "response.create",
        ]

    def test_a_slip_of_the_finger_is_no_turn(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.key_turn(4)
        assert driver.take_types()[-1] == "input_audio_buffer.clear"
        assert driver.machine.phase is Phase.LISTENING

    def test_what_was_before_the_key_makes_no_turn_of_it(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        for _ in range(30):
            driver.frame()
        driver.key_turn(2)
        assert driver.take_types()[-1] == "input_audio_buffer.clear"

    def test_the_gate_and_the_server_have_no_say(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.speak()
        driver.server_starts()
        assert (driver.sent, driver.told) == ([], [])

    def test_an_end_of_the_input_ends_the_turn(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.begin_turn()
        driver.hear(10)
        driver.end_input()
        assert driver.take_types()[-2:] == ["input_audio_buffer.commit", "response.create"]

    def test_an_answer_that_comes_while_the_person_speaks_is_not_heard(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.say()
        driver.begin_turn()
        driver.created()
        driver.words("Never heard")
        driver.audio(100)
        assert driver.playback.pending == 0
        assert not [notice for notice in driver.told if isinstance(notice, Interrupted) and notice.heard_ms]
        assert [notice.role for notice in driver.told if isinstance(notice, Transcript)] == ["user"]


@pytest.mark.parametrize("mode", [TurnMode.LOCAL, TurnMode.SERVER, TurnMode.SEMANTIC])
def test_keys_are_for_turns_by_key(new_driver: Any, mode: TurnMode) -> None:
    driver = new_driver(Settings(turns=mode)).open()
    driver.begin_turn()
    driver.end_turn()
    assert (driver.sent, driver.told) == ([], [])


@pytest.mark.parametrize("mode", BY_KEY)
def test_a_turn_that_a_key_began_can_be_taken_back(new_driver: Any, mode: TurnMode) -> None:
    driver = new_driver(Settings(turns=mode)).open()
    driver.begin_turn()
    driver.hear(20)
    driver.take_sent()
    driver.interrupt()
    assert driver.take_types() == ["input_audio_buffer.clear"]
    assert driver.machine.phase is Phase.LISTENING
    driver.end_turn()  # the key that was held is let go
    driver.hear(5)
    assert driver.take_types() == []
    driver.key_turn()
    assert driver.take_types()[-2:] == ["input_audio_buffer.commit", "response.create"]


def test_silence_is_no_end_of_a_turn_that_no_key_began(new_driver: Any) -> None:
    driver = new_driver(Settings()).open()
    driver.voice_begins()
    driver.take_sent()
    driver.interrupt()
    assert driver.take_types() == []
    assert driver.machine.phase is Phase.HEARING
