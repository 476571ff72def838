"""Where messages begin, for every row of frames cut anywhere."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from realtime_chat.server.message_border import MessageBorder

lengths = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536])
data = st.sampled_from([Opcode.TEXT, Opcode.BINARY])
control = st.sampled_from([Opcode.PING, Opcode.PONG])


@st.composite
def messages(draw) -> list[list[bytes]]:
    """Rows of frames, each a message, or a control frame between two of one."""
    is_masked = draw(st.booleans())
    found = []
    for _ in range(draw(st.integers(1, 4))):
        pieces = draw(st.lists(lengths, min_size=1, max_size=3))
        opcodes = [draw(data), *[Opcode.CONT] * (len(pieces) - 1)]
        frames = []
        for index, (opcode, length) in enumerate(zip(opcodes, pieces, strict=True)):
            frames.append(Frame(opcode, bytes(length), index == len(pieces) - 1))
            if draw(st.booleans()):
                frames.append(Frame(draw(control), bytes(draw(st.integers(0, 125)))))
        found.append([frame.serialize(mask=is_masked) for frame in frames])
    return found


@given(messages(), st.data())
def test_a_border_is_reached_where_a_message_ends_and_nowhere_else(rows, draws):
    stream = b"".join(b"".join(row) for row in rows)
    # After its last piece a message is whole, and so it is after each control frame that follows.
    borders, at = {0}, 0
    for row in rows:
        for frame in row:
            at += len(frame)
            if frame[0] & 0x80 and frame[0] & 0x0F < 8:
                is_open = False
            elif frame[0] & 0x0F < 8:
                is_open = True
            if not is_open:
                borders.add(at)
    near = sorted({max(0, min(len(stream), border + shift)) for border in borders for shift in range(-14, 15)})
    cuts = sorted(draws.draw(st.sets(st.sampled_from(near), max_size=12)) | {0, len(stream)})
    border = MessageBorder()
    for begin, end in pairwise(cuts):
        border.push(stream[begin:end])
        assert border.is_reached == (end in borders)
