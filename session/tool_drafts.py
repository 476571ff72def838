"""`ToolDrafts`: calls that are being written, for servers that say the name in one event and the rest in another."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, structs

from realtime_chat.protocol.items import FunctionCallItem
from realtime_chat.protocol.response_events import FunctionCallDone

_MOST: Final = 256
"""Calls of one response, and responses, that are kept in mind: a server that ends none must not fill the memory."""


class ToolDrafts:
    """Calls by their responses."""

    def __init__(self) -> None:
        self._responses: dict[str, dict[str, FunctionCallItem]] = {}

    def begin(self, response_id: str, item: FunctionCallItem) -> None:
        """A call is begun: its name is known."""
        drafts = self._of(response_id)
        if len(drafts) < _MOST:
            drafts.setdefault(call_id_of(item), structs.replace(item, status="in_progress"))

    def write(self, event: FunctionCallDone) -> None:
        """All of a call's arguments came; its name may be missing."""
        call_id = event.call_id or event.item_id
        drafts = self._of(event.response_id)
        begun = drafts.get(call_id)
        name = event.name or (begun.name if begun is not None else "")
        if name and (begun is not None or len(drafts) < _MOST):
            item_id = event.item_id or (begun.id if begun is not None else UNSET)
            drafts[call_id] = FunctionCallItem(id=item_id, name=name, arguments=event.arguments, call_id=call_id)

    def end(self, response_id: str, item: FunctionCallItem) -> None:
        """The end of the response names a call, as it is then."""
        self._of(response_id)[call_id_of(item)] = item

    def take(self, response_id: str) -> list[FunctionCallItem]:
        """Give the calls of a response that is done, and forget them; one that was only begun is in progress."""
        return list(self._responses.pop(response_id, {}).values())

    def _of(self, response_id: str) -> dict[str, FunctionCallItem]:
        drafts = self._responses.setdefault(response_id, {})
        while len(self._responses) > _MOST:
            del self._responses[next(iter(self._responses))]
        return drafts


def call_id_of(item: FunctionCallItem) -> str:
    """Give the id that a call is answered by: its own, or its item's where it has none; ``""`` where it has neither."""
    for name in (item.call_id, item.id):
        if isinstance(name, str) and name:
            return name
    return ""
