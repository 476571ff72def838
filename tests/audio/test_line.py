import pytest
from virtual_sound import VirtualSound, wait_for

from realtime_chat.audio.devices import Device, default_device
from realtime_chat.audio.errors import DeviceFailed
from realtime_chat.audio.line import Line


def output() -> Line:
    return Line("output", None, lambda _format: lambda _block, _length: None)


def test_the_name_of_the_default_device_is_no_wish() -> None:
    assert Line("input", " Default", lambda _format: lambda _block, _length: None).wanted is None


def close(line: Line) -> None:
    stream = line.disconnect()
    assert stream is not None
    stream.close()


def test_a_line_that_was_never_connected_is_nowhere() -> None:
    line = output()
    assert line.disconnect() is None
    assert (line.is_connected, line.device, line.latency, line.xruns, line.is_alive()) == (False, None, 0, 0, False)


@pytest.mark.devices
def test_it_is_alive_while_the_device_calls(unpluggable_sound: VirtualSound) -> None:
    line, ended = output(), []
    line.connect(default_device("output"), is_fallback=True, ended=lambda: ended.append(True))
    assert line.is_connected
    assert line.is_fallback
    assert line.latency > 0
    wait_for(line.is_alive, "the device to call")
    wait_for(line.is_alive, "the device to call again")
    unpluggable_sound.unplug()
    wait_for(lambda: not line.is_connected, "the end")
    wait_for(lambda: not line.is_alive(), "silence")
    assert ended
    close(line)
    assert line.disconnect() is None
    assert line.device is None


@pytest.mark.devices
def test_what_a_device_missed_is_remembered_after_it(virtual_sound: VirtualSound) -> None:
    line = output()
    line.connect(default_device("output"), is_fallback=False, ended=lambda: None)
    assert line._stream is not None
    line._stream.xruns += 3
    close(line)
    line.connect(default_device("output"), is_fallback=False, ended=lambda: None)
    line._stream.xruns += 1
    assert line.xruns >= 4
    close(line)


@pytest.mark.devices
def test_a_device_that_cannot_be_opened_leaves_it_nowhere(virtual_sound: VirtualSound) -> None:
    line = output()
    with pytest.raises(DeviceFailed):
        line.connect(Device(99, "ghost", "ALSA", 1, 1, False, False, 48_000), is_fallback=False, ended=lambda: None)
    assert not line.is_connected
    assert line.device is None
