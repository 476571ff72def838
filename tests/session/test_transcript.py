from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.session.transcript import TranscriptStore


@given(st.text(), st.lists(st.integers(0, 40)))
def test_how_words_are_split_makes_no_difference(text: str, cuts: list[int]) -> None:
    line = TranscriptStore().place("a", "assistant")
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(edges):
        assert line.extend(0, text[begin:end]) == (end > begin)
    assert line.text == text


@given(st.lists(st.text()), st.text(min_size=1), st.lists(st.text()))
def test_the_whole_wins(before: list[str], whole: str, after: list[str]) -> None:
    line = TranscriptStore().place("a", "assistant")
    for delta in before:
        line.extend(0, delta)
    assert line.complete(0, whole) == ("".join(before) != whole)
    for delta in after:
        assert not line.extend(0, delta)
        assert not line.complete(0, delta)
    assert line.text == whole


@given(st.permutations(["a", "b", "c", "d"]))
def test_items_stand_behind_those_they_follow(order: list[str]) -> None:
    before: dict[str, str | None] = {"a": None, "b": "a", "c": "b", "d": "c"}
    store = TranscriptStore()
    for item_id in order:
        store.place(item_id, "user", before[item_id])
    found = [line.item_id for line in store.lines]
    for item_id, after in before.items():
        if after is not None and order.index(after) < order.index(item_id):
            assert found.index(after) < found.index(item_id)


def test_parts_are_in_order_and_apart() -> None:
    line = TranscriptStore().place("a", "assistant")
    line.extend(2, "three")
    line.complete(0, "One")
    line.extend(1, "two")
    assert line.text == "One two three"


def test_an_empty_whole_is_no_news() -> None:
    line = TranscriptStore().place("a", "assistant")
    line.extend(0, "Words")
    assert not line.complete(0, "")
    assert line.extend(0, " more")
    assert line.text == "Words more"


def test_a_closed_line_takes_nothing() -> None:
    line = TranscriptStore().place("a", "assistant")
    assert not line.is_final
    assert line.close()
    assert not line.close()
    assert not line.extend(0, "late")
    assert not line.complete(0, "late")
    assert (line.text, line.is_final) == ("", True)


def test_places_and_roles_are_kept() -> None:
    store = TranscriptStore()
    first = store.place("a", "user")
    store.place("b", "assistant", after="unknown")
    assert store.place("a", "assistant", after="b") is first
    assert store.find("a") is first
    assert store.find("c") is None
    assert [(line.item_id, line.role) for line in store.lines] == [("a", "user"), ("b", "assistant")]
    store.remove("a")
    store.remove("a")
    assert [line.item_id for line in store.lines] == ["b"]
