"""What the program itself says in the course of a conversation, in plain words."""

from __future__ import annotations

from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import DeviceChanged, Notice, TurnsChanged, VoiceChanged
from realtime_chat.session.settings import TurnMode

_LONGEST_NAME = 80
"""A device's name may be anything; no sentence is spoilt by its first words."""


def announcement(notice: Notice, talk_key: str, *, can_type: bool = True) -> str | None:
    """Give the sentence that tells a person of ``notice``, cleaned; None where there is none.

    Args:
        notice: What happened.
        talk_key: The key that begins a turn, as a person calls it.
        can_type: There is a key to type with.
    """
    match notice:
        case TurnsChanged(turns):
            return _turns(turns, talk_key)
        case VoiceChanged(is_on=True):
            return "Answers are spoken again."
        case VoiceChanged():
            return "Answers are shown in writing only."
        case DeviceChanged("input", None) if not can_type:
            return "There is no microphone: connect one to go on."
        case DeviceChanged("input", None):
            return "There is no microphone: type until one is connected."
        case DeviceChanged("output", None):
            return "There is no speaker: answers are shown in writing until one is connected."
        case DeviceChanged("input", str(name)):
            return f"The microphone is now {_name(name)}."
        case DeviceChanged("output", str(name)):
            return f"The speaker is now {_name(name)}."
        case _:
            return None


def _turns(turns: TurnMode, talk_key: str) -> str:
    match turns:
        case TurnMode.LOCAL:
            return "Your turn ends when you fall silent."
        case TurnMode.SERVER:
            return "Your turn ends when the server hears you fall silent."
        case TurnMode.SEMANTIC:
            return "Your turn ends when the server thinks that you have finished."
        case TurnMode.TAP:
            return f"Press {talk_key} to begin your turn, and again to end it."
        case TurnMode.HOLD:
            return f"Hold {talk_key} down while you speak."


def _name(name: str) -> str:
    return one_line(name)[:_LONGEST_NAME].rstrip() or "another one"
