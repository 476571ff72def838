import numpy as np
import pytest

from realtime_chat.cli.doctor.finding import Verdict
from realtime_chat.cli.doctor.level import Level, judge_level, level_of


def test_silence_has_no_level():
    assert level_of(bytes(4800)) == Level(None, 0)
    assert level_of(b"") == Level(None, 0)


def test_a_square_wave_of_half_the_scale_is_at_minus_six():
    level = level_of(np.tile(np.array([16384, -16384], "<i2"), 1000).tobytes())
    assert level.rms_dbfs == pytest.approx(-6.02, abs=0.01)
    assert level.clipped == 0


def test_both_limits_count_as_clipped():
    assert level_of(np.array([32767, -32768, -32767, 32766, 0], "<i2").tobytes()).clipped == 3


@pytest.mark.parametrize(
    ("level", "verdict", "word"),
    [
        (Level(None, 0), Verdict.WARN, "zeros"),
        (Level(-84.0, 0), Verdict.WARN, "all but silent"),
        (Level(-55.0, 0), Verdict.OK, "-55 dBFS"),
        (Level(-10.0, 3), Verdict.OK, "-10 dBFS"),
        (Level(-3.0, 900), Verdict.WARN, "clips"),
    ],
)
def test_what_a_level_means(level: Level, verdict: Verdict, word: str):
    finding = judge_level(level)
    assert finding.verdict is verdict
    assert word in finding.what
    assert bool(finding.todo) is (verdict is Verdict.WARN)


@pytest.mark.parametrize(
    ("platform", "word"), [("darwin", "Privacy & Security"), ("win32", "desktop apps"), ("linux", "pactl")]
)
def test_each_system_has_its_own_cause_of_silence(platform: str, word: str):
    assert word in judge_level(Level(None, 0), platform).todo
