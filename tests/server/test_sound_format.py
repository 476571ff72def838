from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_voice import voice

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.sessions import (
    AudioConfig,
    OutputConfig,
    PcmaFormat,
    PcmFormat,
    PcmuFormat,
    RealtimeSession,
)
from realtime_chat.server.sound_format import Formats, Inward, Outward, check_format, decoded, encoded, formats_of

FORMATS = [PcmFormat(), PcmuFormat(), PcmaFormat()]
TELEPHONES = FORMATS[1:]
SOUND = voice(1_200)


def cut(data: bytes, sizes: list[int], unit: int = 1) -> list[bytes]:
    pieces, at, index = [], 0, 0
    while at < len(data):
        size = unit * sizes[index % len(sizes)]
        pieces.append(data[at : at + size])
        at, index = at + size, index + 1
    return pieces


def power_of(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def power(pcm: bytes) -> float:
    return power_of(np.frombuffer(pcm, "<i2").astype(float))


def alike(one: bytes, other: bytes) -> bool:
    """The same but for the resampler's dither, which may change the last bit, and a telephone's step with it."""
    first, second = (np.frombuffer(pcm, "<i2").astype(float) for pcm in (one, other))
    return len(first) == len(second) and float(np.abs(first - second).max()) <= 1_024 and power_of(first - second) < 60


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_second_is_a_second_in_every_format(wanted):
    data = encoded(SOUND, wanted)
    assert len(data) == (len(SOUND) if isinstance(wanted, PcmFormat) else 8 * 1_200)
    back = decoded(data, wanted, "audio")
    assert len(back) == len(SOUND)
    assert power(back) == pytest.approx(power(SOUND), rel=0.05)


@pytest.mark.parametrize("wanted", FORMATS)
@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(20, 9_000), min_size=1, max_size=10))
def test_how_sound_is_cut_does_not_matter(wanted, sizes):
    outward = Outward(wanted)
    sent = [delta for piece in cut(SOUND, sizes, 2) for delta in outward.push(piece)] + outward.flush()
    assert alike(decoded(b"".join(sent), wanted, "audio"), decoded(encoded(SOUND, wanted), wanted, "audio"))
    inward = Inward(wanted)
    data = b"".join(sent)
    taken = [inward.push(piece) for piece in cut(data, sizes, 2)] + [inward.flush()]
    assert alike(b"".join(taken), decoded(data, wanted, "audio"))


@pytest.mark.parametrize(("wanted", "longest"), [(PcmFormat(), 24_000), (PcmuFormat(), 4_000), (PcmaFormat(), 4_000)])
def test_no_delta_lasts_longer_than_half_a_second(wanted, longest):
    outward = Outward(wanted)
    sizes = [len(delta) for delta in [*outward.push(SOUND), *outward.flush()]]
    assert max(sizes) == longest
    assert 0 not in sizes


@pytest.mark.parametrize("wanted", TELEPHONES)
def test_two_items_have_nothing_of_each_other(wanted):
    inward = Inward(wanted)
    data = encoded(SOUND, wanted)
    for _ in range(2):
        assert alike(inward.push(data) + inward.flush(), decoded(data, wanted, "audio"))


def test_half_a_sample_of_pcm_is_refused_and_a_byte_of_a_telephone_is_a_sample():
    with pytest.raises(MalformedEvent, match="item\\.content\\.audio"):
        decoded(b"\0", PcmFormat(), "item.content.audio")
    assert len(decoded(b"\xff", PcmuFormat(), "audio")) == 2 * 3


def test_other_rates_are_refused():
    for wanted in FORMATS:
        check_format(wanted, "session.audio.input.format")
    with pytest.raises(MalformedEvent) as refused:
        check_format(PcmFormat(rate=16_000), "session.audio.input.format")
    assert refused.value.param == "session.audio.input.format.rate"


def test_a_session_that_says_nothing_speaks_pcm():
    assert formats_of(RealtimeSession()) == Formats(PcmFormat(), PcmFormat())
    session = RealtimeSession(audio=AudioConfig(output=OutputConfig(format=PcmaFormat())))
    assert formats_of(session) == Formats(PcmFormat(), PcmaFormat())
