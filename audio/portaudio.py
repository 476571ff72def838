"""The one file that imports sounddevice, which loads PortAudio."""

from __future__ import annotations

from types import ModuleType

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


def reason(error: Exception) -> str:
    """What sounddevice says; of a PortAudioError, without "Error opening RawInputStream: " in front."""
    if isinstance(error, ValueError | OSError):
        return str(error)
    message = str(error.args[0]) if error.args else str(error)
    return message.rpartition(": ")[2]
