import pytest

from realtime_chat.cli.meter import METER_STEPS, bar
from realtime_chat.cli.rows import Style, row_text, row_width
from realtime_chat.cli.status_row import details_row, status_row
from realtime_chat.cli.view import Picture
from realtime_chat.session.notices import Phase
from realtime_chat.session.settings import TurnMode

FULL = Picture(
    phase=Phase.HEARING,
    is_muted=True,
    speaker=METER_STEPS,
    turns=TurnMode.HOLD,
    volume=70,
    latency_ms=1200,
    tokens=312,
    model="gpt-realtime-2.1-mini",
)


def test_all_there_is():
    text = row_text(status_row(FULL, 200))
    assert text == f"◉ hearing you  mic {bar(0)}  voice {bar(METER_STEPS)}  muted  hold to talk  volume 70 %"
    assert row_text(details_row(FULL, 200)) == "answered after 1200 ms · 312 tokens · gpt-realtime-2.1-mini"


def test_voice_off():
    assert "voice off" in row_text(status_row(Picture(is_voice_on=False), 80))


@pytest.mark.parametrize("phase", list(Phase))
def test_every_state_has_a_name_and_the_meters_keep_their_place(phase):
    text = row_text(status_row(Picture(phase=phase), 80))
    assert text.index("mic ") == row_text(status_row(Picture(), 80)).index("mic ")


@pytest.mark.parametrize("columns", range(1, 100))
def test_what_matters_least_is_left_out_where_there_is_no_room(columns):
    for row in (status_row(FULL, columns), details_row(FULL, columns)):
        assert 0 < row_width(row) <= columns
    text = row_text(status_row(FULL, columns))
    assert ("muted" in text) is (columns >= len("◉ hearing you  muted"))
    assert columns < len("◉ hearing you") or text.startswith("◉ hearing you")
    assert ("mic" in text) is (columns >= len("◉ hearing you  mic ▯▯▯▯▯▯▯▯  muted"))


def test_nothing_is_known_at_first():
    assert details_row(Picture(), 80) == ()


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 token"), (9999, "9999 tokens"), (12_345, "12.3k tokens"), (2_500_000, "2.5M tokens")]
)
def test_tokens(count, text):
    assert row_text(details_row(Picture(tokens=count), 80)) == text


def test_a_late_answer_stands_out():
    assert details_row(Picture(latency_ms=999), 80)[0].style is Style.DIM
    assert details_row(Picture(latency_ms=1000), 80)[0].style is Style.FAULT
