"""Devices that are not there when a talk begins, without PortAudio; on virtual devices see test_sound_system.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from listed_devices import ListedDevices

from realtime_chat.audio import sound_system as module
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice, PortAudioMissing
from realtime_chat.audio.line import Line
from realtime_chat.audio.patchbay import Patchbay
from realtime_chat.audio.recovery import Connected
from realtime_chat.audio.sound_system import SoundSystem

_GIVE_UP_S = 30
"""Far beyond anything normal: it turns a hang into a failure."""


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> ListedDevices:
    return ListedDevices(monkeypatch)


@pytest.fixture
def system(listing: ListedDevices) -> SoundSystem:
    return SoundSystem()


class Told:
    """What a line tells of its devices."""

    def __init__(self) -> None:
        self._news: asyncio.Queue[tuple[str, str | None]] = asyncio.Queue()

    def __call__(self, kind: DeviceKind, name: str | None) -> None:
        self._news.put_nowait((kind, name))

    async def next(self) -> tuple[str, str | None]:
        async with asyncio.timeout(_GIVE_UP_S):
            return await self._news.get()

    @property
    def is_over(self) -> bool:
        return self._news.empty()


def line(kind: DeviceKind, told: Told, wanted: str | None = None, *, may_wait: bool = True) -> Line:
    return Line(kind, wanted, lambda _format: lambda _block, _length: None, told, may_wait=may_wait)


@asynccontextmanager
async def attached(system: SoundSystem, *lines: Line) -> AsyncIterator[None]:
    for one in lines:
        await system.attach(one)
    yield
    for one in lines:
        await system.detach(one)


async def test_a_device_that_was_missing_is_used_as_soon_as_it_comes(
    system: SoundSystem, listing: ListedDevices
) -> None:
    told = Told()
    ear = line("input", told)
    async with attached(system, ear):
        assert isinstance(ear.trouble, NoDevice)
        assert await told.next() == ("input", None)
        listing("stand")
        assert await told.next() == ("input", "stand")
        assert ear.is_connected
    assert told.is_over


async def test_what_is_there_sounds_meanwhile(system: SoundSystem, listing: ListedDevices) -> None:
    ear_told, mouth_told = Told(), Told()
    ear, mouth = line("input", ear_told), line("output", mouth_told)
    listing("stand")
    async with attached(system, mouth, ear):
        assert (ear.trouble, ear.is_connected, mouth.is_connected) == (None, True, False)
        stream = ear._stream
        assert await mouth_told.next() == ("output", None)
        listing("stand", speakers=("desk",))
        assert await mouth_told.next() == ("output", "desk")
        assert ear._stream is stream
    assert ear_told.is_over


async def test_a_device_that_cannot_be_opened_is_as_good_as_missing(
    system: SoundSystem, listing: ListedDevices
) -> None:
    told = Told()
    mouth = line("output", told, "busy")
    listing(speakers=("desk", "busy screen"))
    async with attached(system, mouth):
        assert isinstance(mouth.trouble, DeviceFailed)
        assert [await told.next() for _ in range(2)] == [("output", None), ("output", "desk")]
        assert mouth.is_fallback


async def test_who_does_not_wait_is_told_by_an_error(system: SoundSystem, listing: ListedDevices) -> None:
    told = Told()
    with pytest.raises(NoDevice):
        await system.attach(line("input", told, may_wait=False))
    listing("busy")
    with pytest.raises(DeviceFailed):
        await system.attach(line("input", told, may_wait=False))
    listing("stand")
    async with attached(system, line("input", told, may_wait=False)):
        pass
    assert told.is_over


async def test_nobody_waits_for_a_library(system: SoundSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Connected:
        raise PortAudioMissing("on purpose")

    monkeypatch.setattr(Patchbay, "add", missing)
    with pytest.raises(PortAudioMissing):
        await system.attach(line("input", Told()))


async def test_a_sound_system_that_hangs_from_the_start_is_waited_for(
    system: SoundSystem, listing: ListedDevices, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = asyncio.Event()
    answer = module._answer

    async def wait(call: asyncio.Future[Connected], limit: float) -> Connected:
        hangs.set()
        monkeypatch.setattr(module, "_answer", answer)
        call.add_done_callback(module._drop)
        raise TimeoutError

    monkeypatch.setattr(module, "_answer", wait)
    told = Told()
    mouth = line("output", told)
    listing(speakers=("desk",))
    async with attached(system, mouth):
        assert hangs.is_set()
        assert "does not answer" in str(mouth.trouble)
        assert [await told.next() for _ in range(2)] == [("output", None), ("output", "desk")]
