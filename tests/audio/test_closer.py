import threading

import pytest
from virtual_sound import VirtualSound, wait_for

from realtime_chat.audio import portaudio
from realtime_chat.audio.closer import Closer
from realtime_chat.audio.devices import default_device
from realtime_chat.audio.stream import DeviceStream

pytestmark = pytest.mark.devices


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether PortAudio is left running when the program ends."""
    noted: list[bool] = []
    monkeypatch.setattr(portaudio, "leave_running", lambda: noted.append(True))
    return noted


def opened(ended: threading.Event) -> DeviceStream:
    stream = DeviceStream("output", default_device("output"), ended=ended.set)
    stream.open(lambda _format: lambda _block, _length: None)
    return stream


def test_a_stream_is_closed(virtual_sound: VirtualSound, left: list[bool]) -> None:
    closer, ended = Closer(), threading.Event()
    stream = opened(ended)
    closer.close(stream)
    assert ended.is_set()
    assert stream.has_ended
    assert not closer.is_stuck
    assert virtual_sound.players() == 0
    assert left == []


def test_a_stream_that_does_not_close_is_left_to_itself(unpluggable_sound: VirtualSound, left: list[bool]) -> None:
    closer = Closer()
    stream = opened(threading.Event())
    wait_for(lambda: stream.calls > 2, "the device to call")
    unpluggable_sound.freeze()
    closer.close(stream)
    assert closer.is_stuck
    assert left == [True]
    unpluggable_sound.thaw()
    wait_for(lambda: not closer.is_stuck, "the stream to close after all")
