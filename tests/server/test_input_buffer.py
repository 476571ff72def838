import itertools

from hypothesis import given
from hypothesis import strategies as st
from synthetic_voice import silence, voice

from realtime_chat.protocol.sessions import SemanticVad, ServerVad
from realtime_chat.server.detection import detection_of
from realtime_chat.server.input_buffer import Heard, InputBuffer


def test_without_detection_everything_is_kept_and_voice_is_noticed():
    buffer = InputBuffer(None)
    sound = silence(400) + voice(600) + silence(300)
    assert list(buffer.append(sound)) == []
    assert bytes(buffer.pcm) == sound
    assert 24 * 900 <= buffer.voiced_end <= 24 * 1_200
    assert buffer.take() == sound
    assert (buffer.samples, buffer.voiced_end) == (0, 0)
    list(buffer.append(silence(500)))
    assert buffer.voiced_end == 0


def test_a_turn_is_found_and_kept_with_its_padding():
    buffer = InputBuffer(detection_of(ServerVad(silence_duration_ms=300, prefix_padding_ms=200)))
    sound = silence(1_000) + voice(800) + silence(1_000)
    assert list(buffer.append(sound)) == [Heard.STARTED, Heard.STOPPED]
    start = buffer.start
    assert 24 * 700 <= start <= 24 * 1_100
    assert 24 * 2_000 <= buffer.turn_end <= 24 * 2_300
    kept = buffer.take()
    assert kept == sound[2 * start : 2 * start + len(kept)]


def test_two_turns_in_one_piece_are_two_turns():
    buffer = InputBuffer(detection_of(SemanticVad(eagerness="high")))
    sound = (silence(600) + voice(700) + silence(700)) * 2
    kept = [buffer.take() for heard in buffer.append(sound) if heard is Heard.STOPPED]
    assert len(kept) == 2
    assert all(len(pcm) > 2 * 24 * 600 for pcm in kept)


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30))
def test_how_the_sound_is_split_does_not_matter(sizes):
    sound = silence(500) + voice(500) + silence(800)
    whole = InputBuffer(detection_of(ServerVad()))
    expected = [(heard, whole.start, whole.turn_end) for heard in whole.append(sound)]
    pieces = InputBuffer(detection_of(ServerVad()))
    found, at = [], 0
    for size in itertools.cycle(sizes):
        if at >= len(sound):
            break
        found += [(heard, pieces.start, pieces.turn_end) for heard in pieces.append(sound[at : at + 2 * size])]
        at += 2 * size
    assert found == expected
