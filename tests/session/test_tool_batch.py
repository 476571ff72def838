from __future__ import annotations

import pytest

from realtime_chat.session.moves import IllegalMove
from realtime_chat.session.tool_batch import BATCHES, CALLS, Batch, BatchStage, Call, CallStage


def test_every_stage_has_its_moves() -> None:
    assert set(BATCHES) == set(BatchStage)
    assert set(CALLS) == set(CallStage)


def test_a_move_keeps_the_time() -> None:
    call = Call("c", "f", "{}", Batch("r", BatchStage.ARRIVING, is_surplus=False), since=1.0)
    assert call.milliseconds(1.5) == 500
    call.move(CallStage.QUEUED, 2.0)
    assert (call.stage, call.since, call.milliseconds(9.0)) == (CallStage.QUEUED, 2.0, 0)


def test_what_is_dropped_is_not_taken_up_again() -> None:
    batch = Batch("r", BatchStage.ARRIVING, is_surplus=False)
    batch.move(BatchStage.DROPPED)
    with pytest.raises(IllegalMove):
        batch.move(BatchStage.WAITING)


def test_nothing_runs_unasked() -> None:
    call = Call("c", "f", "{}", Batch("r", BatchStage.ARRIVING, is_surplus=False), 1.0)
    with pytest.raises(IllegalMove):
        call.move(CallStage.RUNNING, 2.0)
