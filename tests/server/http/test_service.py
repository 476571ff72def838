from __future__ import annotations

import re

from realtime_chat.server.http.service import Ids


def test_no_id_comes_twice() -> None:
    ids = Ids()
    made = [ids.new("item") for _ in range(1_000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"item_[0-9a-f]{20}", one) for one in made)
