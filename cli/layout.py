"""Where everything stands on the screen: the rows of the live region, and those of a line that becomes history."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.cells import clip, text_width, wrap, wrap_lines
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.hints import explained, hints
from realtime_chat.cli.pending import Line
from realtime_chat.cli.rows import Row, Run, Style, cut
from realtime_chat.cli.status_row import details_row, status_row
from realtime_chat.cli.view import Picture
from realtime_chat.session.settings import TurnMode

_NAMES = {"user": "you: ", "assistant": "model: ", "tool": "", "news": "", "fault": ""}
_STYLES = {
    "user": Style.YOU,
    "assistant": Style.MODEL,
    "tool": Style.NOTE,
    "news": Style.NEWS,
    "fault": Style.FAULT,
}

_TALL = 8
"""A terminal with fewer rows shows no details and no hints."""

_PART = 3
"""One row of so many may be ahead of the voice, and one for what others said since."""

_PROMPT = "> "
_ANSWERS = "y/n"


def live_rows(picture: Picture, bindings: Bindings | None, columns: int, height: int) -> list[Row]:
    """Give the rows of the live region: at least one, fewer than ``height``, none wider than the terminal.

    Args:
        picture: What to show.
        bindings: The keys; None where there is no keyboard.
        columns: The terminal's width, 1 at least.
        height: Its rows, 2 at least.
    """
    below = _fixed_rows(picture, bindings, columns, height)
    if picture.help_page is not None and bindings is not None:
        pages = help_pages(bindings, picture.turns, columns, height - 1 - len(below))
        below = pages[min(picture.help_page, len(pages) - 1)] + below
    # One row is left for history. Of what fills the screen, the last rows are those that count.
    below = below[-max(1, height - 1) :]
    return window(picture.lines, columns, height - 1 - len(below)) + below


def count_help_pages(picture: Picture, bindings: Bindings, columns: int, height: int) -> int:
    """Give in how many parts the help is shown beside all the rest of a live region."""
    room = height - 1 - len(_fixed_rows(picture, bindings, columns, height))
    return len(help_pages(bindings, picture.turns, columns, room))


def _fixed_rows(picture: Picture, bindings: Bindings | None, columns: int, height: int) -> list[Row]:
    """Give what stands below the lines whatever they are: a question, what is typed, the status, the keys."""
    rows = [status_row(picture, columns)]
    if picture.entry is not None:
        rows.insert(0, entry_row(picture.entry, columns))
    if height >= _TALL:
        rows += [row for row in (details_row(picture, columns), hints_row(picture, bindings, columns)) if row]
    if picture.question:
        rows = question_rows(picture.question, columns, max(1, height - 1 - len(rows))) + rows
    return rows


def window(lines: Sequence[Line], columns: int, room: int) -> list[Row]:
    """Give what fits of some lines: around the word that is being spoken, or else the last rows.

    The text of an answer comes far ahead of the voice. What was spoken and does not fit is back when the line is
    history; a few rows ahead of the voice are shown, and what others said since.

    Args:
        lines: In their order.
        columns: The terminal's width.
        room: So many rows there are, 0 at least.
    """
    rows = [line_rows(line, columns) for line in lines]
    voice = next((at for at, line in enumerate(lines) if _is_to_be_heard(line)), None)
    if voice is None or sum(map(len, rows)) <= room:
        return _flat(rows)[-room:] if room else []
    is_last = not any(map(_is_to_be_heard, lines[voice + 1 :]))
    since = _flat(rows[voice + 1 :]) if is_last else []
    kept = since[max(0, len(since) - room // _PART) :]
    room -= len(kept)
    above = _flat(rows[: voice + 1] if is_last else rows)
    end = len(_flat(rows[:voice])) + _row_of_voice(lines[voice], columns) + 1 + room // _PART
    end = min(len(above), max(room, end))
    return above[max(0, end - room) : end] + kept


def _flat(rows: Sequence[list[Row]]) -> list[Row]:
    return list(chain.from_iterable(rows))


def _is_to_be_heard(line: Line) -> bool:
    return line.role == "assistant" and not line.is_settled and line.spoken < len(line.text)


def _row_of_voice(line: Line, columns: int) -> int:
    """Give which of a line's rows holds the word that is being spoken."""
    at = len(_NAMES[line.role]) + max(0, line.spoken - 1)
    begins = [row.begin for row in wrap_lines(_NAMES[line.role] + line.text, columns)]
    return sum(begin <= at for begin in begins) - 1


def line_rows(line: Line, columns: int) -> list[Row]:
    """Give a line as it is shown; words that are not certain, or still to be heard, are dim."""
    name = _NAMES[line.role]
    body = Style.PLAIN if name else _STYLES[line.role]
    runs = [
        Run(name, _STYLES[line.role]),
        Run(line.text[: line.spoken], body),
        Run(line.text[line.spoken :], Style.DIM),
    ]
    if line.ending:
        runs.append(Run(f" {line.ending}" if line.text else line.ending, Style.NOTE))
    text = "".join(run.text for run in runs)
    rows: list[Row] = []
    for begin, end, indent in wrap_lines(text, columns):
        hanging = (Run(" " * indent),) if indent else ()
        rows.append((*hanging, *cut(runs, begin, end)))
    return rows


def question_rows(question: str, columns: int, most: int) -> list[Row]:
    """Give what the person is asked and how to answer, in at most so many rows; what is too long ends with "…"."""
    text = f"{question}  {_ANSWERS}"
    rows = [text[begin:end] for begin, end in wrap(text, columns)]
    if len(rows) > most:
        rest = "".join(rows[most - 1 :])
        rows[most - 1 :] = [f"{clip(rest, max(0, columns - len(_ANSWERS) - 1))} {_ANSWERS}".strip()]
    return [(Run(clip(row, columns), Style.ALARM),) for row in rows]


def entry_row(entry: Entry, columns: int) -> Row:
    """Give the line that is being typed, with a cursor of its own."""
    if columns < len(_PROMPT) + 4:
        return (Run(clip(entry.text, columns)),)
    before, at, after = entry.window(columns - len(_PROMPT))
    return (Run(_PROMPT, Style.YOU), Run(before), Run(at, Style.CURSOR), Run(after))


def hints_row(picture: Picture, bindings: Bindings | None, columns: int) -> Row:
    """Give what keys there are; empty where there are none."""
    if bindings is None:
        return ()
    if picture.help_page is not None:
        text = "any key closes this"
    elif picture.entry is not None:
        text = "Enter sends · Esc cancels"
    elif picture.question:
        text = "y allows it · n does not"
    else:
        text = hints(bindings, picture.turns, columns=columns)
    return (Run(clip(text, columns), Style.DIM),) if text else ()


def help_pages(bindings: Bindings, turns: TurnMode, columns: int, room: int) -> list[list[Row]]:
    """Give the help in pieces that fit ``room`` rows each, one at least; each but the last says how to see the next."""
    rows = help_rows(bindings, turns, columns)
    if len(rows) <= room or room < 1:
        return [rows[: max(0, room)]]
    step = max(1, room - 1)
    pages = [rows[begin : begin + step] for begin in range(0, len(rows), step)]
    more = (Run(clip(f"  {bindings.label(Action.HELP, turns)}  the rest of this help", columns), Style.DIM),)
    return [[*page, more][:room] for page in pages[:-1]] + pages[-1:]


def help_rows(bindings: Bindings, turns: TurnMode, columns: int) -> list[Row]:
    """Give what every key does, a row for an action."""
    entries = explained(bindings, turns)
    widest = max(text_width(label) for label, _ in entries)
    rows: list[Row] = []
    for label, does in entries:
        head = f"  {label}{' ' * (widest - text_width(label))}  "
        text = clip(head + does, columns)
        rows.append((Run(text[: len(head)], Style.BOLD), Run(text[len(head) :])))
    return rows
