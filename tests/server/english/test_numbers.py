import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.english import numbers


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (1_234, "one thousand two hundred thirty four"),
        (1_000_001, "one million one"),
        (-5, "minus five"),
        (10**18, "one" + " zero" * 18),
    ],
)
def test_cardinal(value, said):
    assert numbers.cardinal(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(1, "first"), (12, "twelfth"), (20, "twentieth"), (22, "twenty second"), (100, "one hundredth")],
)
def test_ordinal(value, said):
    assert numbers.ordinal(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1984, "nineteen eighty four"),
        (1905, "nineteen oh five"),
        (1900, "nineteen hundred"),
        (2000, "two thousand"),
        (2004, "two thousand four"),
        (2026, "twenty twenty six"),
        (1066, "one thousand sixty six"),
        (476, "four hundred seventy six"),
    ],
)
def test_year(value, said):
    assert numbers.year(value) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,234", "one thousand two hundred thirty four"),
        ("-3.50", "minus three point five zero"),
        (".5", "zero point five"),
        ("007", "zero zero seven"),
        ("0", "zero"),
        ("+7", "seven"),
    ],
)
def test_number(written, said):
    assert numbers.number(written) == said


@pytest.mark.parametrize(
    ("top", "bottom", "said"),
    [
        (1, 2, "one half"),
        (3, 2, "three halves"),
        (3, 4, "three quarters"),
        (1, 3, "one third"),
        (5, 1, "five over one"),
    ],
)
def test_fraction(top, bottom, said):
    assert numbers.fraction(top, bottom) == said


@pytest.mark.parametrize(("word", "many"), [("ninety", "nineties"), ("third", "thirds"), ("six", "sixes")])
def test_plural(word, many):
    assert numbers.plural(word) == many


@pytest.mark.parametrize(
    ("figures", "value"),
    [
        ("IV", 4),
        ("VIII", 8),
        ("MCMXCIX", 1999),
        ("IIII", None),
        ("IC", None),
        ("", None),
        ("MMMM", None),
        ("ABC", None),
    ],
)
def test_roman(figures, value):
    assert numbers.roman(figures) == value


def _value(words: str) -> int:
    """Read a cardinal back, by the rule that a scale multiplies what was said since the one before it."""
    small = {numbers.cardinal(value): value for value in range(20)}
    small |= {numbers.cardinal(value): value for value in range(20, 100, 10)}
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}
    total = group = 0
    for word in words.split():
        if word == "hundred":
            group *= 100
        elif word in scales:
            total, group = total + group * scales[word], 0
        else:
            group += small[word]
    return total + group


@given(st.integers(0, numbers.LARGEST))
def test_a_cardinal_can_be_read_back(value):
    assert _value(numbers.cardinal(value)) == value


@given(st.integers())
def test_nothing_said_holds_a_figure(value):
    for said in (numbers.cardinal(value), numbers.ordinal(abs(value)), numbers.digits(str(value))):
        assert re.fullmatch(r"[a-z ]*", said)
