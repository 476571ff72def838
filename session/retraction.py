"""`Retraction`: takes back what was not heard of an answer that was interrupted.

The server remembers whatever it has made, also what nobody heard. So each item is cut where it was heard, and deleted
where it was not heard at all; those that arrive late, too. What is read as it comes was seen, and stays.
"""

from __future__ import annotations

from realtime_chat.audio.frame import samples_to_ms
from realtime_chat.audio.playback import Heard
from realtime_chat.protocol.client_events import ItemDelete, ItemTruncate
from realtime_chat.session.answer import Output, Stage
from realtime_chat.session.effects import Effect, Send, Tell
from realtime_chat.session.notices import Interrupted
from realtime_chat.session.wording import Wording


class Retraction:
    """Tells the server what to forget, and whoever watches what was not said."""

    def __init__(self, wording: Wording) -> None:
        """Make one; the words of what is taken back are ended in ``wording``."""
        self._wording = wording

    def drop(self, item: Output, *, is_voiced: bool) -> list[Effect]:
        """An item's answer was interrupted. Of one that sounds `stop` will know more.

        Args:
            item: The item.
            is_voiced: Answers are spoken; else their words are read as they come, and nothing is to be deleted.
        """
        if item.is_read:
            item.take_in()
            closed = self._wording.close(item.item_id)
            return [*closed, Tell(Interrupted(item.item_id, None))] if closed else []  # else there was nothing to read
        if item.stage in {Stage.SILENT, Stage.MUTE} and is_voiced:
            return self._delete(item)
        return []

    def refuse(self, item: Output) -> list[Effect]:
        """An item came of an answer that was interrupted, or more of one: it is forgotten if it began unheard."""
        return self._delete(item) if item.stage is Stage.SILENT else []

    def stop(self, item: Output, heard: Heard) -> list[Effect]:
        """The sound of an item was stopped; what was heard to its end stays as it is."""
        if item.is_whole and heard.rendered >= heard.received:
            return []
        heard_ms = samples_to_ms(min(heard.rendered, heard.received))
        return self._cut(item, heard, heard_ms) if heard_ms > 0 else self._delete(item)

    def _cut(self, item: Output, heard: Heard, heard_ms: int) -> list[Effect]:
        """Let the item end where it was heard, here and at the server: its sound, and its words."""
        effects = self._wording.cut(item, heard)
        item.take_in()
        cut = ItemTruncate(item_id=item.item_id, content_index=item.content_index, audio_end_ms=heard_ms)
        return [*effects, Send(cut), Tell(Interrupted(item.item_id, heard_ms))]

    def _delete(self, item: Output) -> list[Effect]:
        """Nobody heard the item: it is forgotten, here and at the server."""
        item.delete()
        forget = Send(ItemDelete(item_id=item.item_id))
        return [forget, *self._wording.withdraw(item.item_id), Tell(Interrupted(item.item_id, 0))]
