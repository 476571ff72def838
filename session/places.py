"""Where to tell that an item has its place: before its first words."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_chat.session.effects import Effect, Tell
from realtime_chat.session.notices import Placed, Transcript


def announced(effects: Sequence[Effect], placed: Sequence[Placed]) -> list[Effect]:
    """Give ``effects`` with a notice for each item that was ``placed``: before its words, else at the end."""
    told = list(effects)
    for place in placed:
        at = next((index for index, effect in enumerate(told) if _item_of(effect) == place.item_id), len(told))
        told.insert(at, Tell(place))
    return told


def _item_of(effect: Effect) -> str | None:
    if isinstance(effect, Tell) and isinstance(effect.notice, Transcript):
        return effect.notice.item_id
    return None
