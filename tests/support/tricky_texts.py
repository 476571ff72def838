"""Texts that are hard to lay out: wide, joined, combining, right to left."""

from hypothesis import strategies as st

from realtime_chat.protocol.printable import one_line

FAMILY = "👨‍👩‍👧"
FLAG = "🇳🇴"
PIECES = ["a", "bc", " ", "漢字", FAMILY, FLAG, "é", "u\u0308", "مرحبا", "שלום", "ไทย", "❤️", "👍🏽", "한국"]

TEXTS = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=20).map("".join)).map(one_line)
"""Cleaned, as all that is shown."""
