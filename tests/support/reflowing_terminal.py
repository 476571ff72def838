"""A terminal that breaks its lines anew when it is resized, as most do and pyte does not; it knows what we write."""

import re
from dataclasses import dataclass

from wcwidth import wcwidth

_PIECES = re.compile(
    r"\x1b\[(?P<private>\?)?(?P<number>\d*)(?:;\d+)*(?P<final>[A-Za-z])|(?P<control>[\r\n])|(?P<letter>.)"
)


@dataclass
class _Row:
    cells: list[str]
    goes_on: bool = False  # the next row belongs to the same line


class ReflowingTerminal:
    """Rows from the first that scrolled away to the last on the screen, and a cursor among them."""

    def __init__(self, columns: int, height: int) -> None:
        self.columns = columns
        self.height = height
        self._rows = [_Row([])]
        self._row = self._column = 0
        self._wraps = True
        self.is_cursor_hidden = False

    @property
    def lines(self) -> list[str]:
        """All rows, with what scrolled away."""
        return ["".join(row.cells).rstrip() for row in self._rows]

    def resize(self, columns: int, height: int) -> None:
        """Take another size."""
        lines: list[list[str]] = [[]]
        cursor = (0, 0)
        for number, row in enumerate(self._rows):
            if number == self._row:
                cursor = (len(lines) - 1, len(lines[-1]) + self._column)
            lines[-1] += row.cells
            if not row.goes_on:
                lines.append([])
        self.columns, self.height = columns, height
        self._rows = []
        for number, line in enumerate(lines[:-1]):
            first = len(self._rows)
            pieces = [line[at : at + columns] for at in range(0, max(1, len(line)), columns)]
            self._rows += [_Row(piece, goes_on=piece is not pieces[-1]) for piece in pieces]
            if cursor[0] == number:
                self._row = first + min(cursor[1] // columns, len(pieces) - 1)
                self._column = min(cursor[1] % columns, columns - 1)

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        for piece in _PIECES.finditer(text):
            if piece["control"] == "\r":
                self._column = 0
            elif piece["control"] == "\n":
                self._line_feed()
            elif piece["letter"]:
                self._put(piece["letter"])
            elif piece["private"]:
                self._set(int(piece["number"]), is_on=piece["final"] == "h")
            else:
                self._move(piece["final"], int(piece["number"] or 0))

    def _top(self) -> int:
        return max(0, len(self._rows) - self.height)

    def _line_feed(self) -> None:
        self._row += 1
        if self._row == len(self._rows):
            self._rows.append(_Row([]))

    def _put(self, letter: str) -> None:
        width = max(0, wcwidth(letter))
        if self._column + width > self.columns:
            if self._wraps:
                self._rows[self._row].goes_on = True
                self._line_feed()
                self._column = 0
            else:
                self._column = self.columns - width
        cells = self._rows[self._row].cells
        cells += [" "] * (self._column + width - len(cells))
        if width == 0 and self._column:
            cells[self._column - 1] += letter
        elif width:
            cells[self._column : self._column + width] = [letter] + [""] * (width - 1)
        self._column += width

    def _set(self, mode: int, *, is_on: bool) -> None:
        if mode == 7:
            self._wraps = is_on
        elif mode == 25:
            self.is_cursor_hidden = not is_on

    def _move(self, final: str, number: int) -> None:
        match final:
            case "A":
                self._row = max(self._top(), self._row - max(1, number))
            case "B":
                self._row = min(len(self._rows) - 1, self._row + max(1, number))
            case "G":
                self._column = max(1, number) - 1
            case "K":
                del self._rows[self._row].cells[self._column :]
            case "J":
                del self._rows[self._row].cells[self._column :]
                self._rows[self._row].goes_on = False
                del self._rows[self._row + 1 :]
            case "m":
                pass
            case _:
                raise AssertionError(f"this terminal does not know CSI {final}")
