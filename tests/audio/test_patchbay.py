from collections.abc import Iterator

import pytest
from sound_cards import SoundCards
from virtual_sound import VirtualSound

from realtime_chat.audio import patchbay as module
from realtime_chat.audio import portaudio
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice
from realtime_chat.audio.line import Line
from realtime_chat.audio.patchbay import Patchbay, known
from realtime_chat.audio.recovery import Connected


def line(kind: DeviceKind, wanted: str | None = None) -> Line:
    return Line(kind, wanted, lambda _format: lambda _block, _length: None)


@pytest.fixture
def patchbay() -> Iterator[Patchbay]:
    made = Patchbay(lambda: None)
    yield made
    for one in list(made._lines):
        made.remove(one)


def test_devices_are_known_by_the_ways_they_carry_sound() -> None:
    both = Device(0, "both", "ALSA", 1, 2, True, True, 48_000)
    ear = Device(1, "ear", "ALSA", 1, 0, False, False, 48_000)
    assert known((both, ear)) == {("input", "both"), ("output", "both"), ("input", "ear")}


@pytest.mark.devices
def test_what_is_missing_is_replaced_by_the_default(sound_cards: SoundCards, patchbay: Patchbay) -> None:
    ear, mouth = line("input", "headset"), line("output", "DESK")
    assert patchbay.add(ear) == Connected("default", is_fallback=True)
    assert patchbay.add(mouth) == Connected("desk")
    assert (ear.wanted, mouth.wanted) == ("headset", "desk")
    sound_cards.plug("headset")
    assert patchbay.reopen(frozenset({"input"}))["input"] == Connected("default", is_fallback=True)
    assert ("input", "headset") not in patchbay.known
    assert patchbay.restart() == {"input": Connected("headset"), "output": Connected("desk")}
    assert ("input", "headset") in patchbay.known
    patchbay.remove(ear)
    patchbay.remove(ear)
    assert patchbay.restart() == {"output": Connected("desk")}


@pytest.mark.devices
def test_what_is_there_and_cannot_be_opened_is_replaced_too(sound_cards: SoundCards, patchbay: Patchbay) -> None:
    sound_cards.plug("headset")
    mouth = line("output", "headset")
    assert patchbay.add(mouth) == Connected("headset")
    sound_cards.unplug("headset")
    assert patchbay.reopen(frozenset({"output"})) == {"output": Connected("default", is_fallback=True)}
    sound_cards.unplug("desk")
    assert patchbay.reopen(frozenset({"output"})) == {}
    assert patchbay.restart() == {}
    assert not mouth.is_connected


@pytest.mark.devices
def test_at_the_start_a_device_that_cannot_be_opened_is_an_error(
    sound_cards: SoundCards, patchbay: Patchbay, monkeypatch: pytest.MonkeyPatch
) -> None:
    ghost = Device(99, "ghost", "ALSA", 1, 1, True, True, 48_000)
    monkeypatch.setattr(module, "list_devices", lambda: (ghost,))
    with pytest.raises(DeviceFailed, match="ghost"):
        patchbay.add(line("output"))
    assert patchbay.restart() == {}


@pytest.mark.devices
@pytest.mark.usefixtures("no_sound_devices")
def test_no_device_at_all_is_an_error_at_the_start_only(patchbay: Patchbay) -> None:
    for wanted in (None, "desk"):
        with pytest.raises(NoDevice):
            patchbay.add(line("input", wanted))
    assert patchbay.restart() == {}


@pytest.mark.devices
def test_a_portaudio_that_does_not_start_again_is_no_device(
    virtual_sound: VirtualSound, patchbay: Patchbay, monkeypatch: pytest.MonkeyPatch
) -> None:
    patchbay.add(line("output"))

    def fail() -> None:
        raise DeviceFailed("PortAudio", "on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(portaudio, "refresh", fail)
        assert patchbay.restart() == {}
    with monkeypatch.context() as patch:
        patch.setattr(module, "list_devices", fail)
        assert patchbay.reopen(frozenset({"output"})) == {}
    assert patchbay.restart() == {"output": Connected("default")}
