"""What it means that a voice was noticed here: it depends on who says when the person speaks."""

from __future__ import annotations

from realtime_chat.audio.gate import GateEvent, SpeechStarted, SpeechSuspected, SuspicionDropped, Voiced
from realtime_chat.session.effects import Effect
from realtime_chat.session.floor import Floor


def noticed(event: GateEvent, floor: Floor, now: float) -> list[Effect]:
    """Give what follows from what the gate noticed.

    Where the server says when a turn begins, the sound waits until it does, or for a second, or until nobody speaks
    here any more.
    """
    if floor.turns_mode.is_by_key:
        return []
    is_by_server = floor.turns_mode.is_by_server
    match event:
        case SuspicionDropped():
            return floor.voice_dismissed()
        case SpeechSuspected():
            return floor.voice_suspected(now)
        case SpeechStarted():
            return floor.voice_suspected(now) if is_by_server else floor.voice_began(now)
        case Voiced(frame):
            return [] if is_by_server else floor.voiced(frame)
        case _:
            return floor.voice_dismissed() if is_by_server else floor.voice_ended(now)
