"""Where everything stands on the screen: the rows of the live region, and those of a line that becomes history."""

from __future__ import annotations

from realtime_chat.cli.bindings import Bindings
from realtime_chat.cli.cells import clip, text_width, wrap
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.hints import explained, hints
from realtime_chat.cli.pending import Line, LineState
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
    below = [status_row(picture, columns)]
    if picture.entry is not None:
        below.insert(0, entry_row(picture.entry, columns))
    if height >= _TALL:
        below += [row for row in (details_row(picture, columns), hints_row(picture, bindings, columns)) if row]
    if picture.question:
        below = question_rows(picture.question, columns, max(1, height - 1 - len(below))) + below
    if picture.is_help_shown and bindings is not None:
        below = help_rows(bindings, picture.turns, columns)[: max(0, height - 1 - len(below))] + below
    # One row is left for history. Of what fills the screen, the last rows are those that count.
    below = below[-max(1, height - 1) :]
    room = height - 1 - len(below)
    above = [row for line in picture.lines for row in line_rows(line, columns)]
    return (above[-room:] if room > 0 else []) + below


def line_rows(line: Line, columns: int) -> list[Row]:
    """Give a line as it is shown; words that are not certain, or still to be heard, are dim."""
    name = _NAMES[line.role]
    body = Style.PLAIN if name else _STYLES[line.role]
    runs = [
        Run(name, _STYLES[line.role]),
        Run(line.text[: line.spoken], body),
        Run(line.text[line.spoken :], Style.DIM),
    ]
    if line.state is LineState.INTERRUPTED:
        runs.append(Run(" (interrupted)", Style.NOTE))
    text = "".join(run.text for run in runs)
    return [cut(runs, begin, end) for begin, end in wrap(text, columns)]


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
    if picture.is_help_shown:
        text = "any key closes this"
    elif picture.entry is not None:
        text = "Enter sends · Esc cancels"
    elif picture.question:
        text = "y allows it · n does not"
    else:
        text = hints(bindings, picture.turns, columns=columns)
    return (Run(clip(text, columns), Style.DIM),) if text else ()


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
