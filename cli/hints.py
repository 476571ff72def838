"""What the keys do, for a person to read: in a row, and at length."""

from __future__ import annotations

from realtime_chat.cli.bindings import BY_KEY, Action, Bindings
from realtime_chat.cli.cells import text_width
from realtime_chat.session.settings import TurnMode

_BRIEFLY = {
    Action.INTERRUPT: "interrupt",
    Action.MUTE: "mute",
    Action.TYPE: "type",
    Action.VOICE: "voice",
    Action.TURNS: "turns",
    Action.HELP: "help",
    Action.QUIT: "quit",
    Action.TALK: "talk",
}
_AT_LENGTH = {
    Action.INTERRUPT: "stop the answer",
    Action.MUTE: "mute the microphone, or no longer",
    Action.TYPE: "type a message",
    Action.VOICE: "answers aloud, or in writing only",
    Action.TURNS: "change who ends your turn",
    Action.LOUDER: "louder",
    Action.QUIETER: "quieter",
    Action.HELP: "this help",
    Action.QUIT: "quit",
    Action.TALK: "begin your turn, and end it",
}
_LEAST_FIRST = (Action.TURNS, Action.VOICE, Action.TYPE, Action.MUTE, Action.INTERRUPT, Action.TALK, Action.QUIT)
"""What a narrow terminal's row leaves out, in order."""

_MOST_FIRST = (
    Action.TALK,
    Action.INTERRUPT,
    Action.MUTE,
    Action.TYPE,
    Action.QUIT,
    Action.VOICE,
    Action.TURNS,
    Action.LOUDER,
    Action.QUIETER,
    Action.HELP,
)
"""Of the keys at length, a low terminal shows the first."""


def hints(bindings: Bindings, turns: TurnMode, *, columns: int | None = None) -> str:
    """Give the keys in a row.

    Args:
        bindings: The keys.
        turns: Who says that a turn is over.
        columns: The room; what matters least is left out where there is too little. None is as much as is needed.
    """
    kept = {action: f"{label} {_BRIEFLY[action]}" for action, label in _labels(bindings, turns) if action in _BRIEFLY}
    for action in () if columns is None else _LEAST_FIRST:
        if text_width(" · ".join(kept.values())) <= (columns or 0):
            break
        kept.pop(action, None)
    return " · ".join(kept.values())


def explained(bindings: Bindings, turns: TurnMode) -> list[tuple[str, str]]:
    """Give each action's keys, and what they do: first what is needed most."""
    labels = sorted(_labels(bindings, turns), key=lambda one: _MOST_FIRST.index(one[0]))
    return [(label, _AT_LENGTH[action]) for action, label in labels] + [("Ctrl-C", "end the program")]


def _labels(bindings: Bindings, turns: TurnMode) -> list[tuple[Action, str]]:
    """Give the actions that have keys: talking first where a key does it."""
    actions = sorted(Action, key=lambda action: action is not Action.TALK)
    if turns not in BY_KEY:
        actions.remove(Action.TALK)
    return [(action, label) for action in actions if (label := bindings.label(action, turns))]
