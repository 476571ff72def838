"""`KeyDecoder`: the bytes that a terminal sends, as keys.

It reads the legacy sequences of VT and xterm, the kitty keyboard protocol
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/), bracketed paste, and the answers to what a program asks. What it
does not know it passes over.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from enum import Enum, auto

from realtime_chat.cli.key_names import FOCUS_LOST, Edge, KeyPress, Paste, name_of

ESCAPE_SECONDS = 0.05
"""How long a lone Esc waits: a terminal sends the rest of an arrow key's sequence at once, but a network may not.

Nobody hears this wait: meanwhile the sound that Esc would stop is held (see `KeyDecoder.may_be_esc`).
"""

_SEQUENCE_SECONDS = 1.0
"""How long a sequence or a paste that has begun waits for its end, also over a slow network."""

_LONGEST_SEQUENCE = 256
_LONGEST_PASTE = 1 << 20

_BEL = 0x07
_ESC = 0x1B
_PASTE_END = b"\x1b[201~"
_CONTROLS = {0x00: "", 0x08: "backspace", 0x09: "tab", 0x0A: "enter", 0x0D: "enter", 0x7F: "backspace"}
_FINALS = dict(zip("ABCDHFPQRS", ["up", "down", "right", "left", "home", "end", "f1", "f2", "f3", "f4"], strict=True))
_TILDES = dict(enumerate(["home", "insert", "delete", "end", "pageup", "pagedown", "home", "end"], 1))
_TILDES |= {11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9", 21: "f10"}
_TILDES |= {23: "f11", 24: "f12"}
_CODES = {27: "esc", 13: "enter", 9: "tab", 127: "backspace", 57414: "enter"}
_CODES |= dict(enumerate(["left", "right", "up", "down", "pageup", "pagedown", "home", "end", "insert"], 57417))
_CODES |= {57426: "delete"}
_PRIVATE = range(57344, 63744)  # other keys that type nothing
_SHIFT, _ALT, _CTRL, _OTHERS = 1, 2, 4, 8 | 16 | 32  # caps lock and num lock do not count
_REPEAT, _RELEASE = 2, 3


@dataclass(frozen=True, slots=True)
class KeyboardFlags:
    """The terminal's answer to ``CSI ? u``: it knows the kitty keyboard protocol."""

    flags: int


@dataclass(frozen=True, slots=True)
class DeviceAttributes:
    """The terminal's answer to ``CSI c``, which every terminal gives."""


Input = KeyPress | Paste | KeyboardFlags | DeviceAttributes


class _State(Enum):
    PLAIN = auto()
    ESCAPE = auto()  # after Esc
    SEQUENCE = auto()  # after Esc [, until its final byte
    SHIFTED = auto()  # after Esc O, one byte more
    PASTE = auto()  # until its end
    STRING = auto()  # after Esc ] (OSC), P (DCS), X, ^ or _, until BEL or Esc \\: an answer that nobody asked for


_AFTER_ESCAPE = {ord("["): _State.SEQUENCE, ord("O"): _State.SHIFTED} | dict.fromkeys(b"]PX^_", _State.STRING)


class KeyDecoder:
    """Turns bytes into keys, however they are split."""

    def __init__(self) -> None:
        self._state = _State.PLAIN
        self._held = bytearray()
        self._letters = codecs.getincrementaldecoder("utf-8")("ignore")
        self._down: dict[int, str] = {}

    @property
    def patience(self) -> float | None:
        """Call `flush` if nothing follows within so many seconds; None where nothing is waited for."""
        if self._state is _State.PLAIN:
            return None
        return ESCAPE_SECONDS if self._state is _State.ESCAPE else _SEQUENCE_SECONDS

    @property
    def may_be_esc(self) -> bool:
        """The last byte is Esc: the key, or the beginning of something else; what comes, or `flush`, tells."""
        return self._state is _State.ESCAPE

    def feed(self, data: bytes) -> list[Input]:
        """Take the next bytes; give what they complete."""
        found: list[Input] = []
        for byte in data:
            one = self._step(byte)
            if one is not None:
                found.append(one)
        return found

    def flush(self) -> list[Input]:
        """Say that nothing followed: a lone Esc was the key, and a paste is over."""
        was, self._state = self._state, _State.PLAIN
        if was is _State.ESCAPE:
            return [KeyPress("esc")]
        return [self._pasted()] if was is _State.PASTE else []

    def _step(self, byte: int) -> Input | None:
        match self._state:
            case _State.PASTE:
                return self._paste(byte)
            case _State.SEQUENCE:
                return self._sequence(byte)
            case _State.STRING:
                # Esc ends it, too: what follows is the backslash, or a sequence of its own.
                self._state = {_BEL: _State.PLAIN, _ESC: _State.ESCAPE}.get(byte, _State.STRING)
                return None
            case _State.SHIFTED:
                self._state = _State.PLAIN
                name = _FINALS.get(chr(byte))
                return KeyPress(name) if name else None
            case _State.ESCAPE:
                return self._after_escape(byte)
            case _State.PLAIN:
                return self._plain(byte)

    def _plain(self, byte: int) -> Input | None:
        if byte >= 0x20 and byte != 0x7F:
            character = self._letters.decode(bytes([byte]))
            is_typed = bool(character) and not 0x80 <= ord(character) < 0xA0  # no control characters of 8 bits
            return KeyPress(name_of(character), character) if is_typed else None
        self._letters.reset()
        if byte == _ESC:
            self._state = _State.ESCAPE
            return None
        name = _CONTROLS.get(byte, f"ctrl-{chr(byte | 0x40).lower()}")
        return KeyPress(name) if name else None

    def _after_escape(self, byte: int) -> Input | None:
        if byte == _ESC:
            return KeyPress("esc")
        # With Alt held, a key comes as Esc and the key: neither of the two was meant.
        self._state = _AFTER_ESCAPE.get(byte, _State.PLAIN)
        self._held.clear()
        return None

    def _sequence(self, byte: int) -> Input | None:
        if byte == _ESC:  # the one before was cut off
            self._state = _State.ESCAPE
            return None
        self._held.append(byte)
        if not 0x40 <= byte <= 0x7E:
            if len(self._held) > _LONGEST_SEQUENCE:
                self._state = _State.PLAIN
            return None
        self._state = _State.PLAIN
        body = self._held.decode("latin-1")
        self._held.clear()
        if body == "200~":
            self._state = _State.PASTE
            return None
        return self._meaning(body[:-1], body[-1])

    def _paste(self, byte: int) -> Input | None:
        self._held.append(byte)
        if self._held.endswith(_PASTE_END):
            del self._held[-len(_PASTE_END) :]
            self._state = _State.PLAIN
            return self._pasted()
        if len(self._held) > _LONGEST_PASTE:
            del self._held[: _LONGEST_PASTE // 2]
        return None

    def _pasted(self) -> Paste:
        text = self._held.decode("utf-8", "replace")
        self._held.clear()
        return Paste(text)

    def _meaning(self, parameters: str, final: str) -> Input | None:
        if parameters.startswith("?"):
            flags = parameters[1:]
            if final == "u" and flags.isdecimal():
                return KeyboardFlags(int(flags))
            return DeviceAttributes() if final == "c" else None
        fields = [
            [int(part) if part.isdecimal() else 0 for part in field.split(":")] for field in parameters.split(";")
        ]
        code = fields[0][0] or 1
        modifiers, event = 0, 1
        if len(fields) > 1:
            modifiers = max(0, fields[1][0] - 1)
            event = fields[1][1] if len(fields[1]) > 1 else 1
        if final == "u":
            return self._key(fields, modifiers, event)
        if final == "O" and not parameters:
            return KeyPress(FOCUS_LOST)
        name = _TILDES.get(code) if final == "~" else _FINALS.get(final) if code == 1 else None
        is_plain = not modifiers & (_SHIFT | _ALT | _CTRL | _OTHERS)
        if name is None or event == _REPEAT or not is_plain:
            return None
        return KeyPress(name, edge=Edge.RELEASE if event == _RELEASE else Edge.PRESS)

    def _key(self, fields: list[list[int]], modifiers: int, event: int) -> KeyPress | None:
        """Read ``CSI code:shifted:base ; modifiers:event ; text u``."""
        codes = fields[0] + [0, 0]
        if event == _RELEASE:  # by then Shift may be up already: what was pressed is released
            name = self._down.pop(codes[0], None)
            return KeyPress(name, edge=Edge.RELEASE) if name else None
        if event == _REPEAT:
            return None
        key = _named(codes, modifiers, fields[2] if len(fields) > 2 else [])
        if key is not None:
            self._down[codes[0]] = key.name
        return key


def _named(codes: list[int], modifiers: int, text: list[int]) -> KeyPress | None:
    code, shifted, base = codes[:3]
    if modifiers & (_ALT | _OTHERS):
        return None
    if code in _CODES:
        return None if modifiers & _CTRL else KeyPress(_CODES[code])
    if modifiers & _CTRL:
        letter = _letter([code]) if code < 0x80 else _letter([base])
        return KeyPress(f"ctrl-{letter.lower()}") if letter else None
    typed = _letter(text) or (
        "" if code in _PRIVATE else _letter([shifted if modifiers & _SHIFT and shifted else code])
    )
    return KeyPress(name_of(typed), typed) if typed else None


def _letter(codes: list[int]) -> str:
    """Give the text of code points, without those that are none or that control something."""
    return "".join(
        chr(code) for code in codes if 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0x110000
    )
