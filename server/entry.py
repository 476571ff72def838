"""An item of a conversation, with what belongs to it but does not travel with it: sound, and the times of words."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from msgspec import UNSET
from msgspec.structs import replace

from realtime_chat.audio.frame import SAMPLE_BYTES, ms_to_samples
from realtime_chat.protocol.items import (
    InputAudio,
    InputImage,
    InputText,
    Item,
    MessageItem,
    OutputAudio,
    OutputText,
)
from realtime_chat.protocol.sessions import AudioFormat
from realtime_chat.server.sound_format import encoded


@dataclass(eq=False)
class Entry:
    """An item and what belongs to it but does not travel with it.

    Attributes:
        item: The item as clients see it, without its audio.
        pcm: Its sound, PCM16 mono 24 kHz; empty where it has none, or none any more.
        words: For spoken items of the model: (end in the transcript, end in samples) of each word, ascending.
        awaited: The words of this item are still being recognised.
        counted: Its sound is in the usage of a response.
        note: What the language model reads in place of words, where there are none.
        dropped: Samples of the sound that is not kept any more.
        brought: Characters of its JSON, and of pictures, that a client brought with it.
    """

    item: Item
    pcm: bytearray = field(default_factory=bytearray)
    words: list[tuple[int, int]] = field(default_factory=list)
    awaited: bool = False
    counted: bool = False
    note: str = ""
    dropped: int = 0
    brought: tuple[int, int] = (0, 0)
    _read: tuple[Item, str] | None = None

    @property
    def samples(self) -> int:
        """How long its sound is, whether or not it is still kept."""
        return self.dropped or len(self.pcm) // SAMPLE_BYTES

    @property
    def is_in_use(self) -> bool:
        """Whether its sound is still being made, or listened to."""
        return self.awaited or self.item.status == "in_progress"

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item.id)

    @property
    def transcript(self) -> str:
        """All that the item says, whichever way it says it."""
        if not isinstance(self.item, MessageItem):
            return ""
        texts = []
        for part in self.item.content:
            if isinstance(part, InputText | OutputText):
                texts.append(part.text)
            elif isinstance(part, InputAudio | OutputAudio) and isinstance(part.transcript, str):
                texts.append(part.transcript)
        return " ".join(text for text in texts if text)

    @property
    def words_read(self) -> str:
        """What the language model reads of it."""
        if self._read is None or self._read[0] is not self.item:  # all of them are read for each response
            self._read = self.item, self.transcript.strip()
        return self._read[1] or self.note

    def set_transcript(self, text: str) -> None:
        """Give the item's audio part its words."""
        if isinstance(self.item, MessageItem):
            content = [
                replace(part, transcript=text) if isinstance(part, InputAudio | OutputAudio) else part
                for part in self.item.content
            ]
            self.item = replace(self.item, content=content)  # the one there was may wait to be sent as it was

    def with_audio(self, wanted: AudioFormat, sound: bytes | None = None) -> Item:
        """Give the item as ``conversation.item.retrieve`` wants it: with what is kept of its sound, as ``wanted``.

        ``sound`` is that, where it is encoded already.
        """
        if not (self.pcm and isinstance(self.item, MessageItem)):
            return self.item
        audio = encoded(bytes(self.pcm), wanted) if sound is None else sound
        content = [
            replace(part, audio=audio) if isinstance(part, InputAudio | OutputAudio) else part
            for part in self.item.content
        ]
        return replace(self.item, content=content)

    def truncate(self, milliseconds: int) -> None:
        """Cut the sound, and the transcript after the last word that was over by then."""
        samples = ms_to_samples(milliseconds)
        del self.pcm[samples * SAMPLE_BYTES :]
        self.dropped = min(self.dropped, samples)
        heard = bisect_right([end for _, end in self.words], samples)
        del self.words[heard:]
        self.set_transcript(self.transcript[: self.words[-1][0]].rstrip() if self.words else "")

    def drop_sound(self) -> None:
        """Keep no sound, only how long it is and when its words were said."""
        self.dropped = self.samples
        self.pcm = bytearray()

    def forget(self) -> None:
        """Keep only what it says: it is no item any more, but a response may be about to read it."""
        self.drop_sound()
        if isinstance(self.item, MessageItem):
            content = [part for part in self.item.content if not isinstance(part, InputImage)]
            self.item = replace(self.item, content=content)  # the one there was may wait to be sent as it was


def audio_of(item: Item) -> bytes:
    """Give the sound that a client put into an item's ``input_audio`` parts."""
    if not isinstance(item, MessageItem):
        return b""
    return b"".join(part.audio for part in item.content if isinstance(part, InputAudio) and part.audio is not UNSET)


def without_audio(item: Item) -> Item:
    """Give the item as it is told to clients: sound only travels when it is asked for."""
    if not isinstance(item, MessageItem):
        return item
    content = [replace(part, audio=UNSET) if isinstance(part, InputAudio) else part for part in item.content]
    return replace(item, content=content)
