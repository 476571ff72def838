from __future__ import annotations

from realtime_chat.protocol.client_events import ItemCreate
from realtime_chat.protocol.items import InputText, MessageItem
from realtime_chat.session.effects import Send, Tell
from realtime_chat.session.notices import Transcript
from realtime_chat.session.transcript import TranscriptStore
from realtime_chat.session.writing import Writing


def test_each_message_is_an_item_with_an_id_of_its_own() -> None:
    transcript = TranscriptStore()
    writing = Writing(transcript)
    assert writing.put([]) == []
    assert writing.put(["one", "two"]) + writing.put(["three"]) == [
        effect
        for number, text in enumerate(["one", "two", "three"], 1)
        for effect in (
            Send(ItemCreate(item=MessageItem(id=f"typed_{number}", role="user", content=[InputText(text=text)]))),
            Tell(Transcript("user", text, True, f"typed_{number}")),
        )
    ]
    line = transcript.find("typed_2")
    assert line is not None
    assert (line.role, line.text) == ("user", "two")


def test_half_a_character_is_not_sent() -> None:
    (_, told) = Writing(TranscriptStore()).put(["a\ud83d"])
    assert isinstance(told, Tell)
    assert isinstance(told.notice, Transcript)
    assert told.notice.text.encode()
