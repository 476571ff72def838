"""The recorder holds the sessions whose logs are in tests/data."""

from __future__ import annotations

import json


async def test_a_session_is_recorded_as_its_log_has_it(tool):
    recorder = tool("record_sessions")
    log = (recorder.DATA / "session-typed.jsonl").read_text().splitlines()
    lines = await recorder.record(recorder.SCENES["typed"])
    assert [line["event"]["type"] for line in lines] == [json.loads(line)["event"]["type"] for line in log]
