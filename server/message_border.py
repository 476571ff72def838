"""Where the messages of a WebSocket begin in what comes over it (RFC 6455, section 5.2)."""

from __future__ import annotations

_LEAST_HEAD = 2
_MASK_BYTES = 4
_LENGTH_BYTES = {126: 2, 127: 8}
_FIN = 0x80
_OPCODE = 0x0F
_MASKED = 0x80
_FIRST_CONTROL = 0x8


class MessageBorder:
    """Follows a stream of frames without reading them.

    Attributes:
        is_reached: All that came is whole messages: what comes next is the first byte of a new one.
    """

    def __init__(self) -> None:
        self.is_reached = True
        self._head = bytearray()
        self._left = 0
        self._is_fragmented = False

    def push(self, data: bytes) -> None:
        """Take what came next."""
        at = 0
        while at < len(data):
            if self._left:
                passed = min(self._left, len(data) - at)
                self._left -= passed
                at += passed
            else:
                self._head.append(data[at])
                at += 1
                self._read_head()
        self.is_reached = not self._left and not self._head and not self._is_fragmented

    def _read_head(self) -> None:
        """Learn how long the frame is, once its head is whole."""
        head = self._head
        if len(head) < _LEAST_HEAD:
            return
        short = head[1] & 0x7F
        length_bytes = _LENGTH_BYTES.get(short, 0)
        mask_bytes = _MASK_BYTES if head[1] & _MASKED else 0
        if len(head) < _LEAST_HEAD + length_bytes:
            return
        length = int.from_bytes(head[_LEAST_HEAD : _LEAST_HEAD + length_bytes], "big") if length_bytes else short
        if head[0] & _OPCODE < _FIRST_CONTROL:
            self._is_fragmented = not head[0] & _FIN
        self._left = mask_bytes + length
        head.clear()
