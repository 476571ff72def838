import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.cli.meter import FALL_SECONDS, METER_STEPS, Meter, bar


def test_it_rises_at_once_and_falls_slowly():
    meter = Meter()
    assert meter.steps(1.0, now=0.0) == METER_STEPS
    assert meter.steps(0.0, now=FALL_SECONDS / 2) == METER_STEPS / 2
    assert meter.steps(0.75, now=FALL_SECONDS / 2) == METER_STEPS * 0.75
    assert meter.steps(0.0, now=FALL_SECONDS * 2) == 0


def test_silence_is_at_once():
    meter = Meter()
    meter.steps(1.0, now=0.0)
    assert meter.silence() == 0
    assert meter.steps(0.0, now=0.01) == 0


@given(st.lists(st.tuples(st.floats(-2, 3), st.floats(0, 100))))
def test_it_is_never_off_its_scale_nor_below_what_is_heard(levels):
    meter = Meter()
    for level, now in levels:
        steps = meter.steps(level, now)
        assert round(min(1.0, max(0.0, level)) * METER_STEPS) <= steps <= METER_STEPS


@pytest.mark.parametrize("steps", range(METER_STEPS + 1))
def test_a_bar_is_always_as_wide(steps):
    assert len(bar(steps)) == METER_STEPS
