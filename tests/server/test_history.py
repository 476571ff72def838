import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from realtime_chat.protocol.items import (
    InputAudio,
    InputText,
    McpListToolsItem,
    MessageItem,
    OutputAudio,
    OutputText,
)
from realtime_chat.server.engines.seam import ChatMessage
from realtime_chat.server.entry import Entry
from realtime_chat.server.history import History


def message(item_id: str, role: str, *content) -> Entry:
    return Entry(MessageItem(id=item_id, role=role, content=list(content)))


def test_items_are_placed_after_the_one_named():
    history = History()
    assert history.add(message("b", "user", InputText(text="b"))) is None
    assert history.add(message("c", "user", InputText(text="c"))) == "b"
    assert history.add(message("a", "user", InputText(text="a")), "root") is None
    assert history.add(message("bb", "user", InputText(text="bb")), "b") == "b"
    assert [entry.id for entry in history] == ["a", "b", "bb", "c"]
    assert history.before("bb") == "b"
    assert history.before("a") is None
    assert history.before("nobody") is None
    assert history.last_id == "c"


def test_an_unknown_place_is_a_key_error():
    with pytest.raises(KeyError):
        History().add(message("a", "user", InputText(text="")), "nobody")
    with pytest.raises(KeyError):
        History().remove("nobody")


def test_messages_leave_out_what_nobody_said():
    history = History()
    history.add(message("u", "user", InputText(text="hello")))
    history.add(message("e", "user", InputAudio(transcript=None)))
    history.add(Entry(McpListToolsItem(id="m", server_label="x", tools=[])))
    history.add(message("a", "assistant", OutputText(text="hi")))
    assert history.messages("be kind") == (
        ChatMessage("system", "be kind"),
        ChatMessage("user", "hello"),
        ChatMessage("assistant", "hi"),
    )
    assert history.messages("", heard=("new", "and now?"))[-1] == ChatMessage("user", "and now?")
    assert history.messages("", heard=("u", "again"))[-1] == ChatMessage("assistant", "hi")


LIMIT = 1_000
ROLES = st.sampled_from(["user", "assistant"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), ROLES, st.integers(0, 500), st.booleans()),
        st.tuples(st.just("finish"), st.integers(0, 50)),
        st.tuples(st.just("remove"), st.integers(0, 50)),
    ),
    max_size=40,
)


@given(STEPS)
def test_the_oldest_sound_goes_when_there_is_too_much(steps):
    history, arrived, lengths = History(LIMIT), [], {}
    for number, (what, *details) in enumerate(steps):
        had = [one for one in arrived if one.pcm]
        if what == "add":
            role, samples, in_use = details
            entry = message(str(number), role, InputText(text="x") if role == "user" else OutputText(text="x"))
            entry.pcm += bytes(2 * samples)
            entry.awaited = in_use and role == "user"
            entry.item = replace(entry.item, status="in_progress" if in_use and role == "assistant" else "completed")
            history.add(entry, "root" if samples % 2 else None)
            arrived.append(entry)
            lengths[entry.id] = samples
        elif arrived:
            entry = arrived[details[0] % len(arrived)]
            if what == "finish":
                entry.awaited, entry.item = False, replace(entry.item, status="completed")
                history.trim(entry)
            else:
                arrived.remove(entry)
                history.remove(entry.id)
        last = [[one for one in arrived if one.item.role == role and one.pcm][-1:] for role in ("user", "assistant")]
        spared = [one.id for one in arrived if one.is_in_use or [one] in last]
        droppable = [one for one in arrived if one.id not in spared and one.samples]
        kept = sum(len(one.pcm) for one in arrived)
        assert kept <= LIMIT or not [one for one in droppable if one.pcm]
        dropped_now = [arrived.index(one) for one in arrived if one in had and not one.pcm]
        assert not dropped_now or max(dropped_now) < min(
            (arrived.index(one) for one in droppable if one.pcm), default=len(arrived)
        )
        assert all(one.pcm for one in arrived if one.is_in_use and lengths[one.id])
        assert all(one.samples == lengths[one.id] and one.transcript == "x" for one in arrived)


@given(st.integers(0, 3_000), st.lists(st.integers(1, 400), max_size=12))
def test_what_is_being_said_grows_beyond_the_limit_until_it_is_said(first, pieces):
    history = History(LIMIT)
    before, now = (
        message("a", "assistant", OutputAudio(transcript="One.")),
        message("b", "assistant", OutputAudio(transcript="")),
    )
    before.pcm = bytearray(2 * first)
    before.item = replace(before.item, status="completed")
    now.item = replace(now.item, status="in_progress")
    history.add(before)
    history.add(now)
    for piece in pieces:
        now.pcm += bytes(2 * piece)
    now.item = replace(now.item, status="completed")
    history.trim(now)
    assert len(now.pcm) == 2 * sum(pieces)
    fits = 2 * (first + sum(pieces)) <= LIMIT or not pieces
    assert len(before.pcm) == (2 * first if fits else 0)
