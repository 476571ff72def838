"""`AnswerBook`: the answers that are not over, those that lately were, and whose each item is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from realtime_chat.session.alignment import Alignment
from realtime_chat.session.answer import Answer, Output
from realtime_chat.session.metrics import TurnTiming

_REMEMBERED: Final = 32
"""Responses, with their items, that are kept in mind after they are over, to deal with what arrives late for them."""


class AnswerBook:
    """Answers by response, and items by their ids."""

    def __init__(self, *, speed: float) -> None:
        """Make an empty one; ``speed`` is how fast the voice speaks, 1 being its usual pace."""
        self._speed = speed
        self._open: dict[str, Answer] = {}
        self._past: dict[str, Answer] = {}
        self._items: dict[str, Output] = {}

    @property
    def wanted(self) -> tuple[Answer, ...]:
        """Those that are not over and were not interrupted."""
        return tuple(answer for answer in self._open.values() if answer.is_wanted)

    @property
    def unwanted(self) -> tuple[Answer, ...]:
        """Those that are not over and were interrupted."""
        return tuple(answer for answer in self._open.values() if not answer.is_wanted)

    @property
    def is_sounding(self) -> bool:
        """Sound of an answer that was not interrupted was handed over and is not over."""
        return any(item.is_sounding for item in self._wanted_items())

    @property
    def is_audible(self) -> bool:
        """An item of such an answer, whose sound is not over, has begun to sound."""
        return any(item.is_audible for item in self._wanted_items())

    def __contains__(self, response_id: str) -> bool:
        return response_id in self._open or response_id in self._past

    def begin(self, response_id: str, timing: TurnTiming | None) -> None:
        """An answer began."""
        self._open[response_id] = Answer(response_id, timing)

    def find(self, response_id: str) -> Answer | None:
        """Give an answer that is not over."""
        return self._open.get(response_id)

    def recall(self, response_id: str) -> Answer | None:
        """Give an answer, also one that is over, as long as it is remembered."""
        return self._open.get(response_id) or self._past.get(response_id)

    def item(self, item_id: str) -> Output | None:
        """Give an item, of whatever answer."""
        return self._items.get(item_id)

    def is_of(self, answer: Answer, item_id: str) -> bool:
        """Say whether an item is, or would be, one of ``answer``: an id that another answer used is that one's."""
        item = self._items.get(item_id)
        return item is None or item.answer is answer

    def own(self, answer: Answer, item_id: str) -> Output:
        """Give an item; a new one belongs to ``answer``."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = Output(item_id, answer, alignment=Alignment(self._speed))
            answer.items.append(item)
        return item

    def retire(self, answer: Answer) -> None:
        """An answer is over."""
        del self._open[answer.response_id]
        self._past[answer.response_id] = answer
        if len(self._past) > _REMEMBERED:
            forgotten = self._past.pop(next(iter(self._past)))
            for item in forgotten.items:
                del self._items[item.item_id]

    def _wanted_items(self) -> Iterator[Output]:
        return (item for answer in self.wanted for item in answer.items)
