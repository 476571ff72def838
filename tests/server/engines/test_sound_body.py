import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.seam import SPEAKING_RATE
from realtime_chat.server.engines.sound_body import SoundBody


def tone(rate: int = SPEAKING_RATE, seconds: float = 0.2) -> np.ndarray:
    return np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate) * 0.5


def pcm16(samples: np.ndarray) -> bytes:
    return np.rint(samples * 32767).astype("<i2").tobytes()


def wav(data: bytes, rate=SPEAKING_RATE, *, kind=1, channels=1, bits=16, size=None, before=b"", extra=b"") -> bytes:
    form = struct.pack("<HHIIHH", kind, channels, rate, 0, channels * bits // 8, bits) + extra
    form = b"fmt " + struct.pack("<I", len(form)) + form
    size = len(data) if size is None else size
    return b"RIFF\xff\xff\xff\xffWAVE" + before + form + b"data" + struct.pack("<I", size) + data


def heard(body: bytes, content_type: str = "", cuts: tuple[int, ...] = ()) -> bytes:
    sound = SoundBody(content_type)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [sound.feed(body[a:b]) for a, b in pairwise(edges)]
    return b"".join(pieces) + sound.end()


CUTS = st.lists(st.integers(0, 400), max_size=6).map(tuple)
RAW = pcm16(tone())


@given(CUTS, st.binary(max_size=400).filter(lambda b: not b.startswith((b"RIFF", b"ID3", b"OggS", b"fLaC"))))
def test_raw_sound_is_given_as_it_is_however_it_is_cut(cuts, body):
    assert heard(body, "audio/pcm", cuts) == (body[: len(body) // 2 * 2] if len(body) >= 4 else b"")


@given(CUTS, st.sampled_from([None, 0, 0xFFFFFFFF, 0x7FFFFFFF]))
def test_a_wav_is_one_whatever_was_asked_for_and_however_long_it_says_it_is(cuts, size):
    assert heard(wav(RAW, size=size, before=b"LIST\3\0\0\0abc\0"), "audio/pcm", cuts) == RAW


def test_what_follows_the_samples_is_no_sound():
    assert heard(wav(RAW) + b"LIST\4\0\0\0abcd" * 50) == RAW


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
@pytest.mark.parametrize("form", ["wav", "pcm"])
def test_another_rate_is_brought_to_the_servers(rate, form):
    data = pcm16(tone(rate))
    got = heard(wav(data, rate)) if form == "wav" else heard(data, f'audio/L16; channels=1; rate="{rate}"')
    samples = np.frombuffer(got, "<i2") / 32767
    assert len(samples) == pytest.approx(SPEAKING_RATE * 0.2, abs=2)
    assert samples[500:-500] == pytest.approx(tone()[500 : len(samples) - 500], abs=0.02)


def test_two_channels_become_one_and_floats_become_whole_numbers():
    left, right = tone(), tone() * 0.5
    both = np.stack([left, right], axis=1)
    middle = np.frombuffer(pcm16((left + right) / 2), "<i2")
    assert np.frombuffer(heard(wav(pcm16(both), channels=2)), "<i2") == pytest.approx(middle, abs=1)
    floats = wav(both.astype("<f4").tobytes(), kind=3, channels=2, bits=32)
    assert np.frombuffer(heard(floats), "<i2") == pytest.approx(middle, abs=1)
    extensible = wav(pcm16(left), kind=0xFFFE, extra=struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14))
    assert heard(extensible) == pcm16(left)


def test_floats_that_are_no_numbers_or_too_loud_do_no_harm():
    bad = np.array([np.nan, np.inf, -np.inf, 9.0], "<f4").tobytes()
    assert set(heard(wav(bad, kind=3, bits=32))) <= set(b"\x00\xff\x7f\x80")


@pytest.mark.parametrize(
    "body",
    [
        wav(RAW, kind=7, bits=8),
        wav(RAW, bits=24),
        wav(RAW, channels=0),
        wav(RAW, channels=200),
        wav(RAW, rate=1),
        wav(RAW, rate=4_000_000_000),
        b"RIFF",
        b"RIFF\0\0\0\0WAVE" + b"junk\xff\xff\xff\xff",
        b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd",
        b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcd",
        b"ID3\4" + RAW,
        b"OggS" + RAW,
        b"fLaC" + RAW,
    ],
)
def test_what_is_no_sound_is_said(body):
    with pytest.raises(ValueError, match=r"sound|WAV"):
        heard(body)


@pytest.mark.parametrize(
    "kind", ["text/html", "application/json; charset=utf-8", "AUDIO/MPEG", "audio/ogg;codecs=opus"]
)
def test_a_content_type_that_says_so_is_believed(kind):
    with pytest.raises(ValueError, match="neither PCM nor WAV"):
        SoundBody(kind)


@given(st.binary(max_size=300), CUTS)
def test_no_header_breaks_it(rest, cuts):
    try:
        got = heard(b"RIFF\0\0\0\0WAVE" + rest, "", cuts)
    except ValueError:
        return
    assert len(got) % 2 == 0
