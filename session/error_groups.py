"""Which of several errors that came at once a person should read."""

from __future__ import annotations

from realtime_chat.audio.errors import AudioError
from realtime_chat.session.errors import SessionError


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the error in a group that says most: a session's before the sound's before any other."""
    leaves: list[BaseException] = []
    pending: list[BaseException] = [group]
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseExceptionGroup):
            pending += error.exceptions
        else:
            leaves.append(error)
    for kind in (SessionError, AudioError):
        for error in leaves:
            if isinstance(error, kind):
                return error
    return leaves[0]
