"""`Bindings`: which key does what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.key_names import RESERVED, canonical, shown
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.settings import TurnMode


class Action(Enum):
    """What a key asks for; the value is its name in the configuration."""

    INTERRUPT = "interrupt"
    MUTE = "mute"
    TYPE = "type"
    VOICE = "voice"
    TURNS = "turns"
    LOUDER = "louder"
    QUIETER = "quieter"
    HELP = "help"
    QUIT = "quit"
    TALK = "talk"


DEFAULTS: Mapping[Action, tuple[str, ...]] = {
    Action.INTERRUPT: ("space", "esc"),
    Action.MUTE: ("m",),
    Action.TYPE: ("t",),
    Action.VOICE: ("v",),
    Action.TURNS: ("s",),
    Action.LOUDER: ("+", "=", "up"),
    Action.QUIETER: ("-", "down"),
    Action.HELP: ("?",),
    Action.QUIT: ("q",),
    Action.TALK: ("space",),
}
BY_KEY = frozenset({TurnMode.TAP, TurnMode.HOLD})
"""Where a key begins and ends the person's turn. Elsewhere TALK means nothing, and its keys what else they are for."""

_LONGEST_NAME = 40


class Bindings:
    """The keys of every action."""

    def __init__(self, keys: Mapping[Action, tuple[str, ...]] = DEFAULTS) -> None:
        """Make one.

        Args:
            keys: The canonical names of each action's keys; an action that is missing has none.

        Raises:
            WrongUsage: A key has two actions. Only INTERRUPT and TALK may share theirs.
        """
        self._keys = {action: tuple(keys.get(action, ())) for action in Action}
        self._actions: dict[str, Action] = {}
        self._talk = frozenset(self._keys[Action.TALK])
        for action, names in self._keys.items():
            for name in names:
                other = self._actions.get(name)
                if action is Action.TALK and other in {None, Action.INTERRUPT}:
                    continue
                if other is not None:
                    what = action.value if other is action else f"{other.value} and {action.value}"
                    raise WrongUsage(f"The key {name!r} is bound twice, to {what}: give each action keys of its own.")
                self._actions[name] = action

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Bindings:
        """Give the default bindings with those of ``config`` in their place.

        Args:
            config: For the name of an action, a key or a list of keys; an empty list leaves it none.

        Raises:
            WrongUsage: An unknown action or key, one that cannot be bound, or one that is bound twice.
        """
        keys = dict(DEFAULTS)
        for name, value in config.items():
            keys[_action(name)] = tuple(dict.fromkeys(_key(key, name) for key in _listed(value, name)))
        return cls(keys)

    def action_of(self, key: str, turns: TurnMode) -> Action | None:
        """Give what the key called ``key`` does."""
        if turns in BY_KEY and key in self._talk:
            return Action.TALK
        return self._actions.get(key)

    def keys_of(self, action: Action, turns: TurnMode) -> tuple[str, ...]:
        """Give the names of the keys that do ``action``, canonical."""
        return tuple(key for key in self._keys[action] if self.action_of(key, turns) is action)

    def bound(self, action: Action) -> tuple[str, ...]:
        """Give the names of the keys that ``action`` has, whoever says that a turn is over; canonical."""
        return self._keys[action]

    def label(self, action: Action, turns: TurnMode) -> str:
        """Give the keys that do ``action`` as a person reads them; ``""`` where there is none."""
        return "/".join(map(shown, self.keys_of(action, turns)))

    @property
    def talk_key(self) -> str:
        """The first key of TALK as a person reads it."""
        return next(map(shown, self._keys[Action.TALK]), "a key that you bind to talk")

    @property
    def can_type(self) -> bool:
        """TYPE has a key."""
        return bool(self._keys[Action.TYPE])


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        names = ", ".join(action.value for action in Action)
        raise WrongUsage(f"There is no action {_quoted(name)} to bind a key to: take one of {names}.") from None


def _listed(value: object, action: str) -> list[object]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return list(value)
    raise WrongUsage(f"The keys of {action} are neither a name nor a list of names: write {action} = ['x', 'f5'].")


def _key(name: object, action: str) -> str:
    key = canonical(name) if isinstance(name, str) else None
    if key is None:
        raise WrongUsage(
            f"There is no key {_quoted(str(name))} to bind to {action}: "
            "write a character, or a name such as space, esc, enter, up, f5 or ctrl-x."
        )
    if key in RESERVED:
        raise WrongUsage(f"The key {key!r} cannot be bound to {action}: {RESERVED[key]}.")
    return key


def _quoted(name: str) -> str:
    return repr(one_line(name)[:_LONGEST_NAME])
