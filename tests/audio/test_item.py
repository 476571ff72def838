import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.item import Item

LOUD = np.full(1000, 20_000, "<i2")


def item(samples: int = 1000) -> Item:
    one = Item("a")
    one.put(LOUD[:samples].tobytes())
    return one


def drawn(one: Item, samples: int) -> list[int]:
    return np.frombuffer(one.draw(samples), "<i2").tolist()


def test_the_last_5_ms_are_held_back_until_it_is_complete() -> None:
    one = item()
    assert (one.pending, one.free, one.received) == (1000, 880, 1000)
    one.complete()
    assert (one.pending, one.free) == (1000, 1000)
    assert len(drawn(one, 2000)) == 1000
    assert one.is_over


def test_it_says_when_it_starves() -> None:
    one = item(400)
    assert (one.is_silent, one.is_starving) == (True, False)
    one.draw(280)
    assert (one.is_silent, one.is_starving) == (False, False)
    one.draw(1)
    assert (one.is_silent, one.is_starving) == (False, True)
    one.draw(500)
    assert (one.is_silent, one.is_starving) == (True, True)


def test_what_lies_ahead_is_as_loud_as_what_sounds() -> None:
    one = item()
    assert one.ahead(120) == b""
    one.draw(60)  # half of the fade-in
    assert set(np.frombuffer(one.ahead(120), "<i2").tolist()) == {10_000}
    one.draw(60)
    assert one.ahead(120) == LOUD[:120].tobytes()
    one.complete()
    one.draw(820)  # all but half of the fade-out
    assert np.frombuffer(one.ahead(120), "<i2").tolist() == [10_000] * 60


@given(st.integers(1, 300), st.lists(st.integers(1, 100), max_size=20))
def test_an_item_shorter_than_its_fades_has_both(samples: int, blocks: list[int]) -> None:
    one = item(samples)
    one.complete()
    got = [value for block in [*blocks, 300] if not one.is_over for value in drawn(one, block)]
    assert len(got) == samples
    top = min(range(samples), key=lambda index: -got[index])
    assert got[: top + 1] == sorted(got[: top + 1])
    assert got[top:] == sorted(got[top:], reverse=True)
    assert got[-1] == 0
