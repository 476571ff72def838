"""The recorder holds the sessions whose logs are in tests/data."""

from __future__ import annotations

import json
from typing import Any


async def test_a_session_is_recorded_as_its_log_has_it(tool):
    recorder = tool("record_sessions")
    log = (recorder.DATA / "session-typed.jsonl").read_text().splitlines()
    recorded = await recorder.record(recorder.SCENES["typed"])
    for side in ("client", "server"):  # each says the same in the same order; how the two meet depends on the machine
        assert said(side, recorded) == said(side, [json.loads(line) for line in log])


def said(side: str, lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"]["type"] for line in lines if line["from"] == side]
