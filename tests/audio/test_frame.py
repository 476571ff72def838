import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
    Framer,
    level,
    ms_to_samples,
    samples_to_ms,
)


@given(st.lists(st.binary(max_size=3 * FRAME_BYTES), max_size=8))
def test_frames_are_the_input_however_it_is_cut(chunks: list[bytes]) -> None:
    framer = Framer()
    frames = [frame for chunk in chunks for frame in framer.push(chunk)] + framer.flush()
    sound = b"".join(chunks)
    whole = len(sound) // SAMPLE_BYTES * SAMPLE_BYTES
    joined = b"".join(frame.pcm for frame in frames)
    assert joined[:whole] == sound[:whole]
    assert not any(joined[whole:])
    assert len(joined) - whole < FRAME_BYTES
    assert all(len(frame.pcm) == FRAME_BYTES for frame in frames)
    assert [frame.position for frame in frames] == [index * FRAME_SAMPLES for index in range(len(frames))]


def test_flush_leaves_nothing_and_counting_goes_on() -> None:
    framer = Framer()
    framer.push(b"\1\0" * 10)
    (padded,) = framer.flush()
    assert padded == Frame(0, b"\1\0" * 10 + bytes(FRAME_BYTES - 20))
    assert framer.flush() == []
    assert framer.push(bytes(FRAME_BYTES)) == [Frame(FRAME_SAMPLES, bytes(FRAME_BYTES))]


def test_a_frame_ends_where_the_next_begins() -> None:
    first, second = Framer().push(bytes(2 * FRAME_BYTES))
    assert first.end == second.position


@given(st.integers(0, 10**9))
def test_milliseconds_are_whole_samples_and_round_down(ms: int) -> None:
    assert samples_to_ms(ms_to_samples(ms)) == ms
    assert samples_to_ms(ms_to_samples(ms) + 23) == ms


def test_a_second_is_the_sample_rate() -> None:
    assert ms_to_samples(1000) == SAMPLE_RATE
    assert ms_to_samples(20) == FRAME_SAMPLES


def test_level_of_known_sounds() -> None:
    assert level(b"") == level(bytes(FRAME_BYTES)) == 0.0
    assert level(np.full(480, -32768, "<i2").tobytes()) == 1.0
    sine = (np.sin(np.arange(4800) * 2 * math.pi / 48) * 32767).astype("<i2").tobytes()
    assert level(sine) == pytest.approx(1 - 3.01 / 60, abs=1e-3)
    assert level(np.full(480, 32, "<i2").tobytes()) == 0.0  # -60.2 dBFS


@given(st.binary(max_size=200))
def test_level_is_between_nothing_and_all(pcm: bytes) -> None:
    assert 0.0 <= level(pcm) <= 1.0
