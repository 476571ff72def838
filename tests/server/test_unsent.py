from __future__ import annotations

import asyncio
import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol import items
from realtime_chat.protocol.buffer_events import BufferCleared
from realtime_chat.protocol.codec import encode
from realtime_chat.protocol.item_events import ItemAdded, ItemDone, ItemRetrieved, TranscriptionDelta
from realtime_chat.server.unsent import Unsent, frame_bytes

CLEARED = BufferCleared(event_id="e")
SIZE = len('{"type":"input_audio_buffer.cleared","event_id":"e"}')


def test_events_are_counted_until_they_are_sent():
    unsent = Unsent(2, 10_000)
    unsent.put(CLEARED)
    unsent.put(CLEARED)
    with pytest.raises(asyncio.QueueFull):
        unsent.put(CLEARED)


async def test_bytes_are_counted_until_they_are_sent():
    unsent = Unsent(100, 2 * SIZE)
    unsent.put(CLEARED)
    unsent.put(CLEARED)
    assert unsent.size == 2 * SIZE
    with pytest.raises(asyncio.QueueFull):
        unsent.put(CLEARED)
    await unsent.get()
    with pytest.raises(asyncio.QueueFull):
        unsent.put(CLEARED)
    unsent.sent()
    unsent.put(CLEARED)


def test_long_words_weigh_more():
    unsent = Unsent(100, 1_000)
    with pytest.raises(asyncio.QueueFull):
        unsent.put(TranscriptionDelta(event_id="e", item_id="i", content_index=0, delta="x" * 1_000))
    assert unsent.size == 0


async def test_it_is_calm_below_half_the_events_and_a_quarter_of_the_bytes():
    for unsent in (Unsent(4, 1_000 * SIZE), Unsent(1_000, 8 * SIZE)):
        unsent.put(CLEARED)
        unsent.put(CLEARED)
        assert unsent.is_calm
        unsent.put(CLEARED)
        assert not unsent.is_calm
        waiting = asyncio.create_task(unsent.calm())
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await unsent.get() is CLEARED
        unsent.sent()
        await waiting


async def test_all_is_sent_when_the_last_is():
    unsent = Unsent(10, 1_000)
    unsent.put(CLEARED)
    waiting = asyncio.create_task(unsent.all_sent())
    await unsent.get()
    await asyncio.sleep(0)
    assert not waiting.done()
    unsent.sent()
    await waiting


def test_what_is_forgotten_weighs_nothing():
    unsent = Unsent(10, 1_000)
    unsent.put(CLEARED)
    unsent.clear()
    assert unsent.size == 0


@given(st.binary(max_size=20), st.sampled_from([items.InputAudio, items.OutputAudio]), st.booleans())
def test_the_length_of_a_frame_is_known_without_its_sound_being_encoded(sound, kind, is_kept):
    part = kind(audio=sound) if is_kept else kind(transcript="x")
    item = items.MessageItem(id="a", role="user", content=[part, items.InputText(text="y")])
    event = ItemRetrieved(event_id="event", item=item)
    assert frame_bytes(event) == len(encode(event))


@given(st.binary(max_size=20), st.sampled_from([ItemAdded, ItemDone, ItemRetrieved]))
def test_the_length_of_a_frame_is_known_without_its_picture_being_encoded(picture, kind):
    part = items.InputImage(image_url=f"data:image/png;base64,{base64.b64encode(picture).decode()}")
    item = items.MessageItem(id="a", role="user", content=[items.InputText(text="y"), part])
    event = kind(event_id="event", item=item)
    assert frame_bytes(event) == len(encode(event))
