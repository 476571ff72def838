"""What a key may do to the line that is typed, but for the letters."""

from __future__ import annotations

from realtime_chat.cli.entry import Entry

EDITS = (
    Entry.backspace,
    Entry.delete,
    Entry.left,
    Entry.right,
    Entry.home,
    Entry.end,
    Entry.erase_before,
    Entry.erase_after,
    Entry.erase_word,
)
