"""`Controls`: what keys do, without a keyboard: they ask for actions, or edit the line that is being typed."""

from __future__ import annotations

from collections.abc import Callable

from realtime_chat.cli.bindings import Action, Bindings
from realtime_chat.cli.entry import Entry
from realtime_chat.cli.key_names import FOCUS_LOST, Edge, KeyPress, Paste
from realtime_chat.session.settings import TurnMode

_EDITS: dict[str, Callable[[Entry], Entry]] = {
    "backspace": Entry.backspace,
    "delete": Entry.delete,
    "ctrl-d": Entry.delete,
    "left": Entry.left,
    "right": Entry.right,
    "home": Entry.home,
    "ctrl-a": Entry.home,
    "end": Entry.end,
    "ctrl-e": Entry.end,
    "ctrl-u": Entry.erase_before,
    "ctrl-k": Entry.erase_after,
    "ctrl-w": Entry.erase_word,
}
_ANSWERS = {"y": True, "n": False, "esc": False}


class Controls:
    """Takes keys, and keeps what of the screen they alone change.

    Attributes:
        bindings: Which key does what.
        entry: What is being typed; None where nothing is.
        help_page: Which part of the help is shown, from 0; None where none is.
        help_pages: Gives how many there are: a low terminal shows one after the other.
        only: The one action that keys ask for, until `lead`; None for all.
        is_asked: The person is asked something: a key says yes or no. To be set, and taken back, by whoever asks.
        has_screen: Help can be seen here; and the terminal may be asked what it can do.
        reports_releases: The terminal tells when a key is let go, so that one can be held. Set by `keyboard`.
    """

    def __init__(
        self,
        bindings: Bindings,
        *,
        acted: Callable[[Action, Edge], None],
        typed: Callable[[str], None] = lambda _: None,
        answered: Callable[[bool], None] = lambda _: None,
        only: Action | None = None,
        turns: TurnMode = TurnMode.LOCAL,
        has_screen: bool = True,
    ) -> None:
        """Make some.

        Args:
            bindings: Which key does what.
            acted: Told of each action but those that are done here: TYPE, and where there is a screen HELP.
                `Edge.RELEASE` comes for TALK only, in `TurnMode.HOLD`, where the terminal reports releases; then each
                press is followed by one.
            typed: Told of each message that was typed.
            answered: Told whether the answer is yes, while `is_asked`.
            only: The one action that is asked for, until `lead`.
            turns: Who says that a turn is over.
            has_screen: Help can be seen here.
        """
        self.bindings = bindings
        self.entry: Entry | None = None
        self.help_page: int | None = None
        self.help_pages: Callable[[], int] = lambda: 1
        self.only = only
        self.is_asked = False
        self.reports_releases = False
        self._acted = acted
        self._typed = typed
        self._answered = answered
        self._is_sounding: Callable[[], bool] = lambda: False
        self._foreseen: Callable[[bool], None] = lambda _: None
        self._turns = turns
        self.has_screen = has_screen
        self._held: str | None = None
        self._changed: Callable[[], None] = lambda: None
        self._edited: Callable[[Entry | None], None] = lambda _: None

    def lead(
        self,
        acted: Callable[[Action, Edge], None],
        *,
        typed: Callable[[str], None],
        answered: Callable[[bool], None],
        is_sounding: Callable[[], bool],
        foreseen: Callable[[bool], None],
        turns: TurnMode,
    ) -> None:
        """Have others told from now on, of every action; see the constructor.

        ``is_sounding`` says whether there is an answer to stop; ``foreseen`` is told whether a key that has half come
        would stop it, and that it would not any more when ``acted`` was told of that key, or it was another.
        """
        self._acted, self._typed, self._answered, self._is_sounding = acted, typed, answered, is_sounding
        self._foreseen = foreseen
        self.only = None
        self.turns = turns

    @property
    def turns(self) -> TurnMode:
        """Who says that a turn is over; to be set when that changes."""
        return self._turns

    @turns.setter
    def turns(self, turns: TurnMode) -> None:
        self._turns = turns
        self.let_go()
        self._changed()

    @property
    def wants_releases(self) -> bool:
        """A key may be held now; while a line is typed, the terminal is left to make text of keys in its own way."""
        return self._turns is TurnMode.HOLD and self.entry is None

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called when `wants_releases` may have changed."""
        self._changed = changed

    def on_edit(self, edited: Callable[[Entry | None], None]) -> None:
        """Have ``edited`` told whatever is typed now; None when the line is over."""
        self._edited = edited

    def take(self, key: KeyPress | Paste) -> None:
        """Take a key, or what was pasted."""
        if isinstance(key, Paste):
            if self.entry is not None:  # elsewhere it would be a row of commands that nobody gave
                self._put(self.entry.insert(key.text))
        elif key.edge is Edge.RELEASE or key.name == FOCUS_LOST:
            if key.name in {self._held, FOCUS_LOST}:
                self.let_go()
        elif self.only is not None:
            if self.bindings.action_of(key.name, self._turns) is self.only:
                self._acted(self.only, Edge.PRESS)
        elif self.help_page is not None:
            self._leave_help(self.help_page, key)
        elif self.entry is not None:
            self._edit(self.entry, key)
        elif self.is_asked and key.name in _ANSWERS:
            self._answered(_ANSWERS[key.name])
        else:
            self._act(key)

    def foresee(self, key: str | None) -> None:
        """Take the name of a key that has perhaps half come; None where none has, also when it has become a whole one.

        To be called after `take`.
        """
        self._foreseen(key is not None and self._would_stop(key))

    def _would_stop(self, key: str) -> bool:
        """Say whether a key would stop the answer: not if it ends a line, or says no to what is asked."""
        is_meant_for_it = self.entry is None and not (self.is_asked and key in _ANSWERS)
        action = self.bindings.action_of(key, self._turns)
        return is_meant_for_it and action in {Action.INTERRUPT, Action.TALK} and self._is_sounding()

    def _leave_help(self, page: int, key: KeyPress) -> None:
        """Show the next page, or none: then the key does what it always does, unless it can only have meant that."""
        self.help_page = None
        if self.bindings.action_of(key.name, self._turns) is Action.HELP:
            self.help_page = page + 1 if page + 1 < self.help_pages() else None
        elif key.name != "esc" or (self._is_sounding() and not self.is_asked):
            self.take(key)

    def let_go(self) -> None:
        """The key that is held counts as released: nothing will tell when it is."""
        if self._held is not None:
            self._held = None
            self._acted(Action.TALK, Edge.RELEASE)

    def _act(self, key: KeyPress) -> None:
        action = self.bindings.action_of(key.name, self._turns)
        if action is None:
            return
        if action is Action.TYPE:
            self.let_go()
            self._put(Entry())
            self._changed()
        elif action is Action.HELP and self.has_screen:
            self.help_page = 0
        elif action is Action.TALK and self._turns is TurnMode.HOLD and self.reports_releases:
            if self._held is None:
                self._held = key.name
                self._acted(action, Edge.PRESS)
        else:
            self._acted(action, Edge.PRESS)

    def _edit(self, entry: Entry, key: KeyPress) -> None:
        if key.name in {"enter", "esc"}:
            self._put(None)
            self._changed()
            if key.name == "enter" and (text := entry.text.strip()):
                self._typed(text)
        elif key.text:
            self._put(entry.insert(key.text))
        elif key.name in _EDITS:
            self._put(_EDITS[key.name](entry))

    def _put(self, entry: Entry | None) -> None:
        self.entry = entry
        self._edited(entry)
