"""Fixtures for the whole suite."""

import logging
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from frame_watch import FrameWatch
from hypothesis import settings
from sound_cards import SoundCards
from stock_clients import missing_node
from virtual_sound import VirtualSound, missing_tools, reload_portaudio

# A shell starts what runs in the background with Ctrl-C and Ctrl-\ ignored, and `nohup` with the end of the terminal;
# what is ignored is inherited, and the programs that tests start would never hear of what the tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform != "win32":
    for _number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(_number, signal.SIG_DFL)

# How long an example may take says how busy the machine is. The same examples each time: a change is judged by what
# it changed. New ones are looked for by `make fuzz`.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("same")

UNREAD = pytest.StashKey[str]()
"""Why agents-realtime's parser did not read what servers of this process sent."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the stock clients talk to the real engines."""
    told = "what the stock clients of tests/conformance talk to (scripted, and a little with the real engines; or real)"
    parser.addoption("--engines", choices=["scripted", "real"], default="scripted", help=told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say once what could not be checked: no test of its own is skipped for it."""
    if reason := config.stash.get(UNREAD, ""):
        told = f"NOT CHECKED: that agents-realtime's parser understands what the server sent in these tests ({reason})."
        terminalreporter.write_line(told, yellow=True)


@pytest.fixture(scope="session", autouse=True)
def frame_watch(request: pytest.FixtureRequest) -> Iterator[FrameWatch]:
    """Takes what every server of this process sends; at the end, agents-realtime understands all of it."""
    watch = FrameWatch()
    with watch.watching():
        yield watch
    assert watch.refused() == []
    if watch.is_empty:
        return
    if reason := missing_node():
        request.config.stash[UNREAD] = reason
    else:
        assert watch.dropped() == []


@pytest.fixture(autouse=True)
def official_types(frame_watch: FrameWatch) -> Iterator[None]:
    """Whatever a server of this process sends during a test satisfies the official types."""
    yield
    assert frame_watch.refused() == []


@pytest.fixture(autouse=True)
def untouched_logging() -> Iterator[None]:
    """Whatever a test does to the log, such as running a command, the next test finds it as it was."""
    names = ["realtime_chat", "uvicorn", "httpx", "httpcore", "websockets", "asyncio"]
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.propagate, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


def need_pulseaudio() -> None:
    """Skip the test where there can be no virtual devices."""
    if missing := missing_tools():
        pytest.skip(f"not installed: {', '.join(missing)} (apt install pulseaudio pulseaudio-utils libasound2-plugins)")


Devices = TypeVar("Devices", VirtualSound, SoundCards)


@contextmanager
def stopping(devices: Devices) -> Iterator[Devices]:
    """Stop ``devices`` at the end of a ``with``, however it ends."""
    try:
        yield devices
    finally:
        devices.stop()


@contextmanager
def started_sound() -> Iterator[VirtualSound]:
    """Virtual devices that are there for the length of a ``with``."""
    need_pulseaudio()
    with stopping(VirtualSound()) as devices:
        devices.start()
        yield devices


@contextmanager
def known_to_portaudio(env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For the length of a ``with`` the devices of ``env`` are the only ones that PortAudio knows in this process."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    reload_portaudio()
    try:
        yield
    finally:
        monkeypatch.undo()
        reload_portaudio()


@pytest.fixture(scope="session")
def sound_devices() -> Iterator[VirtualSound]:
    """A virtual microphone and speaker for programs that are started with its ``env``."""
    with started_sound() as devices:
        yield devices


@pytest.fixture
def virtual_sound(sound_devices: VirtualSound, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    """The same devices for the code of this process: they are the only ones PortAudio knows during the test."""
    with known_to_portaudio(sound_devices.env, monkeypatch):
        yield sound_devices


@pytest.fixture
def own_sound() -> Iterator[VirtualSound]:
    """Devices of this test's own, which it may take away."""
    with started_sound() as devices:
        yield devices


@pytest.fixture
def unpluggable_sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualSound]:
    """Like ``virtual_sound``, but of this test's own, which may `VirtualSound.unplug` it."""
    with started_sound() as devices, known_to_portaudio(devices.env, monkeypatch), stopping(devices):
        yield devices  # stopped before PortAudio lets go of it, which would wait for one that is frozen


@pytest.fixture
def sound_cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundCards]:
    """Sound cards: the speaker ``desk`` and the microphone ``stand``, the defaults, and ``headset``, not there yet."""
    need_pulseaudio()
    cards = SoundCards(desk=("speaker",), stand=("microphone",), headset=("speaker", "microphone"))
    with stopping(cards):
        cards.choose_default(microphone="stand", speaker="desk")
        cards.plug("desk", "stand")
        with known_to_portaudio(cards.env, monkeypatch), stopping(cards):
            yield cards


@pytest.fixture
def no_sound_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """During the test PortAudio finds no device."""
    conf = tmp_path / "asound.conf"
    conf.write_text("pcm.nothing { type hw card 99 }")  # PortAudio aborts on a file that names nothing
    with known_to_portaudio({"ALSA_CONFIG_PATH": str(conf), "PULSE_SERVER": f"unix:{tmp_path}/nobody"}, monkeypatch):
        yield


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of the clips of real speech, with ``clips.tsv``; it lies beside the repository, not in it."""
    folder = Path(__file__).parents[2] / "shared" / "clips"
    if not folder.is_dir():
        pytest.skip("no folder ../shared/clips beside the repository")
    return folder
