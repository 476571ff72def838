"""What a session of the server keeps of what its client sent, measured without asking those who count it there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

from realtime_chat.protocol.dialects.server_end import ServerEnd
from realtime_chat.protocol.items import InputImage, Item, MessageItem
from realtime_chat.server.conversation import Conversation
from realtime_chat.server.entry import Entry


@dataclass(frozen=True)
class Limits:
    """What ``docs/serve.md`` allows, by the names that the figures have in the code.

    Attributes:
        sound: Bytes of sound that are kept of items.
        texts: Characters of all items that the client brought.
        other: Characters of everything else: the session, ids, words that were recognised or written here.
        depth: Objects and lists within each other.
    """

    items: int
    text: int
    texts: int
    pictures: int
    session: int
    tracing: int
    sound: int
    other: int
    depth: int = 200


SMALL = Limits(
    items=6, text=4_000, texts=6_000, pictures=1_500, session=12_000, tracing=4_000, sound=200_000, other=20_000
)
"""So little that a few frames come to the borders."""

_OF_AN_ANSWER = 8
"""Items that an answer may add which was begun when there was room for one."""


def names_of(limits: Limits) -> dict[str, int]:
    """Give what to set for these limits, by its full name."""
    room = "realtime_chat.server.room"
    return {
        f"{room}.MAX_ITEMS": limits.items,
        f"{room}.MAX_TEXT": limits.text,
        f"{room}.MAX_TEXTS": limits.texts,
        f"{room}.MAX_PICTURES": limits.pictures,
        f"{room}.MAX_SESSION": limits.session,
        f"{room}.OBJECT": 2,  # so that it is not for their weight that deep things are refused
        "realtime_chat.server.checks.MAX_TRACING": limits.tracing,
    }


def excess(conversation: Conversation, end: ServerEnd, limits: Limits) -> list[str]:
    """Say what a session keeps more of than it may."""
    entries = list(conversation._history)
    found = {
        "items": (len(entries), limits.items + _OF_AN_ANSWER),
        "items of the client": (len([entry for entry in entries if not _is_answer(entry)]), limits.items),
        "text": (sum(len(_json(_brought(entry))) for entry in entries if any(entry.brought)), limits.texts),
        "pictures": (sum(len(one.image_url) for entry in entries for one in _pictures(entry)), limits.pictures),
        "sound": (sum(len(entry.pcm) for entry in _idle(conversation)), limits.sound),
        "session": (len(_json(conversation.session)), limits.session),
        "depth": (_depth([msgspec.to_builtins(one) for one in [conversation.session, *_items(entries)]]), limits.depth),
        # Answers under way are left out: what was asked of them is as long as their events may be, while they are.
        "all texts": (
            sum(map(len, _texts([conversation, end], without={"_answerer", "_out"}))),
            limits.texts + limits.pictures + limits.session + limits.other,
        ),
    }
    return [f"{what}: {much}, and may be {most}" for what, (much, most) in found.items() if much > most]


def _is_answer(entry: Entry) -> bool:
    """Whether the item is the model's: nobody brought it, and nobody said it."""
    return not any(entry.brought) and not (isinstance(entry.item, MessageItem) and entry.item.role == "user")


def _idle(conversation: Conversation) -> list[Entry]:
    """The items whose sound may be dropped: not in use, and not the last such that came of its side."""
    arrived = [entry for entry in conversation._history._by_id.values() if entry.pcm and not entry.is_in_use]
    last = {entry.item.role: entry for entry in arrived if isinstance(entry.item, MessageItem)}
    return [entry for entry in arrived if entry not in last.values()]


def _items(entries: list[Entry]) -> list[Item]:
    return [entry.item for entry in entries]


def _depth(level: list[Any]) -> int:
    """Levels of objects and lists, of which ``level`` are the first."""
    depth = 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return depth


def _pictures(entry: Entry) -> list[InputImage]:
    content = entry.item.content if isinstance(entry.item, MessageItem) else []
    return [part for part in content if isinstance(part, InputImage)]


def _brought(entry: Entry) -> Any:
    """An item as its client brought it, without pictures, and without the words that were recognised."""
    fields = msgspec.to_builtins(entry.item)
    for part in fields.get("content", []):
        part.pop("image_url", None)
        if entry.samples:
            part.pop("transcript", None)
    return fields


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _texts(roots: Iterable[object], without: set[str]) -> Iterator[str]:
    """Every text that can be reached through objects of the program, once, but through the attributes left out."""
    known: set[int] = set()
    left = deque(roots)
    while left:
        value = left.popleft()
        if id(value) in known or isinstance(value, Enum | type):
            continue
        known.add(id(value))
        match value:
            case str():
                yield value
            case dict():
                left.extend((*value.keys(), *value.values()))
            case list() | tuple() | set() | frozenset() | deque():
                left.extend(value)
            case Struct():
                left.extend(getattr(value, name) for name in value.__struct_fields__)
            case _ if type(value).__module__.startswith("realtime_chat."):
                names = {*getattr(value, "__dict__", {}), *getattr(type(value), "__slots__", ())}
                left.extend(getattr(value, name, None) for name in names - without)
