from __future__ import annotations

import pytest

from realtime_chat.protocol.items import InputAudio, MessageItem, OutputAudio
from realtime_chat.server.engines.seam import TokenUsage
from realtime_chat.server.entry import Entry
from realtime_chat.server.usage import take_heard, usage_of


def spoken(role: str, samples: int) -> Entry:
    part = InputAudio() if role == "user" else OutputAudio(transcript="")
    return Entry(MessageItem(id=role, role=role, content=[part]), bytearray(2 * samples))


def test_what_a_person_said_counts_once():
    entries = [spoken("user", 24_000), spoken("assistant", 24_000)]
    assert take_heard(entries) == 24_000
    entries.append(spoken("user", 2_400))
    assert take_heard(entries) == 2_400
    assert take_heard(entries) == 0


@pytest.mark.parametrize(
    ("heard", "spoken_samples", "audio_in", "audio_out"),
    [(0, 0, 0, 0), (24_000, 24_000, 10, 20), (1, 1, 1, 1), (2_401, 1_201, 2, 2)],
)
def test_sound_is_counted_at_the_published_rate(heard, spoken_samples, audio_in, audio_out):
    usage = usage_of(TokenUsage(100, 40, 9), heard, spoken_samples)
    into, out = usage.input_token_details, usage.output_token_details
    assert (into.text_tokens, into.audio_tokens, into.cached_tokens) == (100, audio_in, 40)
    assert into.cached_tokens_details.text_tokens == 40
    assert (out.text_tokens, out.audio_tokens) == (9, audio_out)
    assert usage.input_tokens == 100 + audio_in
    assert usage.total_tokens == 109 + audio_in + audio_out


def test_what_was_never_counted_is_not_made_up():
    assert usage_of(None, 0, 1_200).total_tokens == 1
