"""The one file that imports sounddevice, which loads PortAudio."""

from __future__ import annotations

import atexit
import sys
from types import ModuleType
from typing import Any

from realtime_chat.audio.errors import DeviceFailed, PortAudioMissing
from realtime_chat.audio.quiet import quiet


def load() -> ModuleType:
    """Give the module sounddevice, with PortAudio initialised; the first call looks for the devices there are.

    That takes some 10 ms, during which sounddevice itself turns file descriptor 2 away: call it before anything is
    drawn.

    Raises:
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    with quiet():
        try:
            import sounddevice
        except OSError as error:
            raise PortAudioMissing(str(error)) from error
        except Exception as error:
            # The import itself initialises PortAudio; the class of what it raises went away with the module.
            if type(error).__name__ != "PortAudioError":
                raise
            raise DeviceFailed("PortAudio", reason(error)) from error
    module: ModuleType = sounddevice
    return module


def refresh() -> None:
    """Have PortAudio look for the devices there are now: only a new start shows it those that came and went.

    All streams must be closed. It takes 10-20 ms where a PulseAudio answers, and as long as the sound server hangs.
    sounddevice has no public way to do it; its own way back up turns file descriptor 2 away, and with it what
    other threads write there meanwhile.

    Raises:
        PortAudioMissing: The library is not installed.
        DeviceFailed: PortAudio cannot start.
    """
    sounddevice: Any = load()
    with quiet():
        try:
            while sounddevice._initialized:  # noqa: SLF001 - see above
                sounddevice._terminate()  # noqa: SLF001 - see above
            sounddevice._check(sounddevice._lib.Pa_Initialize(), "Error initializing PortAudio")  # noqa: SLF001 - see above
            sounddevice._initialized += 1  # noqa: SLF001 - see above
        except sounddevice.PortAudioError as error:
            raise DeviceFailed("PortAudio", reason(error)) from error


def leave_running() -> None:
    """Do not stop PortAudio when the program ends: a call to it hangs, and so would the end."""
    if (sounddevice := sys.modules.get("sounddevice")) is not None:
        atexit.unregister(sounddevice._exit_handler)  # noqa: SLF001 - there is no public way


def reason(error: Exception) -> str:
    """What sounddevice says; of a PortAudioError, without "Error opening RawInputStream: " in front."""
    if isinstance(error, ValueError | OSError):
        return str(error)
    message = str(error.args[0]) if error.args else str(error)
    return message.rpartition(": ")[2]
