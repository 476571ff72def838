from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.protocol.sessions import SemanticVad, ServerVad
from realtime_chat.server import input_buffer
from realtime_chat.server.detection import detection_of
from realtime_chat.server.input_buffer import Heard, InputBuffer

SERVER = detection_of(ServerVad())


def turns(buffer: InputBuffer, sound: bytes) -> list[tuple[int, int, bytes]]:
    """The turns that are complete: where they begin and end, and their sound."""
    found, start = [], 0
    for heard in buffer.append(sound):
        if heard is Heard.STARTED:
            start = buffer.start
        else:
            end = buffer.turn_end
            found.append((start, end, buffer.take()))
    return found


def test_without_detection_everything_is_kept_and_voice_is_noticed():
    buffer = InputBuffer(None)
    sound = silence(400) + voice(600) + silence(300)
    assert list(buffer.append(sound)) == []
    assert buffer.pcm == sound
    assert 24 * 900 <= buffer.voiced_end <= 24 * 1_200
    assert buffer.take() == sound
    assert (buffer.samples, buffer.voiced_end) == (0, 0)
    list(buffer.append(silence(500)))
    assert buffer.voiced_end == 0


@pytest.mark.parametrize(("padding", "hang_over"), [(200, 300), (0, 0), (333, 777), (1_000, 500)])
def test_a_turn_has_its_padding_and_its_silence_to_the_sample(padding, hang_over):
    sound = silence(1_200) + voice(800) + silence(1_500)
    bare = turns(InputBuffer(detection_of(ServerVad(silence_duration_ms=200, prefix_padding_ms=0))), sound)
    wanted = detection_of(ServerVad(silence_duration_ms=hang_over, prefix_padding_ms=padding))
    padded = turns(InputBuffer(wanted), sound)
    assert padded[0][0] == bare[0][0] - 24 * padding
    if hang_over:
        assert [end - 24 * hang_over for _, end, _ in padded] == [bare[0][1] - 24 * 200]
    assert all(pcm == sound[2 * start : 2 * end] for start, end, pcm in padded)
    assert 24 * 1_200 <= bare[0][0] <= 24 * 1_300
    assert 24 * 1_950 <= bare[0][1] - 24 * 200 <= 24 * 2_150


def test_what_nobody_committed_is_kept_when_turns_are_found_from_now_on():
    sound = silence(400) + voice(600) + silence(300)
    for later, is_committed in ((b"", True), (silence(5_000), True), (voice(600) + silence(900), False)):
        buffer = InputBuffer(None)
        list(buffer.append(sound))
        heard_until = buffer.voiced_end
        buffer.detect(SERVER)
        assert (buffer.samples, buffer.voiced_end, buffer.in_turn) == (len(sound) // 2, heard_until, False)
        found = turns(buffer, later)
        if is_committed:
            assert found == []
            assert buffer.take() == sound + later
        else:
            assert found[0][0] == 0
            assert found[0][2] == (sound + later)[: 2 * found[0][1]]
        assert buffer.samples == 0
        again = turns(buffer, silence(2_000) + voice(800) + silence(900))
        assert len(again) == 1
        assert again[0][0] >= (len(sound) + len(later)) // 2


def test_what_nobody_committed_survives_a_change_there_and_back():
    sound = silence(400) + voice(600)
    buffer = InputBuffer(None)
    list(buffer.append(sound))
    for detection in (SERVER, None, SERVER, detection_of(SemanticVad()), None):
        buffer.detect(detection)
        assert buffer.pcm == sound
    buffer.detect(SERVER)
    buffer.clear()
    assert buffer.samples == 0


def test_no_sound_is_in_two_turns():
    buffer = InputBuffer(detection_of(ServerVad(silence_duration_ms=200, prefix_padding_ms=2_000)))
    sound = (silence(600) + voice(700)) * 3 + silence(600)
    found = turns(buffer, sound)
    assert len(found) == 3
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))


def test_only_words_that_sound_finished_end_a_turn_before_its_longest_silence():
    buffer = InputBuffer(detection_of(SemanticVad(eagerness="high")))
    assert list(buffer.append(silence(600) + voice(700) + silence(900))) == [Heard.STARTED]
    buffer.expect("I want a pizza and")
    assert buffer.check() is None
    buffer.expect("I want a pizza.")
    assert buffer.check() is Heard.STOPPED
    assert 24 * 1_450 <= buffer.turn_end <= 24 * 1_650
    assert buffer.turn_end <= buffer.received
    assert len(buffer.take()) > 2 * 24 * 700
    assert list(buffer.append(voice(700) + silence(2_500))) == [Heard.STARTED, Heard.STOPPED]


def test_words_count_for_nothing_when_the_voice_goes_on():
    buffer = InputBuffer(detection_of(SemanticVad(eagerness="high")))
    list(buffer.append(silence(600) + voice(700) + silence(160)))
    buffer.expect("I want a pizza.")
    assert list(buffer.append(voice(400) + silence(1_000))) == []
    assert buffer.in_turn


def test_other_numbers_in_the_middle_of_a_turn_keep_the_turn():
    buffer = InputBuffer(detection_of(ServerVad(silence_duration_ms=5_000)))
    assert list(buffer.append(silence(600) + voice(700) + silence(600))) == [Heard.STARTED]
    buffer.detect(detection_of(ServerVad(silence_duration_ms=300)))
    assert buffer.in_turn
    assert list(buffer.append(silence(20))) == [Heard.STOPPED]


def test_a_client_that_takes_turns_over_gets_the_turn_under_way():
    buffer = InputBuffer(SERVER)
    sound = silence(1_000) + voice(700)
    list(buffer.append(sound))
    start = buffer.start
    buffer.detect(None)
    list(buffer.append(silence(100)))
    assert buffer.take() == sound[2 * start :] + silence(100)
    buffer.detect(SERVER)
    list(buffer.append(silence(1_000)))
    buffer.detect(None)
    assert buffer.samples == 0


def test_what_was_cleared_is_in_no_turn():
    buffer = InputBuffer(SERVER)
    list(buffer.append(silence(1_000) + voice(700)))
    buffer.clear()
    at = buffer.received
    assert (buffer.in_turn, buffer.samples) == (False, 0)
    assert list(buffer.append(voice(700))) == [Heard.STARTED]
    assert buffer.start >= at


def test_a_turn_can_only_be_so_long(monkeypatch):
    monkeypatch.setattr(input_buffer, "MAX_SAMPLES", 24 * 2_000)
    buffer = InputBuffer(SERVER)
    found = turns(buffer, silence(600) + voice(6_000))
    assert [end - start for start, end, _ in found] == [24 * 2_000] * len(found)
    assert len(found) >= 2
    assert all(after[0] - before[1] <= 24 * 200 for before, after in itertools.pairwise(found))


def test_silence_is_kept_for_as_long_as_the_idle_time_out_needs_it():
    buffer = InputBuffer(detection_of(ServerVad(idle_timeout_ms=3_000)))
    assert list(buffer.append(silence(600) + voice(500) + silence(900))) == [Heard.STARTED, Heard.STOPPED]
    end = buffer.turn_end
    buffer.take()
    list(buffer.append(silence(1_000)))
    start, pcm = buffer.take_silence(24 * 3_000)
    assert (start, len(pcm)) == (end, 2 * (buffer.received - end))
    for _ in range(100):
        list(buffer.append(silence(100)))
    start, pcm = buffer.take_silence(24 * 3_000)
    assert (start, len(pcm)) == (buffer.received - 24 * 3_000, 2 * 24 * 3_000)


def test_a_session_that_is_silent_keeps_next_to_nothing():
    buffer = InputBuffer(SERVER)
    for _ in range(600):
        list(buffer.append(silence(100)))
    assert len(buffer._pcm) <= 2 * 24 * (300 + 200)


@settings(deadline=None)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30))
def test_how_the_sound_is_split_does_not_matter(sizes):
    sound = silence(500) + voice(500) + silence(800)
    expected = turns(InputBuffer(SERVER), sound)
    assert len(expected) == 1
    pieces = InputBuffer(SERVER)
    found, at = [], 0
    start = 0
    for size in itertools.cycle(sizes):
        if at >= len(sound):
            break
        for heard in pieces.append(sound[at : at + 2 * size]):
            if heard is Heard.STARTED:
                start = pieces.start
            else:
                found.append((start, pieces.turn_end, pieces.take()))
        at += 2 * size
    assert found == expected
