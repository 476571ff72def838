"""What is changed in mid-session, as flows of the whole machine."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_chat.protocol.client_events import SessionUpdate
from realtime_chat.protocol.codec import event_type
from realtime_chat.session.notices import (
    DeviceChanged,
    Fault,
    Interrupted,
    Phase,
    PhaseChanged,
    Transcript,
    Turn,
    TurnsChanged,
    VoiceChanged,
)
from realtime_chat.session.settings import Settings, TurnMode

UPDATE, APPEND = "session.update", "input_audio_buffer.append"
COMMIT, CLEAR, CREATE = "input_audio_buffer.commit", "input_audio_buffer.clear", "response.create"
BY_SERVER = [TurnMode.SERVER, TurnMode.SEMANTIC]
HERE = [TurnMode.LOCAL, TurnMode.TAP, TurnMode.HOLD]


def of(driver: Any, kind: type[Any]) -> list[Any]:
    return [notice for notice in driver.told if isinstance(notice, kind)]


def begins(driver: Any, frames: int = 10) -> None:
    """Let the person speak in whatever mode there is, and not be done."""
    mode = driver.machine.turns_mode
    if mode.is_by_server:
        driver.server_starts()
        driver.hear(frames)
    elif mode.is_by_key:
        driver.begin_turn()
        driver.hear(frames)
    else:
        driver.voice_begins()
        driver.voice(frames)
    assert driver.machine.phase is Phase.HEARING


class TestTurns:
    @pytest.mark.parametrize("before", TurnMode)
    @pytest.mark.parametrize("after", TurnMode)
    def test_every_change_asks_for_it_and_takes_effect(
        self, new_driver: Any, before: TurnMode, after: TurnMode
    ) -> None:
        driver = new_driver(Settings(turns=before)).open()
        driver.change_turns(after)
        if before is after:
            assert (driver.sent, driver.told) == ([], [])
            return
        assert driver.take_types() == ([UPDATE, CLEAR] if before.is_by_server else [UPDATE])
        assert of(driver, TurnsChanged) == [TurnsChanged(after)]
        assert driver.machine.turns_mode is after
        begins(driver)
        assert driver.take_types() == [APPEND] * 10

    @pytest.mark.parametrize("before", HERE)
    @pytest.mark.parametrize("after", TurnMode)
    def test_what_is_being_said_here_is_a_turn(self, new_driver: Any, before: TurnMode, after: TurnMode) -> None:
        if before is after:
            return
        driver = new_driver(Settings(turns=before)).open()
        begins(driver)
        driver.take_sent()
        driver.change_turns(after)
        assert driver.take_types() == [COMMIT, CREATE, UPDATE]
        assert driver.machine.phase is Phase.THINKING

    @pytest.mark.parametrize("before", HERE)
    def test_unless_it_was_too_short_for_one(self, new_driver: Any, before: TurnMode) -> None:
        driver = new_driver(Settings(turns=before)).open()
        begins(driver, 4)
        driver.take_sent()
        driver.change_turns(TurnMode.SERVER)
        assert driver.take_types() == [CLEAR, UPDATE]
        assert driver.machine.phase is Phase.LISTENING

    @pytest.mark.parametrize("before", BY_SERVER)
    def test_what_the_server_was_hearing_is_forgotten(self, new_driver: Any, before: TurnMode) -> None:
        driver = new_driver(Settings(turns=before)).open()
        begins(driver)
        driver.take_sent()
        driver.change_turns(TurnMode.TAP)
        assert driver.take_types() == [UPDATE, CLEAR]
        assert driver.machine.phase is Phase.LISTENING
        driver.server_stops()  # was on its way
        assert driver.machine.phase is Phase.LISTENING

    def test_an_answer_that_sounds_sounds_on(self, driver: Any) -> None:
        driver.speak()
        driver.answer(1000)
        driver.sound(100)
        driver.take_sent()
        driver.change_turns(TurnMode.SEMANTIC)
        assert driver.take_types() == [UPDATE]
        driver.sound(900)
        assert of(driver, Interrupted) == []
        assert driver.machine.turns == 1

    @pytest.mark.parametrize(
        ("event_id", "param"), [("update_1", None), (None, "session.audio.input.turn_detection.type")]
    )
    def test_a_server_that_refuses_keeps_the_old_ones(
        self, driver: Any, event_id: str | None, param: str | None
    ) -> None:
        driver.change_turns(TurnMode.SEMANTIC)
        driver.take_sent()
        driver.frame()
        driver.error("invalid_value", "Invalid value: 'semantic_vad'.\x1b", event_id, param)
        assert driver.take_types() == [APPEND, CLEAR]
        assert of(driver, TurnsChanged) == [TurnsChanged(TurnMode.SEMANTIC), TurnsChanged(TurnMode.LOCAL)]
        assert of(driver, Fault) == [
            Fault(
                "turns_refused",
                "The server does not take semantic turns (Invalid value: 'semantic_vad'): local turns go on.",
            )
        ]
        driver.speak()
        assert driver.take_types()[-2:] == [COMMIT, CREATE]

    def test_a_question_is_not_refused_by_that(self, driver: Any) -> None:
        driver.say()
        driver.change_turns(TurnMode.SEMANTIC)
        driver.error("invalid_value", "Invalid value: 'semantic_vad'.")
        assert driver.machine.phase is Phase.THINKING

    def test_an_error_after_the_server_agreed_is_about_something_else(self, driver: Any) -> None:
        driver.change_turns(TurnMode.SERVER)
        driver.updated()
        driver.error("invalid_value", "session. what?", None, "session.audio")
        assert driver.machine.turns_mode is TurnMode.SERVER
        assert [fault.code for fault in of(driver, Fault)] == ["invalid_value"]

    def test_a_refusal_that_is_outdated_changes_nothing(self, driver: Any) -> None:
        driver.change_turns(TurnMode.SEMANTIC)
        driver.change_turns(TurnMode.TAP)
        driver.error("invalid_value", "No.", "update_1")
        assert driver.machine.turns_mode is TurnMode.TAP
        driver.error("invalid_value", "No.", "update_2")
        assert driver.machine.turns_mode is TurnMode.LOCAL

    def test_back_and_forth_and_both_refused(self, driver: Any) -> None:
        driver.change_turns(TurnMode.SEMANTIC)
        driver.change_turns(TurnMode.LOCAL)
        driver.take_told()
        driver.error("invalid_value", "No.", "update_1")
        driver.error("invalid_value", "No.", "update_2")
        assert driver.told == []

    def test_before_the_session_is_ready_it_waits(self, new_driver: Any) -> None:
        driver = new_driver(Settings())
        driver.change_turns(TurnMode.TAP)
        driver.set_voice(False)
        driver.device("input", "Headset")
        assert (driver.sent, driver.told) == ([], [])
        driver.updated()
        assert driver.take_types() == [UPDATE, UPDATE]
        assert driver.told[2:] == [
            TurnsChanged(TurnMode.TAP),
            VoiceChanged(False),
            DeviceChanged("input", "Headset"),
        ]


class TestVoice:
    def test_what_sounds_falls_silent_and_is_read_on(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.item()
        driver.words("Once upon")
        driver.audio(1000)
        driver.sound(100)
        driver.take_sent()
        driver.set_voice(False)
        assert driver.playback.pending == 0
        driver.words(" a time")
        driver.audio(1000)
        assert driver.playback.pending == 0
        assert driver.machine.phase is Phase.SPEAKING
        driver.words(".")
        driver.item_done()
        driver.done()
        assert [event_type(event) for event in driver.take_sent()] == [UPDATE]
        assert of(driver, Interrupted) == []
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Once upon a time.", True, "a1")
        assert of(driver, VoiceChanged) == [VoiceChanged(False)]
        assert len(of(driver, Turn)) == 1
        assert driver.machine.idle

    def test_all_of_it_was_there_already(self, driver: Any) -> None:
        driver.say()
        driver.answer(1000)
        driver.sound(100)
        driver.take_told()
        driver.set_voice(False)
        assert driver.playback.pending == 0
        assert driver.told == [
            Transcript("assistant", "Good day.", True, "a1"),
            Turn(None, 100, 0, None),
            VoiceChanged(False),
            PhaseChanged(Phase.LISTENING),
        ]
        assert driver.machine.turns == 1

    def test_the_next_answer_is_written_and_so_said_to_the_server(self, driver: Any) -> None:
        driver.set_voice(False)
        update = driver.take_sent()[0]
        assert isinstance(update, SessionUpdate)
        assert update.session.output_modalities == ["text"]
        driver.say()
        driver.created()
        driver.item()
        driver.text("Hello.")
        assert driver.machine.phase is Phase.SPEAKING
        driver.item_done()
        driver.done()
        assert driver.machine.idle
        driver.set_voice(True)
        assert driver.sent[-1].session.output_modalities == ["audio"]
        driver.answer(100, "a2", "r2")
        driver.sound(50)
        assert driver.machine.phase is Phase.SPEAKING
        driver.sound(50)
        assert driver.machine.turns == 2

    def test_sound_that_was_passed_over_does_not_come_back_in_the_middle(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(100)
        driver.set_voice(False)
        driver.audio(100)
        driver.set_voice(True)
        driver.audio(100)
        driver.words("Once")
        assert driver.playback.pending == 0
        driver.item_done()
        driver.audio(100, "a2")
        assert driver.playback.pending == 2400  # of the next item, all
        driver.done()
        driver.sound(100)
        assert driver.machine.idle

    def test_an_interruption_of_what_is_read_cuts_nothing(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("Once upon")
        driver.audio(1000)
        driver.sound(100)
        driver.set_voice(False)
        driver.take_sent()
        driver.interrupt()
        driver.words(" a time")
        assert driver.take_types() == ["response.cancel"]
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Once upon", True, "a1")
        driver.done(status="cancelled")
        assert driver.machine.turns == 1

    def test_words_whose_sound_is_yet_to_come_are_read(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("Once upon")
        driver.set_voice(False)
        assert driver.machine.phase is Phase.SPEAKING
        driver.take_sent()
        driver.interrupt()
        assert driver.take_types() == ["response.cancel"]
        assert of(driver, Transcript)[-1].final

    def test_words_that_never_had_sound_were_read(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("Once upon")
        driver.item_done()
        driver.set_voice(False)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_types() == ["response.cancel"]

    def test_on_twice_is_on(self, driver: Any) -> None:
        driver.set_voice(True)
        assert (driver.sent, driver.told) == ([], [])

    def test_a_server_that_will_not_speak(self, new_driver: Any) -> None:
        driver = new_driver(Settings(modality="text")).open()
        assert not driver.machine.voice
        driver.set_voice(True)
        assert driver.machine.voice
        driver.error("invalid_value", "No sound here.", None, "session.output_modalities")
        assert not driver.machine.voice
        assert of(driver, VoiceChanged) == [VoiceChanged(True), VoiceChanged(False)]
        assert "No sound here" in of(driver, Fault)[0].message

    def test_a_server_that_will_not_be_silent_is_not_heard(self, driver: Any) -> None:
        driver.set_voice(False)
        driver.error("invalid_value", "", "update_1")
        assert of(driver, Fault) == [Fault("voice_refused", "The server goes on speaking, unheard (no reason given).")]
        driver.say()
        driver.answer(1000)
        assert driver.playback.pending == 0
        assert driver.machine.idle
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Good day.", True, "a1")


class TestDevices:
    def test_without_a_speaker_it_goes_on_in_writing_until_there_is_one(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("Once")
        driver.audio(1000)
        driver.sound(100)
        driver.take_sent()
        driver.device("output", None)
        assert driver.playback.pending == 0
        assert not driver.machine.voice
        assert driver.take_types() == [UPDATE]
        driver.words(" upon")
        driver.done()
        assert of(driver, Transcript)[-1].text == "Once upon"
        driver.device("output", "Headset")
        assert driver.machine.voice
        assert driver.take_types() == [UPDATE]
        assert of(driver, DeviceChanged) == [DeviceChanged("output", None), DeviceChanged("output", "Headset")]
        assert of(driver, VoiceChanged) == [VoiceChanged(False), VoiceChanged(True)]

    def test_what_the_person_turned_off_stays_off(self, driver: Any) -> None:
        driver.set_voice(False)
        driver.device("output", None)
        driver.device("output", "Headset")
        assert not driver.machine.voice
        assert driver.take_types() == [UPDATE]

    def test_and_what_they_turned_off_meanwhile(self, driver: Any) -> None:
        driver.device("output", None)
        driver.set_voice(False)
        driver.device("output", "Headset")
        assert not driver.machine.voice

    def test_what_they_turn_on_meanwhile_waits_for_a_speaker(self, driver: Any) -> None:
        driver.set_voice(False)
        driver.device("output", None)
        driver.set_voice(True)
        assert not driver.machine.voice
        assert [fault.code for fault in of(driver, Fault)] == ["no_speaker"]
        driver.device("output", "Headset")
        assert driver.machine.voice

    def test_another_device_is_only_told_of(self, driver: Any) -> None:
        driver.voice_begins()
        driver.voice()
        driver.take_sent()
        driver.device("output", "Headset")
        driver.device("input", "Headset")
        assert driver.take_sent() == []
        assert driver.machine.phase is Phase.HEARING

    @pytest.mark.parametrize("mode", TurnMode)
    def test_what_was_said_before_the_microphone_went_is_a_turn(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        begins(driver)
        driver.take_sent()
        driver.device("input", None)
        assert driver.take_types() == [COMMIT, CREATE]
        assert driver.machine.phase is Phase.THINKING
        driver.answer(100)
        driver.sound(100)
        driver.device("input", "Headset")
        begins(driver)

    def test_where_nothing_was_said_nothing_is_sent(self, driver: Any) -> None:
        driver.device("input", None)
        assert driver.sent == []
        assert driver.told == [DeviceChanged("input", None)]
