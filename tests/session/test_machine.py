"""The flows of the protocol, event by event, in the orders in which servers send them."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_chat.audio.frame import Frame
from realtime_chat.audio.gate import SpeechStarted as VoiceBegan
from realtime_chat.audio.gate import SpeechStopped as VoiceEnded
from realtime_chat.audio.gate import SpeechSuspected, SuspicionDropped, Voiced
from realtime_chat.audio.playback import Heard
from realtime_chat.protocol.client_events import ItemDelete, ItemTruncate, ResponseCancel, SessionUpdate
from realtime_chat.protocol.codec import event_type
from realtime_chat.protocol.responses import Usage
from realtime_chat.session.closing import TRANSCRIPT_SECONDS
from realtime_chat.session.effects import Finish, Flush, Reject
from realtime_chat.session.notices import (
    Cause,
    Fault,
    Ignored,
    Interrupted,
    Phase,
    PhaseChanged,
    Placed,
    Ready,
    SpeechStarted,
    Transcript,
    Turn,
)
from realtime_chat.session.settings import Settings, TurnMode

TRANSCRIPTION = "conversation.item.input_audio_transcription"
LOCAL = Settings(transcribe="whisper", silence_ms=500)
SERVER = Settings(transcribe="whisper", turns=TurnMode.SERVER, silence_ms=500)
TEXT = Settings(modality="text")


def of(driver: Any, kind: type[Any]) -> list[Any]:
    return [notice for notice in driver.told if isinstance(notice, kind)]


def phases(driver: Any) -> list[Phase]:
    return [notice.phase for notice in driver.told if isinstance(notice, PhaseChanged)]


class TestOpening:
    def test_the_session_is_set_up_before_anything_else(self, new_driver: Any) -> None:
        driver = new_driver()
        driver.do(driver.machine.opened(0.0))
        driver.speak()
        driver.frame()
        driver.interrupt()
        driver.sound(10)
        driver.wait(1)
        assert [type(event) for event in driver.take_sent()] == [SessionUpdate]
        driver.event("session.created", session={"type": "realtime"})
        assert driver.machine.phase is Phase.CONNECTING
        driver.event("session.updated", session={"type": "realtime", "model": "m", "audio": {"output": {"voice": "v"}}})
        assert driver.told == [Ready("m", "v"), PhaseChanged(Phase.LISTENING)]

    @pytest.mark.parametrize(
        ("session", "ready"),
        [
            ({"type": "realtime"}, Ready("wanted", "")),
            ({"type": "transcription"}, Ready("wanted", "")),
            ({"type": "realtime", "model": "m", "audio": {"output": {"voice": {"id": "x"}}}}, Ready("m", "")),
            ({"model": "m", "audio": {"output": {"voice": "v"}}}, Ready("m", "v")),
            ({"type": "realtime", "tools": 7, "model": "m", "audio": 3}, Ready("m", "")),
            (None, Ready("wanted", "")),
        ],
    )
    def test_ready_whatever_shape_the_session_has(self, new_driver: Any, session: Any, ready: Ready) -> None:
        driver = new_driver(Settings(model="wanted"))
        driver.event("session.updated", session=session)
        assert driver.told[0] == ready

    @pytest.mark.parametrize(
        ("error", "reject"),
        [
            ({"type": "t", "code": "c", "message": "m"}, Reject("c", "m")),
            ({"type": "t", "code": None, "message": "m"}, Reject("t", "m")),
            ({"code": 4, "message": "m"}, Reject("invalid_request_error", "m")),
        ],
    )
    def test_an_error_refuses_the_session(self, new_driver: Any, error: Any, reject: Reject) -> None:
        driver = new_driver()
        driver.event("error", error=error)
        assert driver.ends == [reject]

    def test_what_is_typed_too_early_waits(self, new_driver: Any) -> None:
        driver = new_driver(TEXT)
        driver.say("one")
        driver.say("two")
        driver.end_input()
        assert driver.sent == []
        driver.event("session.updated", session={"type": "realtime"})
        assert driver.take_types() == ["conversation.item.create", "conversation.item.create", "response.create"]
        assert driver.ends == []

    def test_an_unknown_event_is_ignored(self, new_driver: Any) -> None:
        driver = new_driver()
        driver.event("vendor.news", x=1)
        assert driver.told == [Ignored("vendor.news", "unknown type")]

    def test_a_second_update_says_nothing(self, driver: Any) -> None:
        driver.event("session.updated", session={"type": "realtime"})
        assert driver.told == []


class TestTypedTurn:
    """C3."""

    def test_text(self, new_driver: Any) -> None:
        driver = new_driver(TEXT).open()
        driver.say("hi \ud800")
        assert driver.take_types() == ["conversation.item.create", "response.create"]
        driver.event("conversation.item.added", item=self.item("typed_1", "user"), previous_item_id=None)
        driver.event("conversation.item.done", item=self.item("typed_1", "user"), previous_item_id=None)
        driver.created()
        driver.item()
        part = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
        driver.event("response.content_part.added", **part, part={"type": "text", "text": ""})
        driver.now += 0.25
        driver.text("Hel")
        driver.text("lo.")
        driver.event("response.output_text.done", **part, text="Hello.")
        driver.event("response.content_part.done", **part, part={"type": "text", "text": "Hello."})
        driver.item_done(content=[{"type": "output_text", "text": "Hello."}])
        driver.event("conversation.item.done", item=self.item("a1", "assistant"), previous_item_id="typed_1")
        driver.done(usage={"total_tokens": 9})
        driver.event("rate_limits.updated", rate_limits=[])
        assert of(driver, Transcript) == [
            Transcript("user", "hi ?", True, "typed_1"),
            Transcript("assistant", "Hel", False, "a1"),
            Transcript("assistant", "Hello.", False, "a1"),
            Transcript("assistant", "Hello.", True, "a1"),
        ]
        assert of(driver, Turn) == [Turn(None, None, 250, Usage(total_tokens=9))]
        assert phases(driver) == [Phase.THINKING, Phase.SPEAKING, Phase.LISTENING]
        assert driver.machine.turns == 1

    def test_sound_is_passed_over_where_only_text_was_wanted(self, new_driver: Any) -> None:
        driver = new_driver(TEXT).open()
        driver.say()
        driver.answer()
        assert driver.playback.pending == 0
        assert driver.machine.phase is Phase.LISTENING

    def test_a_message_while_the_person_speaks_is_answered_with_what_they_say(self, driver: Any) -> None:
        driver.voice_begins()
        driver.voice()
        driver.take_sent()
        driver.say()
        assert driver.take_types() == ["conversation.item.create"]
        driver.voice_ends()
        assert driver.take_types() == ["input_audio_buffer.commit", "response.create"]

    def test_a_message_during_a_cough_is_answered(self, driver: Any) -> None:
        driver.voice_begins()
        driver.say()
        driver.voice_ends()
        assert driver.take_types() == ["conversation.item.create", "input_audio_buffer.clear", "response.create"]

    @pytest.mark.parametrize("mode", [TurnMode.TAP, TurnMode.HOLD])
    def test_a_message_during_a_turn_by_key_is_answered_with_it(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.begin_turn()
        driver.hear(5)
        driver.say()
        driver.hear(5)
        driver.end_turn()
        types = driver.take_types()
        assert types.count("input_audio_buffer.append") == 10
        assert types[-2:] == ["input_audio_buffer.commit", "response.create"]
        assert types.count("response.create") == 1

    @pytest.mark.parametrize("mode", TurnMode)
    def test_a_message_interrupts_in_every_mode(self, new_driver: Any, mode: TurnMode) -> None:
        driver = new_driver(Settings(turns=mode)).open()
        driver.say()
        driver.created()
        driver.audio(1000)
        driver.sound(100)
        driver.take_sent()
        driver.say("no")
        assert driver.playback.pending == 0
        assert driver.take_types() == ["response.cancel", "conversation.item.truncate", "conversation.item.create"]
        driver.done(status="cancelled")
        assert driver.take_types() == ["response.create"]

    @staticmethod
    def item(item_id: str, role: str) -> dict[str, Any]:
        return {"type": "message", "id": item_id, "role": role, "content": []}


class TestServerTurn:
    """C4."""

    def test_a_voice_turn_in_the_recorded_order(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.frame()
        assert driver.take_types() == ["input_audio_buffer.append"]
        driver.speak()  # what a gate here says is no matter
        assert driver.take_sent() == []
        driver.event("input_audio_buffer.speech_started", audio_start_ms=100, item_id="u1")
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=900, item_id="u1")
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        user = {"type": "message", "id": "u1", "role": "user", "status": "completed"}
        user["content"] = [{"type": "input_audio", "transcript": None}]
        driver.event("conversation.item.added", item=user, previous_item_id=None)
        driver.event("conversation.item.done", item=user, previous_item_id=None)
        driver.now += 0.2
        driver.answer(400)
        driver.sound(100)
        driver.event(f"{TRANSCRIPTION}.delta", item_id="u1", content_index=0, delta="What")
        driver.event(f"{TRANSCRIPTION}.completed", item_id="u1", content_index=0, transcript="What?", usage=None)
        driver.sound(300)
        assert driver.take_sent() == []
        assert phases(driver) == [Phase.HEARING, Phase.THINKING, Phase.SPEAKING, Phase.LISTENING]
        assert of(driver, SpeechStarted) == [SpeechStarted()]
        assert of(driver, Transcript) == [
            Transcript("user", "", False, "u1"),
            Transcript("assistant", "Good day.", False, "a1"),
            Transcript("user", "What", False, "u1"),
            Transcript("user", "What?", True, "u1"),
            Transcript("assistant", "Good day.", True, "a1"),  # not before all of it was heard
        ]
        assert [line.item_id for line in driver.machine.transcript.lines] == ["u1", "a1"]
        assert of(driver, Turn) == [Turn(800, 300, 200, None)]

    def test_the_server_interrupts(self, new_driver: Any) -> None:
        """C6: no cancel, for the server cancels by itself; late deltas are dropped; the item is truncated."""
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
        driver.created()
        driver.item()
        driver.words("Once upon a")
        driver.audio(1000)
        driver.sound(500)
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u2")
        driver.audio(1000)
        driver.words(" time")
        driver.item_done(status="incomplete")
        driver.done(status="cancelled")
        assert driver.take_sent() == [ItemTruncate(item_id="a1", content_index=0, audio_end_ms=500)]
        assert driver.playback.pending == 0
        assert of(driver, Interrupted) == [Interrupted("a1", 500)]
        assert of(driver, Transcript)[-2:] == [
            Transcript("assistant", "Once", True, "a1"),
            Transcript("user", "", False, "u2"),
        ]
        assert driver.machine.phase is Phase.HEARING
        assert len(of(driver, Turn)) == 1
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u2")
        driver.answer(100, "a2", "r2")
        driver.sound(200)
        assert driver.machine.turns == 2

    def test_done_of_the_cancelled_answer_after_the_next_turn_ended(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.created()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
        driver.end_input()
        driver.done(status="cancelled")
        assert driver.machine.phase is Phase.THINKING
        assert not driver.machine.idle

    def test_a_key_cancels_what_the_server_is_about_to_say(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.interrupt()
        assert driver.machine.phase is Phase.LISTENING
        driver.created()
        assert driver.take_sent() == [ResponseCancel(response_id="r1")]

    def test_speech_again_before_the_answer_began(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        for item in ("u1", "u2"):
            driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id=item)
            driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id=item)
        driver.created()
        assert driver.take_sent() == []
        assert driver.machine.phase is Phase.THINKING

    def test_an_answer_to_speech_that_nobody_said_was_over(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.created()
        assert driver.machine.phase is Phase.THINKING
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
        driver.done()
        assert driver.machine.idle

    def test_a_message_collides_with_the_servers_own_answer(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
        driver.interrupt()
        driver.machine._assistant._slot.abandon(0.0)
        driver.say()
        driver.take_sent()
        driver.created()
        driver.error("conversation_already_has_active_response")
        driver.done()
        assert driver.take_types() == ["response.create"]

    @pytest.mark.parametrize("mode", [TurnMode.SERVER, TurnMode.SEMANTIC])
    def test_a_message_while_the_server_hears_is_answered_with_what_it_hears(
        self, new_driver: Any, mode: TurnMode
    ) -> None:
        """An answer asked for now would keep the server from answering the speech."""
        driver = new_driver(Settings(turns=mode)).open()
        driver.server_starts()
        driver.say()
        assert driver.take_types() == ["conversation.item.create"]
        assert driver.machine.phase is Phase.HEARING
        driver.hear(1)
        driver.server_stops()
        driver.committed()
        driver.answer(100)
        driver.sound(100)
        driver.wait(60)
        assert driver.take_types() == ["input_audio_buffer.append"]
        assert driver.machine.idle

    def test_a_message_during_a_noise_that_the_server_took_for_speech_is_answered(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.server_starts()
        driver.say()
        driver.server_stops()
        driver.take_sent()
        driver.wait(11)
        assert driver.take_types() == ["response.create"]

    def test_a_message_while_the_server_hears_for_ever_is_answered(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.server_starts()
        driver.say()
        driver.take_sent()
        driver.wait(29)
        assert driver.take_sent() == []
        driver.wait(2)
        assert driver.take_types() == ["response.create"]
        driver.created()
        assert driver.machine.phase is Phase.THINKING

    @pytest.mark.parametrize("end", ["end_input", "change_turns"])
    def test_a_message_is_answered_also_where_the_server_hears_no_more(self, new_driver: Any, end: str) -> None:
        driver = new_driver(SERVER).open()
        driver.server_starts()
        driver.say()
        driver.take_sent()
        getattr(driver, end)(*([TurnMode.TAP] if end == "change_turns" else []))
        assert driver.take_types()[-1] == "response.create"

    @pytest.mark.parametrize(("mode", "voice_to_voice"), [(TurnMode.SERVER, 800), (TurnMode.SEMANTIC, None)], ids=str)
    def test_how_long_a_server_waited_is_known_or_not(
        self, new_driver: Any, mode: TurnMode, voice_to_voice: int | None
    ) -> None:
        driver = new_driver(Settings(turns=mode, silence_ms=500)).open()
        driver.server_starts()
        driver.server_stops()
        driver.now += 0.2
        driver.answer(100)
        driver.sound(100)
        assert of(driver, Turn) == [Turn(voice_to_voice, 300, 200, None)]

    def test_an_end_of_input_while_the_server_hears(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.end_input()
        driver.wait(TRANSCRIPT_SECONDS)
        assert driver.ends == [Finish(Cause.FINISHED)]

    def test_an_answer_that_never_begins_is_given_up_without_a_word(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        driver.event("input_audio_buffer.speech_stopped", audio_end_ms=0, item_id="u1")
        driver.wait(9)
        assert driver.machine.phase is Phase.THINKING
        driver.wait(2)
        assert driver.machine.phase is Phase.LISTENING
        assert of(driver, Fault) == []


class TestLocalTurn:
    """C10."""

    def test_a_voice_turn(self, driver: Any) -> None:
        driver.voice_begins()
        driver.voice(5)
        driver.voice_ends()
        assert driver.take_types() == ["input_audio_buffer.append"] * 5 + [
            "input_audio_buffer.commit",
            "response.create",
        ]
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.now += 0.3
        driver.answer(200)
        driver.sound(50)
        driver.sound(150)
        assert of(driver, Transcript)[0] == Transcript("user", "", False, "u1")
        assert of(driver, Turn) == [Turn(850, 350, 300, None)]
        assert phases(driver) == [Phase.HEARING, Phase.THINKING, Phase.SPEAKING, Phase.LISTENING]
        assert driver.machine.idle

    def test_frames_are_not_sent_twice(self, driver: Any) -> None:
        driver.frame()
        assert driver.take_sent() == []

    def test_a_cough_is_no_turn(self, driver: Any) -> None:
        driver.speak(4)
        assert driver.take_types()[-1] == "input_audio_buffer.clear"
        assert phases(driver) == [Phase.HEARING, Phase.LISTENING]

    def test_voice_without_a_beginning_is_passed_over(self, driver: Any) -> None:
        driver.voice()
        driver.voice_ends()
        assert driver.take_sent() == []

    def test_the_servers_own_ear_is_no_matter(self, driver: Any) -> None:
        driver.event("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        assert driver.told == []

    def test_speaking_over_the_answer(self, driver: Any) -> None:
        """C7 and C6: cancel, truncate at what was heard; the next answer waits for the end of this one."""
        driver.speak()
        driver.created()
        driver.item()
        driver.audio(1000, part=1)
        driver.sound(431)
        driver.take_sent()
        driver.voice_begins()
        assert driver.take_sent() == [
            ResponseCancel(response_id="r1"),
            ItemTruncate(item_id="a1", content_index=1, audio_end_ms=431),
        ]
        driver.voice()
        driver.voice_ends()
        assert driver.take_types()[-1] == "input_audio_buffer.commit"
        assert driver.machine.phase is Phase.THINKING
        driver.done(status="cancelled")
        assert driver.take_types() == ["response.create"]
        driver.error("response_cancel_not_active", "Cancellation failed: no active response found")
        driver.answer(100, "a2", "r2")
        driver.sound(200)
        assert of(driver, Fault) == []
        assert driver.machine.turns == 2

    def test_speaking_over_an_answer_whose_response_is_done(self, driver: Any) -> None:
        driver.speak()
        driver.answer(1000)
        driver.sound(100)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [ItemTruncate(item_id="a1", content_index=0, audio_end_ms=100)]
        assert of(driver, Turn)[0].turn_end_to_audio_ms == 100
        driver.interrupt()
        assert driver.take_sent() == []

    def test_nothing_was_heard_yet(self, driver: Any) -> None:
        driver.speak()
        driver.answer(1000)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [ItemDelete(item_id="a1")]
        assert of(driver, Interrupted) == [Interrupted("a1", 0)]
        assert driver.machine.transcript.lines == ()
        assert driver.machine.phase is Phase.LISTENING

    def test_words_without_sound_are_forgotten(self, driver: Any) -> None:
        """The server keeps the words of an item that was cut before its first sample: it must not."""
        driver.speak()
        driver.created()
        driver.item()
        driver.words("Once upon a")
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [ResponseCancel(response_id="r1"), ItemDelete(item_id="a1")]
        assert driver.told[-3:-1] == [Transcript("assistant", "", True, "a1"), Interrupted("a1", 0)]
        assert driver.machine.transcript.lines == ()
        driver.item_done(status="incomplete", content=[{"type": "output_audio", "transcript": "Once upon a"}])
        driver.done(status="cancelled")
        assert driver.take_sent() == []
        assert of(driver, Turn) == []
        assert driver.machine.turns == 0

    def test_words_whose_sound_was_not_heard_are_not_told_as_final(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.words("Once upon a")
        driver.audio(100)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [ResponseCancel(response_id="r1"), ItemDelete(item_id="a1")]
        assert [notice.text for notice in of(driver, Transcript) if notice.final] == [""]
        driver.done(status="cancelled")
        assert of(driver, Turn) == []

    def test_an_item_that_is_whole_but_never_sounded_is_forgotten(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.item()
        driver.words("Once")
        driver.item_done()
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [ResponseCancel(response_id="r1"), ItemDelete(item_id="a1")]

    def test_of_several_items_the_silent_one_is_forgotten_and_the_heard_one_cut(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.audio(1000)
        driver.item("a2")
        driver.sound(50)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [
            ResponseCancel(response_id="r1"),
            ItemDelete(item_id="a2"),
            ItemTruncate(item_id="a1", content_index=0, audio_end_ms=50),
        ]
        driver.done(status="cancelled")
        assert driver.machine.turns == 1

    @pytest.mark.parametrize("is_done", [False, True])
    def test_an_item_that_begins_after_the_cancel_is_forgotten(self, driver: Any, is_done: bool) -> None:
        driver.speak()
        driver.created()
        driver.interrupt()
        if is_done:
            driver.done(status="cancelled")
        driver.take_sent()
        driver.item()
        driver.words("Late")
        driver.audio(100)
        driver.item_done()
        driver.words("Later", "a2")
        driver.item_done("a3")
        assert driver.take_sent() == [ItemDelete(item_id=item) for item in ("a1", "a2", "a3")]
        assert driver.playback.pending == 0
        assert of(driver, Transcript) == []

    def test_an_item_that_only_the_end_of_a_cancelled_answer_names_is_forgotten(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.interrupt()
        driver.take_sent()
        message = {"type": "message", "id": "a1", "role": "assistant", "content": []}
        call = {"type": "function_call", "id": "f1", "call_id": "c", "name": "f", "arguments": ""}
        driver.done(status="cancelled", output=[message, call])
        assert driver.take_sent() == [ItemDelete(item_id="f1"), ItemDelete(item_id="a1")]

    def test_text_that_was_read_is_kept(self, driver: Any) -> None:
        """A server may answer in text though sound was wanted: what was shown was read."""
        driver.speak()
        driver.created()
        driver.text("Once upon")
        driver.take_sent()
        driver.interrupt()
        assert driver.take_types() == ["response.cancel"]
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Once upon", True, "a1")
        assert of(driver, Interrupted) == [Interrupted("a1", None)]
        driver.done(status="cancelled")
        assert driver.machine.turns == 1

    def test_all_was_heard_when_the_key_came(self, driver: Any) -> None:
        driver.speak()
        driver.answer(100)
        driver.take_sent()
        driver.playback.render(100 * 24, driver.now)  # the speaker's news is still on its way
        driver.interrupt()
        assert driver.take_sent() == []
        assert of(driver, Interrupted) == []
        assert driver.machine.turns == 1

    def test_all_that_came_was_heard_but_more_was_to_come(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.audio(100)
        driver.sound(500)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent()[1:] == [ItemTruncate(item_id="a1", content_index=0, audio_end_ms=100)]

    def test_of_several_items_each_is_cut_where_it_was(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        for item in ("a1", "a2", "a3"):
            driver.item(item)
            driver.audio(100, item)
            driver.item_done(item)
        driver.done()
        driver.sound(150)
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == [
            ItemTruncate(item_id="a2", content_index=0, audio_end_ms=50),
            ItemDelete(item_id="a3"),
        ]
        assert of(driver, Interrupted) == [Interrupted("a2", 50), Interrupted("a3", 0)]

    def test_what_a_speaker_says_of_other_items_is_no_matter(self, driver: Any) -> None:
        driver.speak()
        driver.answer(100)
        driver.take_sent()
        effects = driver.machine.interrupt(driver.now)
        assert Flush() in effects
        heard = [Heard("never", 5, 5), Heard("a1", 2400, 2400)]
        effects = driver.machine.flushed(heard, driver.now)
        assert [type(effect.notice) for effect in effects] == [Transcript, Turn]

    def test_less_than_a_millisecond_is_nothing(self, driver: Any) -> None:
        driver.speak()
        driver.answer(100)
        driver.take_sent()
        driver.playback.render(23, driver.now)
        driver.interrupt()
        assert driver.take_sent() == [ItemDelete(item_id="a1")]

    def test_news_of_what_was_flushed_comes_late(self, driver: Any) -> None:
        driver.speak()
        driver.answer(100)
        driver.playback.render(2400, driver.now)
        news = driver.playback.take_events()
        driver.interrupt()
        driver.take_told()
        for event in news:
            driver.do(driver.machine.playback(event, driver.now))
        assert driver.told == []

    def test_several_items_to_the_end(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        for item in ("a1", "a2"):
            driver.item(item)
            driver.audio(100, item)
        driver.done()
        driver.sound(150)
        assert of(driver, Turn) == []
        driver.sound(50)
        assert len(of(driver, Turn)) == 1

    def test_a_key_before_the_answer_was_created(self, driver: Any) -> None:
        """A cancel sent now would be lost: it is sent by its id as soon as there is one."""
        driver.speak()
        driver.take_sent()
        driver.interrupt()
        assert driver.take_sent() == []
        assert driver.machine.phase is Phase.LISTENING
        driver.created()
        assert driver.take_sent() == [ResponseCancel(response_id="r1")]
        driver.words("Never")
        driver.audio(100)
        driver.done(status="cancelled")
        assert of(driver, Turn) == []
        assert of(driver, Transcript) == []
        assert driver.machine.idle

    def test_a_second_turn_before_the_first_answer_was_created(self, driver: Any) -> None:
        driver.speak()
        driver.speak()
        assert driver.take_types().count("response.create") == 1
        driver.created()
        driver.done(status="cancelled")
        assert driver.take_types() == ["response.cancel", "response.create"]
        driver.answer(100, "a2", "r2")
        driver.sound(100)
        assert driver.machine.turns == 1

    def test_an_answer_that_begins_while_the_person_speaks_is_cancelled(self, driver: Any) -> None:
        driver.voice_begins()
        driver.take_sent()
        driver.created()
        driver.audio(100)
        assert driver.take_sent() == [ResponseCancel(response_id="r1"), ItemDelete(item_id="a1")]
        assert driver.playback.pending == 0
        assert driver.machine.phase is Phase.HEARING

    def test_a_message_interrupts(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.audio(100)
        driver.sound(10)
        driver.take_sent()
        driver.say()
        assert driver.take_types() == ["response.cancel", "conversation.item.truncate", "conversation.item.create"]
        driver.done(status="cancelled")
        assert driver.take_types() == ["response.create"]


class TestCut:
    """The words of an item that is interrupted end where its sound did."""

    def test_between_words(self, driver: Any) -> None:
        driver.say()
        driver.answer(1000)  # "Good day."
        driver.sound(600)
        driver.take_told()
        driver.interrupt()
        assert driver.take_told()[:2] == [Transcript("assistant", "Good", True, "a1"), Interrupted("a1", 600)]
        assert driver.machine.transcript.lines[-1].text == "Good"

    def test_before_the_end_of_the_first_word(self, driver: Any) -> None:
        driver.say()
        driver.answer(1000)
        driver.sound(20)
        driver.interrupt()
        assert Transcript("assistant", "", True, "a1") in driver.told
        assert driver.machine.transcript.lines[-1].text == ""

    def test_late_words_do_not_bring_them_back(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.item()
        driver.words("Once upon a time there was")
        driver.audio(2000)
        driver.sound(1000)
        driver.interrupt()
        cut = driver.machine.transcript.lines[-1].text
        driver.take_told()
        driver.words(" a king")
        part = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
        whole = "Once upon a time there was a king."
        driver.event("response.output_audio_transcript.done", **part, transcript=whole)
        driver.event("response.content_part.done", **part, part={"type": "audio", "transcript": whole})
        content = [{"type": "output_audio", "transcript": whole}]
        driver.item_done(status="incomplete", content=content)
        message = {"type": "message", "id": "a1", "role": "assistant", "content": content}
        driver.event("conversation.item.done", item=message, previous_item_id=None)
        driver.done(status="cancelled", output=[message])
        assert driver.machine.transcript.lines[-1].text == cut
        assert of(driver, Transcript) == []

    def test_sound_without_words_is_cut_without_words(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(1000)
        driver.sound(500)
        driver.take_told()
        driver.interrupt()
        driver.words("Once")
        assert driver.take_told()[0] == Interrupted("a1", 500)
        assert of(driver, Transcript) == []

    def test_a_text_part_beside_the_sound_is_cut_with_it(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("one two")
        driver.text("three four", part=1)
        driver.audio(2000)
        driver.done()
        driver.sound(1000)
        driver.interrupt()
        assert driver.machine.transcript.lines[-1].text == "one two"

    def test_all_was_heard_and_so_all_is_told_as_final(self, driver: Any) -> None:
        driver.say()
        driver.answer(100)
        assert not of(driver, Transcript)[-1].final
        driver.sound(100)
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Good day.", True, "a1")


class TestPlaces:
    """Each item is told to have its place: once, before its words, and behind the right one where that is known."""

    def message(self, item_id: str, role: str) -> dict[str, Any]:
        return {"type": "message", "id": item_id, "role": role, "status": "in_progress", "content": []}

    def test_a_spoken_turn(self, driver: Any) -> None:
        driver.speak()
        driver.committed("u1")
        driver.event("conversation.item.added", item=self.message("u1", "user"), previous_item_id=None)
        driver.created()
        item = self.message("a1", "assistant")
        driver.event("response.output_item.added", response_id="r1", output_index=0, item=item)
        assert of(driver, Placed) == [Placed("u1", "user", None)]
        driver.event("conversation.item.added", item=item, previous_item_id="u1")
        assert of(driver, Placed) == [Placed("u1", "user", None), Placed("a1", "assistant", "u1")]
        driver.words("Hello")
        driver.audio(100)
        driver.event("conversation.item.added", item=item, previous_item_id="u1")
        driver.done()
        driver.sound(100)
        assert len(of(driver, Placed)) == 2

    def test_words_before_the_place(self, driver: Any) -> None:
        driver.say("hi")
        driver.created()
        driver.words("Hello")
        assert [notice for notice in driver.told if isinstance(notice, Placed | Transcript)] == [
            Placed("typed_1", "user", None),
            Transcript("user", "hi", True, "typed_1"),
            Placed("a1", "assistant", None),
            Transcript("assistant", "Hello", False, "a1"),
        ]

    def test_a_person_who_interrupts_comes_behind_what_they_interrupted(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.event("conversation.item.added", item=self.message("a1", "assistant"), previous_item_id=None)
        driver.event("conversation.item.added", item=self.message("a2", "assistant"), previous_item_id="a1")
        driver.committed("u1", after="a1")
        driver.committed("u2", after="never")
        places = of(driver, Placed)
        assert [(place.item_id, place.after) for place in places] == [
            ("a1", None),
            ("a2", "a1"),
            ("u1", "a1"),
            ("u2", None),
        ]
        assert [line.item_id for line in driver.machine.transcript.lines] == ["a1", "u1", "a2", "u2"]

    def test_speech_that_nobody_writes_down_needs_no_place(self, new_driver: Any) -> None:
        driver = new_driver(Settings()).open()
        driver.committed("u1")
        driver.event("conversation.item.added", item=self.message("u1", "user"), previous_item_id=None)
        assert driver.told == []

    def test_an_item_that_was_taken_back_gets_none(self, driver: Any) -> None:
        driver.speak()
        driver.created()
        driver.interrupt()
        driver.item()
        assert of(driver, Placed) == []
        assert driver.machine.transcript.lines == ()


class TestAnswers:
    def test_words_that_are_only_in_the_whole(self, driver: Any) -> None:
        part = {"response_id": "r1", "item_id": "a1", "output_index": 0}
        driver.say()
        driver.created()
        driver.event("response.output_audio_transcript.done", **part, content_index=0, transcript="One.")
        driver.event(
            "response.content_part.done", **part, content_index=1, part={"type": "audio", "transcript": "Two."}
        )
        content = [{"type": "output_audio", "transcript": "x"}] * 2 + [{"type": "output_audio", "transcript": "Three."}]
        driver.item_done(content=content)
        last = {"type": "message", "id": "a2", "role": "assistant", "content": [{"type": "output_text", "text": "4."}]}
        nameless = {"type": "message", "role": "assistant", "content": []}
        call = {"type": "function_call", "id": "f1", "call_id": "c", "name": "f", "arguments": ""}
        driver.done(output=[last, nameless, call])
        assert [line.text for line in driver.machine.transcript.lines] == ["hello", "One. Two. Three.", "4."]
        assert all(line.is_final for line in driver.machine.transcript.lines[1:])

    def test_what_arrives_late_is_dropped(self, driver: Any) -> None:
        driver.say()
        driver.answer(100)
        driver.sound(100)
        driver.take_told()
        driver.words("late")
        driver.audio(100)
        driver.item_done()
        driver.created()
        driver.done()
        assert driver.told == []
        assert driver.playback.pending == 0

    def test_sound_after_the_end_of_its_item_is_dropped(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(100)
        driver.item_done()
        driver.sound(100)
        driver.audio(100)
        driver.done()
        assert driver.machine.idle

    def test_an_answer_that_nobody_announced(self, driver: Any) -> None:
        driver.audio(100)
        driver.sound(50)
        assert phases(driver) == [Phase.THINKING, Phase.SPEAKING]
        driver.done()
        driver.sound(50)
        assert of(driver, Turn) == [Turn(None, None, None, None)]

    def test_an_end_without_a_beginning(self, driver: Any) -> None:
        driver.say()
        driver.done("unannounced")
        assert driver.machine.idle

    def test_an_answer_beside_the_one_that_matters(self, driver: Any) -> None:
        driver.say()
        driver.created("r1")
        driver.done("r2")
        assert driver.machine.phase is Phase.THINKING
        driver.created("r3")
        driver.done("r1")
        assert driver.machine.phase is Phase.THINKING
        driver.done("r3")
        assert driver.machine.idle

    @pytest.mark.parametrize(
        ("details", "fault"),
        [
            ({"error": {"type": "t", "code": "c", "message": "m"}}, Fault("c", "m")),
            ({"error": {"type": "t"}}, Fault("t", "The server gave no answer.")),
            ({"error": {}}, Fault("response_failed", "The server gave no answer.")),
            ({"error": None}, Fault("response_failed", "The server gave no answer.")),
            (None, Fault("response_failed", "The server gave no answer.")),
        ],
    )
    def test_a_failed_answer(self, driver: Any, details: Any, fault: Fault) -> None:
        driver.say()
        driver.created()
        driver.done(status="failed", status_details=details)
        assert of(driver, Fault) == [fault]
        assert of(driver, Turn) == []
        assert driver.machine.idle

    def test_an_answer_that_is_cut_short_is_one_and_is_told_so(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.words("Well")
        driver.done(status="incomplete", status_details={"type": "incomplete", "reason": "max_output_tokens"})
        assert [fault.code for fault in of(driver, Fault)] == ["incomplete"]
        assert of(driver, Transcript)[-1] == Transcript("assistant", "Well", True, "a1")
        assert driver.machine.turns == 1

    @pytest.mark.parametrize("status", ["canceled", "completed", None, 4])
    def test_an_end_in_an_unknown_shape_is_an_end(self, driver: Any, status: Any) -> None:
        driver.say()
        driver.event("response.created", response={"id": "r1", "status": status, "output": 4})
        driver.words("Well")
        driver.event("response.done", response={"id": "r1", "status": status, "output": [{"type": "reasoning"}]})
        assert driver.machine.idle
        assert driver.machine.turns == 1

    @pytest.mark.parametrize("response", [None, {}, {"id": 5}, []])
    def test_an_end_of_nothing_is_ignored(self, driver: Any, response: Any) -> None:
        driver.say()
        driver.created()
        driver.take_told()
        driver.event("response.done", response=response)
        assert [notice.type for notice in driver.told] == ["response.done"]

    def test_half_samples_are_joined(self, driver: Any) -> None:
        driver.say()
        driver.created()
        for piece in ("AQ==", "Ag==", "AwQF"):
            driver.event("response.output_audio.delta", response_id="r1", item_id="a1", delta=piece)
        driver.done()
        assert driver.played == b"\x01\x02\x03\x04\x05"

    def test_items_that_are_taken_out_or_placed(self, driver: Any) -> None:
        item = {"type": "message", "role": "assistant", "content": []}
        driver.event("conversation.item.added", item=item | {"id": "x"}, previous_item_id=None)
        driver.event("conversation.item.created", item=item | {"id": "z"}, previous_item_id=None)
        driver.event("conversation.item.added", item=item | {"id": "y"}, previous_item_id="x")
        driver.event("conversation.item.added", item=item | {"id": "s", "role": "system"}, previous_item_id="x")
        driver.event("conversation.item.added", item=item, previous_item_id="x")
        assert [line.item_id for line in driver.machine.transcript.lines] == ["x", "y", "z"]
        driver.event("conversation.item.deleted", item_id="y")
        driver.event("conversation.item.deleted", item_id="never")
        assert [line.item_id for line in driver.machine.transcript.lines] == ["x", "z"]


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("response_cancel_not_active", ""),
            ("item_truncate_invalid_item_id", ""),
            ("item_already_truncated", ""),
            ("item_delete_invalid_item_id", ""),
            ("input_audio_buffer_commit_empty", ""),
            ("invalid_value", "Audio content of 9800ms is already shorter than 11579ms"),
            ("unsupported_content_type", "Only model output audio messages can be truncated"),
            ("conversation_already_has_active_response", ""),
        ],
    )
    def test_messages_that_crossed_are_no_fault(self, driver: Any, code: str, message: str) -> None:
        driver.error(code, message)
        assert driver.told == [Ignored("error", code)]

    def test_others_are(self, driver: Any) -> None:
        driver.error("rate_limit_exceeded", "Slow down.")
        driver.error(None, "What?")
        assert driver.told == [Fault("rate_limit_exceeded", "Slow down."), Fault("invalid_request_error", "What?")]

    @pytest.mark.parametrize("event_id", [None, "ask_1"])
    def test_a_question_that_is_refused_leaves_nothing_hanging(self, driver: Any, event_id: str | None) -> None:
        driver.say()
        driver.error("invalid_value", "No.", event_id)
        assert driver.machine.phase is Phase.LISTENING
        assert driver.machine.idle

    def test_an_error_about_something_else_leaves_the_question(self, driver: Any) -> None:
        driver.say()
        driver.error("invalid_value", "No.", "another")
        assert driver.machine.phase is Phase.THINKING

    def test_an_error_during_the_answer_leaves_it(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.error("invalid_value", "No.")
        assert driver.machine.phase is Phase.THINKING

    def test_an_unwanted_question_that_is_refused_lets_the_next_one_through(self, driver: Any) -> None:
        driver.say()
        driver.say()
        assert driver.take_types().count("response.create") == 1
        driver.error("invalid_value", "No.")
        assert driver.take_types() == ["response.create"]

    def test_a_busy_server_is_asked_again_when_it_is_done(self, driver: Any) -> None:
        driver.say()
        driver.take_sent()
        driver.error("conversation_already_has_active_response")
        assert driver.machine.phase is Phase.THINKING
        assert driver.take_sent() == []
        driver.done("theirs")
        assert driver.take_types() == ["response.create"]

    def test_a_busy_server_that_is_interrupted(self, driver: Any) -> None:
        driver.say()
        driver.error("conversation_already_has_active_response")
        driver.interrupt()
        assert driver.machine.idle

    def test_a_busy_server_and_an_unwanted_question(self, driver: Any) -> None:
        driver.say()
        driver.interrupt()
        driver.error("conversation_already_has_active_response")
        assert driver.machine.idle
        driver.say()
        driver.say()
        driver.take_sent()
        driver.error("conversation_already_has_active_response")
        driver.done("theirs")
        assert driver.take_types() == ["response.create"]

    @pytest.mark.parametrize("busy", [False, True])
    def test_a_question_that_is_never_answered(self, driver: Any, busy: bool) -> None:
        driver.say()
        if busy:
            driver.error("conversation_already_has_active_response")
        driver.wait(29)
        assert of(driver, Fault) == []
        driver.wait(2)
        assert [fault.code for fault in of(driver, Fault)] == ["no_answer"]
        assert driver.machine.idle

    def test_an_unwanted_question_that_is_never_answered(self, driver: Any) -> None:
        driver.say()
        driver.say()
        driver.take_sent()
        driver.wait(31)
        assert of(driver, Fault) == []
        assert driver.take_types() == ["response.create"]

    def test_an_answer_may_take_its_time(self, driver: Any) -> None:
        driver.say()
        driver.created()
        for _ in range(10):
            driver.wait(50)
            driver.event("vendor.reasoning.delta", response_id="r1", delta="hm")
            driver.wait(50)
            driver.event("response.function_call_arguments.delta", response_id="r1", item_id="f1", delta="{")
        assert driver.machine.phase is Phase.THINKING
        assert of(driver, Fault) == []

    def test_an_answer_that_never_ends_is_given_up(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.wait(59)
        driver.event("response.output_audio.done", response_id="another", item_id="b1", content_index=0)
        assert of(driver, Fault) == []
        driver.wait(2)
        assert [fault.code for fault in of(driver, Fault)] == ["no_answer"]
        assert driver.machine.phase is Phase.LISTENING
        assert driver.take_types()[-1] == "response.cancel"
        driver.wait(6)
        assert driver.machine.idle
        assert len(of(driver, Fault)) == 1

    def test_what_came_of_an_answer_that_never_ends_is_heard(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(100)
        driver.wait(61)
        assert driver.playback.pending == 2400
        driver.audio(100)
        driver.audio(100, "a2")
        driver.sound(200)
        assert driver.machine.phase is Phase.LISTENING
        assert driver.playback.rendered == 2400

    def test_a_cancelled_answer_that_never_ends_does_not_hold_up_the_next(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(1000)
        driver.sound(100)
        driver.say()
        driver.take_sent()
        driver.wait(4)
        assert driver.take_sent() == []
        driver.wait(2)
        assert driver.take_types() == ["response.create"]
        assert driver.machine.turns == 1
        driver.done(status="cancelled")
        driver.answer(100, "a2", "r2")
        driver.sound(200)
        assert of(driver, Fault) == []
        assert driver.machine.turns == 2

    def test_an_answer_whose_end_was_lost_is_over_when_the_next_begins(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.audio(100)
        driver.answer(100, "a2", "r2")
        driver.sound(200)
        assert driver.machine.idle

    def test_an_answer_cancelled_as_it_began_that_never_ends(self, driver: Any) -> None:
        driver.say()
        driver.wait(20)
        driver.interrupt()
        driver.created()
        driver.wait(4)
        assert not driver.machine.idle
        driver.wait(2)
        assert driver.machine.idle

    def test_speech_that_cannot_be_written_down(self, driver: Any) -> None:
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        error = {"type": "t", "code": "audio_unintelligible", "message": "m"}
        driver.event(f"{TRANSCRIPTION}.failed", item_id="u1", content_index=0, error=error)
        driver.event(f"{TRANSCRIPTION}.failed", item_id="u1", content_index=0, error={})
        assert driver.told == [
            Placed("u1", "user", None),
            Transcript("user", "", False, "u1"),
            Transcript("user", "", True, "u1"),
            Fault("audio_unintelligible", "m"),
            Fault("transcription_failed", "What was said could not be written down."),
        ]


class TestDictation:
    def test_words_before_the_item_is_named(self, driver: Any) -> None:
        driver.event(f"{TRANSCRIPTION}.delta", item_id="u1", delta="So")
        driver.event(f"{TRANSCRIPTION}.completed", item_id="u1", content_index=0, transcript="So it is.")
        driver.event(f"{TRANSCRIPTION}.delta", item_id="u1", delta=" late")
        driver.event(f"{TRANSCRIPTION}.completed", item_id="u1", content_index=0, transcript="Later.")
        assert [notice.text for notice in of(driver, Transcript)] == ["So", "So it is."]

    def test_no_place_is_kept_where_nobody_writes(self, new_driver: Any) -> None:
        driver = new_driver(Settings()).open()
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        assert driver.told == []

    def test_lines_are_placed_where_they_belong(self, driver: Any) -> None:
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u3")
        driver.event("input_audio_buffer.committed", previous_item_id="u1", item_id="u2")
        assert [line.item_id for line in driver.machine.transcript.lines] == ["u1", "u2", "u3"]


class TestEnding:
    def test_at_once_where_nothing_is_going_on(self, driver: Any) -> None:
        driver.end_input()
        assert driver.ends == [Finish(Cause.FINISHED)]
        assert driver.machine.phase is Phase.CLOSED
        assert not driver.machine.idle
        driver.end_input()
        assert len(driver.ends) == 1

    def test_not_before_it_is_heard(self, driver: Any) -> None:
        driver.voice_begins()
        driver.voice()
        driver.end_input()  # in mid-word: that is the end of the turn
        assert driver.take_types()[-1] == "response.create"
        driver.answer(100)
        assert driver.ends == []
        driver.sound(100)
        assert driver.ends == [Finish(Cause.FINISHED)]

    def test_not_before_the_words_are_there(self, driver: Any) -> None:
        driver.speak()
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.end_input()
        driver.done("r1")
        driver.wait(TRANSCRIPT_SECONDS - 1)
        assert driver.ends == []
        driver.event(f"{TRANSCRIPTION}.completed", item_id="u1", content_index=0, transcript="x")
        assert len(driver.ends) == 1

    def test_but_it_does_not_wait_for_ever(self, driver: Any) -> None:
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.end_input()
        driver.wait(TRANSCRIPT_SECONDS)
        assert len(driver.ends) == 1

    def test_a_message_after_all_is_answered(self, driver: Any) -> None:
        driver.event("input_audio_buffer.committed", previous_item_id=None, item_id="u1")
        driver.end_input()
        driver.say()
        driver.wait(TRANSCRIPT_SECONDS)
        assert driver.ends == []
        driver.done("r1")
        driver.wait(TRANSCRIPT_SECONDS)
        assert len(driver.ends) == 1

    def test_quitting(self, driver: Any) -> None:
        driver.speak()
        driver.do(driver.machine.close(Cause.QUIT, "q", now=driver.now))
        assert driver.ends == [Finish(Cause.QUIT, "q")]
        assert driver.told[-1] == PhaseChanged(Phase.CLOSED)

    @pytest.mark.parametrize("cause", [Cause.QUIT, Cause.LOST])
    def test_what_sounds_ends_where_it_was_heard(self, driver: Any, cause: Cause) -> None:
        driver.say()
        driver.answer(1000)
        driver.sound(500)
        driver.take_told()
        driver.take_sent()
        driver.do(driver.machine.close(cause, "why", now=driver.now))
        cut = driver.told[0]
        assert isinstance(cut, Transcript)
        assert (cut.final, "Good day.".startswith(cut.text), len(cut.text) < 9) == (True, True, True)
        assert driver.told[1] == Interrupted("a1", 500)
        assert isinstance(driver.told[2], Turn)
        assert driver.told[3:] == [PhaseChanged(Phase.CLOSED)]
        assert (driver.ends, driver.sent, driver.playback.pending) == ([Finish(cause, "why")], [], 0)

    def test_what_had_only_begun_to_come_was_not_said(self, driver: Any) -> None:
        driver.say()
        driver.created()
        driver.item()
        driver.words("Good day.")
        driver.take_told()
        driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
        assert driver.told == [
            Transcript("assistant", "", True, "a1"),
            Interrupted("a1", 0),
            PhaseChanged(Phase.CLOSED),
        ]

    def test_quitting_goes_before_an_end_that_waits_for_the_sound(self, driver: Any) -> None:
        driver.say()
        driver.answer(1000)
        driver.end_input()
        driver.do(driver.machine.close(Cause.QUIT, now=driver.now))
        assert driver.ends == [Finish(Cause.QUIT)]

    def test_nothing_gets_between_the_cut_and_the_end(self, driver: Any) -> None:
        driver.say()
        driver.answer(1000)
        driver.sound(500)
        *before, flush = driver.machine.close(Cause.QUIT, now=driver.now)
        assert (before, flush) == ([], Flush())
        driver.take_told()
        driver.say()
        driver.interrupt()
        driver.created("r2")
        driver.end_input()
        driver.do(driver.machine.close(Cause.LOST, now=driver.now))
        assert (driver.told, driver.ends) == ([], [])
        driver.do([flush])
        assert driver.ends == [Finish(Cause.QUIT)]


def test_what_is_sent_is_what_is_named(driver: Any) -> None:
    driver.say()
    assert [event_type(event) for event in driver.sent] == ["conversation.item.create", "response.create"]
    assert driver.sent[0].item.id == "typed_1"
    assert driver.sent[1].event_id == "ask_1"


class TestSuspicion:
    """The sound waits as soon as the person may be speaking, and goes on if they are not."""

    @pytest.fixture(params=[LOCAL, SERVER], ids=["local", "server"])
    def sounding(self, new_driver: Any, request: pytest.FixtureRequest) -> Any:
        driver = new_driver(request.param).open()
        driver.machine.say("Hello.", driver.now)
        driver.answer(1000)
        driver.sound(10)
        return driver

    def test_a_noise_makes_the_voice_pause(self, sounding: Any) -> None:
        sounding.do(sounding.machine.gate(SpeechSuspected(), sounding.now))
        sounding.sound(200)
        assert sounding.playback.rendered == 240
        sounding.do(sounding.machine.gate(SuspicionDropped(), sounding.now))
        sounding.sound(200)
        assert sounding.playback.rendered == 5040
        assert not of(sounding, Interrupted)

    def test_nothing_is_held_where_nothing_sounds(self, driver: Any) -> None:
        assert driver.machine.gate(SpeechSuspected(), driver.now) == []

    def test_a_key_decides_alone(self, new_driver: Any) -> None:
        driver = new_driver(Settings(turns=TurnMode.TAP)).open()
        driver.answer(1000)
        driver.sound(10)
        assert driver.machine.gate(SpeechSuspected(), driver.now) == []

    def test_the_server_has_the_last_word_where_it_says_who_speaks(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.answer(1000)
        driver.sound(10)
        driver.do(driver.machine.gate(VoiceBegan(0), driver.now))
        driver.do(driver.machine.gate(Voiced(Frame(0, bytes(960))), driver.now))
        driver.sound(200)
        assert driver.playback.rendered == 240
        driver.do(driver.machine.gate(VoiceEnded(9600), driver.now))
        driver.sound(10)
        assert driver.playback.rendered == 480

    def test_a_hold_ends_where_the_answer_does_before_it_is_sure(self, new_driver: Any) -> None:
        driver = new_driver(LOCAL).open()
        driver.answer(1000)
        driver.sound(990)
        driver.do(driver.machine.gate(SpeechSuspected(), driver.now))
        assert driver.playback.sounding is not None
        driver.do(driver.machine.gate(VoiceBegan(0), driver.now))
        driver.do(driver.machine.gate(VoiceEnded(0), driver.now))
        driver.answer(1000, "a2", "r2")
        driver.sound(100)
        assert driver.playback.sounding == Heard("a2", 2400, 24_000)

    def test_a_server_that_does_not_agree_is_not_waited_for(self, new_driver: Any) -> None:
        driver = new_driver(SERVER).open()
        driver.answer(9000)
        driver.sound(10)
        driver.do(driver.machine.gate(VoiceBegan(0), driver.now))
        for _ in range(3):
            driver.wait(1)
        before = driver.playback.rendered
        driver.sound(100)
        assert driver.playback.rendered == before + 2400
