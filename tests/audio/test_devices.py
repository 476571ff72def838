import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_sound import VirtualSound

from realtime_chat.audio import devices as module
from realtime_chat.audio.devices import (
    Device,
    asked_for,
    choose,
    choose_again,
    default_device,
    find_device,
    find_or_default,
    list_devices,
)
from realtime_chat.audio.errors import DeviceKind, NoDevice, UnknownDevice


def device(
    index: int, name: str, *, api: str = "ALSA", inputs: int = 0, outputs: int = 0, default: bool = False
) -> Device:
    return Device(index, name, api, inputs, outputs, default and inputs > 0, default and outputs > 0, 48_000)


DEVICES = (
    device(0, "USB Microphone", api="MME", inputs=1),
    device(1, "Speakers", api="MME", outputs=2),
    device(2, "USB Microphone", api="WASAPI", inputs=2, default=True),
    device(3, "USB Microphone 2", api="WASAPI", inputs=2),
    device(4, "Speakers", api="WASAPI", outputs=2, default=True),
    device(5, "Headset 7", api="WASAPI", inputs=1, outputs=2),
    device(6, "Headset", api="MME", inputs=1, outputs=2),
)


@pytest.mark.parametrize(
    ("query", "kind", "index"),
    [
        ("0", "input", 0),
        (" 5 ", "output", 5),
        ("usb microphone", "input", 2),  # the whole name, as the default device is reached
        ("USB MICROPHONE 2", "input", 3),
        ("phone 2", "input", 3),
        ("usb", "input", 2),
        ("speak", "output", 4),
        ("headset", "output", 6),  # the whole name wins over a part, whatever its host API
        ("head", "output", 5),
        ("7", "input", None),  # a number is a number
        ("1", "input", None),  # it is no microphone
        ("speakers", "input", None),
        ("", "input", None),
        ("\x1b[2J", "output", None),
    ],
)
def test_a_device_is_chosen_by_number_or_name(query: str, kind: DeviceKind, index: int | None) -> None:
    if index is not None:
        assert choose(DEVICES, query, kind).index == index
        return
    with pytest.raises(UnknownDevice) as unknown:
        choose(DEVICES, query, kind)
    assert unknown.value.query == query
    known = [f"{one.index} {one.name}" for one in DEVICES if one.channels(kind)]
    assert list(unknown.value.known) == known
    assert all(name in str(unknown.value) for name in known)


def test_without_a_default_the_first_that_fits_is_chosen() -> None:
    assert choose((DEVICES[0], DEVICES[3]), "usb", "input").index == 0


def test_no_device_of_a_kind_is_another_matter_than_an_unknown_one() -> None:
    with pytest.raises(NoDevice) as none:
        choose((DEVICES[1],), "usb", "input")
    assert none.value.kind == "input"


@pytest.mark.parametrize("query", [None, "default", " Default\n", "DEFAULT"])
def test_the_default_device_has_a_name_wherever_one_is_named(
    query: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "list_devices", lambda: DEVICES)  # none of which is called that
    assert asked_for(query) is None
    for kind, index in (("input", 2), ("output", 4)):
        assert choose(DEVICES, query, kind).index == index
        assert find_device(query, kind).index == index
        found, missing = find_or_default(query, kind)
        assert (found.index, missing) == (index, None)
        with pytest.raises(NoDevice):
            choose((DEVICES[0], DEVICES[1]), query, kind)


def test_any_other_name_is_asked_for_as_it_was_given() -> None:
    for query in ("", "default 2", " usb "):
        assert asked_for(query) == query


USB_CARDS = ("USB X (hw:{},0)", "USB X: Audio #1 (hw:{},1)", "Microphone ({}- USB Audio)")


@pytest.mark.parametrize("name", USB_CARDS)
@pytest.mark.parametrize("query", ["1", "usb", "USB X (hw:1,0)"])
def test_a_device_that_was_plugged_in_anew_is_found_by_what_is_left_of_its_name(query: str, name: str) -> None:
    before, after = name.format(1), name.format(2)
    others = (device(1, "Built-in (hw:0,0)", inputs=2, default=True), device(2, "Other", inputs=1))
    again = (*others, device(3, after, inputs=1))
    assert choose_again(again, query, before, "input").name == after
    assert choose_again((*again, device(4, before, inputs=1)), query, before, "input").name == before
    with pytest.raises(UnknownDevice):
        choose_again(others, query, before, "input")
    with pytest.raises(NoDevice):
        choose_again(others, query, before, "output")


def test_a_card_of_windows_gets_its_instance_when_it_is_plugged_in_elsewhere() -> None:
    cards = (device(1, "Microphone (2- USB Audio)", inputs=1), device(2, "Microphone (3- Web Camera)", inputs=1))
    assert choose_again(cards, "7", "Microphone (USB Audio)", "input") == cards[0]


def test_a_number_never_means_another_device_than_it_did() -> None:
    cards = (device(1, "USB X 2 (hw:2,0)", inputs=1), device(2, "USB X (hw:2,1)", inputs=1), device(3, "7", inputs=1))
    for query in ("1", "3", " 1 "):
        with pytest.raises(UnknownDevice) as unknown:
            choose_again(cards, query, "USB X (hw:1,0)", "input")
        assert unknown.value.query == query
    assert choose_again(cards, "1", "7", "input") == cards[2]


names = st.sampled_from([name.format(number) for name in (*USB_CARDS, "Built-in", "usb") for number in (1, 2, 13)])


@given(st.lists(names, unique=True, max_size=6), names, st.sampled_from(["0", "2", "usb", "hw:1", "nothing"]))
def test_what_is_chosen_again_is_the_same_or_fits(listed: list[str], name: str, query: str) -> None:
    cards = tuple(device(index, one, inputs=1) for index, one in enumerate(listed))
    try:
        chosen = choose_again(cards, query, name, "input").name
    except (UnknownDevice, NoDevice):
        assert name not in listed
        assert query.isdecimal() or not any(query in one.casefold() for one in listed)
        return
    if name in listed:
        assert chosen == name
    elif query.isdecimal() or query not in chosen.casefold():
        assert [part for part in chosen if not part.isdecimal()] == [part for part in name if not part.isdecimal()]


@pytest.mark.devices
def test_the_devices_of_this_machine_are_listed(virtual_sound: VirtualSound) -> None:
    devices = list_devices()
    assert [one.index for one in devices] == sorted(one.index for one in devices)
    for kind in ("input", "output"):
        (default,) = [one for one in devices if one.is_default(kind)]
        assert default == default_device(kind)
        assert default.channels(kind) > 0
        assert find_device(str(default.index), kind) == default
        assert find_device(default.name.upper(), kind) == default


@pytest.mark.devices
def test_an_unknown_device_lists_the_known_ones(virtual_sound: VirtualSound) -> None:
    with pytest.raises(UnknownDevice) as unknown:
        find_device("no such card", "output")
    assert f"{default_device('output').index} {default_device('output').name}" in str(unknown.value)


@pytest.mark.devices
@pytest.mark.skipif(sys.platform != "linux", reason="only ALSA can be told to find no device")
@pytest.mark.usefixtures("no_sound_devices")
def test_a_machine_without_devices_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert list_devices() == ()
    for kind in ("input", "output"):
        with pytest.raises(NoDevice):
            default_device(kind)
        with pytest.raises(NoDevice):
            find_device("0", kind)
    assert capfd.readouterr().err == ""


@pytest.mark.devices
def test_what_a_device_calls_itself_is_made_safe_to_show(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    real = sounddevice.query_devices

    def renamed(index: int | None = None, kind: str | None = None) -> dict[str, object]:
        return {**real(index, kind), "name": "bad\x1b[2J\nname"}

    monkeypatch.setattr(sounddevice, "query_devices", renamed)
    assert {one.name for one in list_devices()} == {"bad name"}


@pytest.mark.devices
def test_a_device_that_cannot_say_its_name_is_left_out(
    virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sounddevice

    def nameless(index: int | None = None, kind: str | None = None) -> dict[str, object]:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr(sounddevice, "query_devices", nameless)
    assert list_devices() == ()


@pytest.mark.devices
def test_another_program_finds_the_default_devices_by_its_environment_alone(sound_devices: VirtualSound) -> None:
    program = (
        "from realtime_chat.audio.devices import default_device\n"
        "print(default_device('input').name, default_device('output').name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | sound_devices.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("default default\n", "")


@pytest.mark.devices
def test_instead_of_an_unknown_device_there_is_the_default_and_a_warning(virtual_sound: VirtualSound) -> None:
    for kind in ("input", "output"):
        default = default_device(kind)
        assert find_or_default(default.name, kind) == (default, None)
        found, missing = find_or_default("no such card", kind)
        assert found == default
        assert missing is not None
        assert (missing.kind, missing.query, missing.known) == (kind, "no such card", ("0 default",))


@pytest.mark.devices
@pytest.mark.usefixtures("no_sound_devices")
def test_where_there_is_none_there_is_no_default_either() -> None:
    with pytest.raises(NoDevice):
        find_or_default("no such card", "output")
