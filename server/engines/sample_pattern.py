"""A text that matches a regular expression, for the scripted engine. Pure."""

from __future__ import annotations

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_TRIED = "aA0 -_.:/@" + "".join(map(chr, range(33, 127)))
_MOST = 1024
"""Repetitions; nothing that a tool takes needs more."""


def sample_pattern(pattern: str) -> str:
    """Give the shortest text that the first branches of ``pattern`` match.

    Literals, classes, groups, alternatives and counts are understood, anchors left out; look-around, back references
    and Unicode classes are not understood. So the text is a try: whoever needs it to match has to check it.
    """
    return _Pattern(pattern).alternatives()


class _Pattern:
    def __init__(self, pattern: str) -> None:
        self._rest = list(reversed(pattern))

    def alternatives(self) -> str:
        """Give the first alternative; read on to the end of the group."""
        first = self._sequence()
        while self._next_is("|"):
            self._rest.pop()
            self._sequence()
        return first

    def _sequence(self) -> str:
        text = ""
        while self._rest and self._rest[-1] not in "|)":
            text += self._counted(self._atom())
        return text

    def _atom(self) -> str:
        match c := self._rest.pop():
            case "^" | "$":
                return ""
            case ".":
                return "a"
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case _:
                return c

    def _group(self) -> str:
        if self._next_is("?"):
            self._rest.pop()
            if self._next_is("P"):
                self._rest.pop()
            if self._next_is("<"):
                self._until(">")
            else:
                self._until(":")
        text = self.alternatives()
        self._until(")")
        return text

    def _escape(self) -> str:
        if not self._rest:
            return ""
        c = self._rest.pop()
        if c in "bB":
            return ""
        if c in "xu":
            digits = "".join(self._rest.pop() for _ in range(min(2 if c == "x" else 4, len(self._rest))))
            try:
                return chr(int(digits, 16))
            except ValueError:
                return ""
        return _CLASSES.get(c) or _CONTROLS.get(c) or c

    def _class(self) -> str:
        negated = self._next_is("^")
        if negated:
            self._rest.pop()
        members: list[str] = []
        while self._rest and (not self._next_is("]") or not members):
            c = self._rest.pop()
            is_class = c == "\\" and bool(self._rest) and self._rest[-1] in _CLASSES
            member = self._escape() if c == "\\" else c
            if self._next_is("-") and len(self._rest) > 1 and self._rest[-2] != "]" and not is_class:
                self._rest.pop()
                end = self._rest.pop()
                last = self._escape() if end == "\\" else end
                members += map(chr, range(ord(member or "a"), min(ord(last or "a"), ord(member or "a") + 255) + 1))
            elif negated and is_class:
                members += [c for c in _TRIED if _is_in(c, member)]
            else:
                members.append(member)
        self._until("]")
        if negated:
            return next((c for c in _TRIED if c not in members), "")
        return members[0] if members else ""

    def _counted(self, atom: str) -> str:
        if not self._rest:
            return atom
        count = 1
        match self._rest[-1]:
            case "*" | "?":
                self._rest.pop()
                count = 0
            case "+":
                self._rest.pop()
            case "{":
                self._rest.pop()
                least = self._until("}").partition(",")[0]
                count = int(least) if least.isascii() and least.isdigit() else 0
            case _:
                return atom
        if self._rest and self._rest[-1] in "?+":
            self._rest.pop()
        return atom * min(count, _MOST)

    def _next_is(self, c: str) -> bool:
        return bool(self._rest) and self._rest[-1] == c

    def _until(self, c: str) -> str:
        text = ""
        while self._rest and (read := self._rest.pop()) != c:
            text += read
        return text


def _is_in(c: str, of_class: str) -> bool:
    """Whether ``c`` is of the class that ``of_class`` stands for in `_CLASSES`."""
    match of_class:
        case "0":
            return c.isdigit()
        case " ":
            return c.isspace()
        case _:
            return c.isalnum() or c == "_"
