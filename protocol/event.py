"""What all events of a server have in common."""

from __future__ import annotations

from msgspec import Struct


class ServerEvent(Struct, tag_field="type", kw_only=True):
    """An event. Strict clients drop one without an id."""

    event_id: str = ""
