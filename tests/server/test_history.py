import pytest
from msgspec import UNSET

from realtime_chat.protocol.items import (
    FunctionCallItem,
    InputAudio,
    InputText,
    McpListToolsItem,
    MessageItem,
    OutputAudio,
    OutputText,
)
from realtime_chat.protocol.sessions import PcmFormat
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.history import Entry, History, audio_of, without_audio


def message(item_id: str, role: str, *content) -> Entry:
    return Entry(MessageItem(id=item_id, role=role, content=list(content)))


def spoken() -> Entry:
    entry = message("a", "assistant", OutputAudio(transcript="One two three."))
    entry.pcm += bytes(2 * 24_000)  # a second
    entry.words = [(3, 8_000), (7, 16_000), (14, 24_000)]
    return entry


def test_items_are_placed_after_the_one_named():
    history = History()
    assert history.add(message("b", "user", InputText(text="b"))) is None
    assert history.add(message("c", "user", InputText(text="c"))) == "b"
    assert history.add(message("a", "user", InputText(text="a")), "root") is None
    assert history.add(message("bb", "user", InputText(text="bb")), "b") == "b"
    assert [entry.id for entry in history] == ["a", "b", "bb", "c"]
    assert history.before("bb") == "b"
    assert history.before("a") is None
    assert history.before("nobody") is None
    assert history.last_id == "c"


def test_an_unknown_place_is_a_key_error():
    with pytest.raises(KeyError):
        History().add(message("a", "user", InputText(text="")), "nobody")
    with pytest.raises(KeyError):
        History().remove("nobody")


def test_messages_leave_out_what_nobody_said():
    history = History()
    history.add(message("u", "user", InputText(text="hello")))
    history.add(message("e", "user", InputAudio(transcript=None)))
    history.add(Entry(McpListToolsItem(id="m", server_label="x", tools=[])))
    history.add(message("a", "assistant", OutputText(text="hi")))
    assert history.messages("be kind") == (
        ChatMessage("system", "be kind"),
        ChatMessage("user", "hello"),
        ChatMessage("assistant", "hi"),
    )
    assert history.messages("", heard=("new", "and now?"))[-1] == ChatMessage("user", "and now?")
    assert history.messages("", heard=("u", "again"))[-1] == ChatMessage("assistant", "hi")


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
