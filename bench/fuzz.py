"""The server takes generated messages: events, what is nearly one, and garbage, in any order.

    python bench/fuzz.py [MESSAGES [SEED]]

Each session is held in memory with scripted engines, by the same code as in tests/server/test_fuzz.py: it must not
break, must leave no task behind, must keep no more than it may, must still answer at the end, and everything that it
says must satisfy the types of the official SDK. What breaks one is printed as the shortest frames that do.

Printed: how many messages of which kind there were, what was answered, and how many sessions broke.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from dialect_messages import talks
from fuzzed_session import hold
from hypothesis import HealthCheck, Phase, given, seed, settings
from table import table

from realtime_chat.protocol.codec import CLIENT_EVENT_TYPES
from realtime_chat.protocol.dialects.table import DIALECTS
from realtime_chat.protocol.dialects.wire import type_of

MESSAGES = 100_000
LONGEST = 40
"""Messages of a session at most."""

BATCH = 200
"""Sessions for each seed."""


class Tally:
    """What was sent and what came of it."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.sessions = 0
        self.broken: dict[str, str] = {}

    @property
    def messages(self) -> int:
        """How many messages there were."""
        return self.sent.total()

    def hold(self, frames: list[str | bytes], named: str | None) -> None:
        """Hold a session of a client whose request named this dialect."""
        self.sessions += 1
        self.sent.update(_kind(frame) for frame in frames)
        for event in hold(frames, named):
            self.answers[str(event["type"])] += 1
            if isinstance(error := event.get("error"), dict):
                self.codes[str(error.get("code"))] += 1


_KINDS = frozenset(CLIENT_EVENT_TYPES).union(*(dialect.client_words for dialect in DIALECTS.values()))


def _kind(frame: str | bytes) -> str:
    kind = type_of(frame)
    return kind if kind in _KINDS else "no event"


def batch(tally: Tally, number: int) -> None:
    """Hold some sessions; the first that breaks is made as short as it can be, and ends the batch."""
    last: list[str | bytes] = []

    @seed(number)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(talks(LONGEST))
    def sessions(talk: tuple[str | None, list[str | bytes]]) -> None:
        named, frames = talk
        last[:] = frames
        tally.hold(frames, named)

    try:
        sessions()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  - whatever broke the session is what is looked for
        tally.broken.setdefault(_way(error), f"{last}\n{traceback.format_exc()}")


def _way(error: BaseException) -> str:
    """Say what happened and in which line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {str(error)[:300]}"


def main() -> int:
    """Hold sessions until there were enough messages."""
    wanted = int(sys.argv[1]) if sys.argv[1:] else MESSAGES
    number = int(sys.argv[2]) if sys.argv[2:] else 0
    tally = Tally()
    begun = time.monotonic()
    while tally.messages < wanted:
        batch(tally, number)
        number += 1
    rows = [(kind, f"{count:,}") for kind, count in tally.sent.most_common()]
    print(table(("generated messages", "how many"), [("all", f"{tally.messages:,}"), *rows]), end="\n\n")
    rows = [(code, f"{count:,}") for code, count in tally.codes.most_common()]
    print(table(("errors answered", "how many"), [("all", f"{tally.codes.total():,}"), *rows]), end="\n\n")
    rows = [(kind, f"{count:,}") for kind, count in tally.answers.most_common()]
    print(table(("events answered", "how many"), [("all", f"{tally.answers.total():,}"), *rows]), end="\n\n")
    rows = [
        ("sessions", f"{tally.sessions:,}"),
        ("sessions that broke, different ways", f"{len(tally.broken)}"),
        ("seconds", f"{time.monotonic() - begun:.0f}"),
    ]
    print(table(("result", ""), rows))
    for way, example in tally.broken.items():
        print(f"\n{way}\n{example}")
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
