from collections.abc import Iterator

import pytest
from listed_devices import ListedDevices
from sound_cards import SoundCards
from virtual_sound import VirtualSound

from realtime_chat.audio import patchbay as module
from realtime_chat.audio import portaudio
from realtime_chat.audio.devices import Device
from realtime_chat.audio.errors import DeviceFailed, DeviceKind, NoDevice
from realtime_chat.audio.line import Line
from realtime_chat.audio.patchbay import Found, Patchbay, known
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


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> ListedDevices:
    return ListedDevices(monkeypatch)


def used(found: Found) -> tuple[str, bool]:
    return found["input"].name, found["input"].is_fallback


@pytest.mark.parametrize("wanted", ["usb", "1", "USB X (hw:1,0)"])
def test_a_card_that_has_another_number_when_it_comes_back_is_the_one_that_was_asked_for(
    wanted: str, patchbay: Patchbay, listing: ListedDevices
) -> None:
    ear = line("input", wanted)
    listing("built-in", "USB X (hw:1,0)")
    assert patchbay.add(ear) == Connected("USB X (hw:1,0)")
    listing("built-in", "other")
    assert used(patchbay.restart()) == ("built-in", True)
    listing("built-in", "other", "USB X (hw:2,0)")
    assert used(patchbay.restart()) == ("USB X (hw:2,0)", False)
    assert ear.wanted == wanted
    # Of two that fit, it stays with the one it used.
    listing("built-in", "USB X (hw:1,0)", "USB X (hw:2,0)")
    assert used(patchbay.restart()) == ("USB X (hw:2,0)", False)


def test_a_number_means_the_device_that_had_it(patchbay: Patchbay, listing: ListedDevices) -> None:
    listing("built-in", "USB X (hw:1,0)")
    patchbay.add(line("input", "1"))
    listing("built-in", "USB X 2 (hw:1,0)")
    assert used(patchbay.restart()) == ("built-in", True)
    listing("built-in", "other", "USB X (hw:1,0)")
    assert used(patchbay.restart()) == ("USB X (hw:1,0)", False)


@pytest.mark.parametrize("wanted", [None, "default", " DEFAULT"])
def test_the_default_device_may_be_named_where_none_is_called_that(
    wanted: str | None, patchbay: Patchbay, listing: ListedDevices
) -> None:
    listing("built-in", "other")
    assert patchbay.add(line("input", wanted)) == Connected("built-in")
    listing("other", "built-in")
    assert used(patchbay.restart()) == ("other", False)


def test_a_line_that_found_no_device_is_connected_to_the_first_that_comes(
    patchbay: Patchbay, listing: ListedDevices
) -> None:
    ear = line("input")
    with pytest.raises(NoDevice):
        patchbay.add(ear)
    listing("built-in")
    assert used(patchbay.reopen(frozenset({"input"}))) == ("built-in", False)
    patchbay.remove(ear)
    assert patchbay.restart() == {}


@pytest.mark.devices
def test_what_is_missing_is_replaced_by_the_default(sound_cards: SoundCards, patchbay: Patchbay) -> None:
    ear, mouth = line("input", "headset"), line("output", "DESK")
    assert patchbay.add(ear) == Connected("default", is_fallback=True)
    assert patchbay.add(mouth) == Connected("desk")
    assert (ear.used, mouth.used) == (None, "desk")
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
        one = line("input", wanted)
        with pytest.raises(NoDevice):
            patchbay.add(one)
        assert patchbay.restart() == {}
        patchbay.remove(one)


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
