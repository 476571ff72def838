import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.sample_pattern import sample_pattern

PATTERNS = [
    "",
    "abc",
    "^abc$",
    "a.c",
    "a|b",
    "^(red|green) (?:light|dark)$",
    r"^[A-Z]{3}-\d{4}$",
    r"^\w+\s\S*$",
    r"^[a-z0-9_-]+$",
    "^[^a-z]$",
    r"^[^\w\s]$",
    r"^[\d.]+$",
    r"^[]a]$",
    r"^[a-]$",
    r"^x{2,5}?y*z+$",
    r"^(?P<year>\d{4})-\d\d$",
    r"^\.\/\\\n\t\x41\u0042$",
    r"^\D\W\S$",
    r"\bword\b",
    "^((a|b){2}c){3}$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_matches(pattern):
    assert re.search(pattern, sample_pattern(pattern))


@given(st.lists(st.sampled_from(["a", r"\d", "[b-d]", "(x|y)", "(?:ef)+", "g{2}", "h?", "[^a]"]), max_size=6))
def test_what_is_made_of_what_it_understands_matches(parts):
    pattern = f"^{''.join(parts)}$"
    assert re.search(pattern, sample_pattern(pattern))


@given(st.text("()[]{}\\^$|?*+-:<>=!Pabx0,", max_size=30))
def test_no_pattern_breaks_it(pattern):
    assert isinstance(sample_pattern(pattern), str)


def test_a_count_has_a_limit():
    assert len(sample_pattern("a{999999999}")) == 1024
