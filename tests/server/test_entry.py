import pytest
from msgspec import UNSET

from realtime_chat.protocol.items import (
    FunctionCallItem,
    InputAudio,
    InputImage,
    InputText,
    MessageItem,
    OutputAudio,
)
from realtime_chat.protocol.sessions import PcmFormat
from realtime_chat.server.entry import Entry, audio_of, without_audio


def spoken() -> Entry:
    entry = Entry(MessageItem(id="a", role="assistant", content=[OutputAudio(transcript="One two three.")]))
    entry.pcm += bytes(2 * 24_000)  # a second
    entry.words = [(3, 8_000), (7, 16_000), (14, 24_000)]
    return entry


@pytest.mark.parametrize(
    ("milliseconds", "text", "samples"),
    [(0, "", 0), (200, "", 4_800), (334, "One", 8_016), (700, "One two", 16_800), (1_000, "One two three.", 24_000)],
)
def test_truncation_cuts_the_sound_and_the_words_not_yet_over(milliseconds, text, samples):
    entry = spoken()
    entry.truncate(milliseconds)
    assert entry.transcript == text
    assert len(entry.pcm) == 2 * samples


def test_sound_is_only_in_the_item_when_asked_for():
    entry = spoken()
    assert entry.item.content[0].audio is UNSET
    assert len(entry.with_audio(PcmFormat()).content[0].audio) == 48_000
    item = MessageItem(role="user", content=[InputAudio(audio=b"\0\0"), InputText(text="x")])
    assert audio_of(item) == b"\0\0"
    assert without_audio(item).content[0].audio is UNSET
    call = FunctionCallItem(name="x", arguments="")
    assert audio_of(call) == b""
    assert without_audio(call) is call
    assert Entry(call).with_audio(PcmFormat()) is call


def test_what_is_no_item_any_more_keeps_its_words():
    content = [InputText(text="Look"), InputImage(image_url="data:x"), InputAudio(transcript="here")]
    item = MessageItem(id="a", role="user", content=content)
    entry = Entry(item, bytearray(48_000))
    assert entry.words_read == "Look here"
    entry.forget()
    assert (entry.pcm, entry.samples, entry.words_read) == (b"", 24_000, "Look here")
    assert content[1] not in entry.item.content
    assert item.content == content  # it may wait to be sent
    call = Entry(FunctionCallItem(id="b", name="x", arguments=""))
    call.forget()
    assert call.item == FunctionCallItem(id="b", name="x", arguments="")


def test_sound_that_is_not_kept_leaves_its_length_and_its_words():
    kept, dropped = spoken(), spoken()
    dropped.drop_sound()
    assert not dropped.pcm
    assert dropped.samples == kept.samples == 24_000
    assert dropped.with_audio(PcmFormat()).content[0].audio is UNSET
    assert dropped.transcript == "One two three."
    for milliseconds in (700, 334, 900, 0):
        for entry in (kept, dropped):
            entry.truncate(milliseconds)
        assert (dropped.samples, dropped.transcript) == (kept.samples, kept.transcript)
