"""How a conversation with a file went."""

from __future__ import annotations

import sys
from pathlib import Path

from realtime_chat.cli.edges import Mouth
from realtime_chat.cli.errors import AnswerFailed, NothingHeard
from realtime_chat.cli.follower import Follower
from realtime_chat.cli.plain import latencies_of
from realtime_chat.cli.terminal import can_draw, say
from realtime_chat.protocol.printable import one_line
from realtime_chat.session.notices import Notice, Transcript, Turn


class Said:
    """Notes who said words.

    Attributes:
        by_user: A word of the person's was recognised.
        by_assistant: An answer had words.
    """

    def __init__(self) -> None:
        self.by_user = False
        self.by_assistant = False

    def __call__(self, notice: Notice) -> None:
        """Take what happened."""
        if not isinstance(notice, Transcript) or not notice.text.strip():
            return
        if notice.role == "user":
            self.by_user = True
        else:
            self.by_assistant = True


def report(
    question: Path, mouth: Mouth, follower: Follower, said: Said, *, is_brief: bool, was_quit: bool = False
) -> None:
    """Say how a conversation with a file went.

    Args:
        question: The file.
        mouth: Where the answer went.
        follower: Has followed the conversation.
        said: Has noted who said words.
        is_brief: Say nothing of what went well.
        was_quit: The person ended it, and knows that it was not over.

    Raises:
        NothingHeard: Nobody speaks in it: the gate let nothing through, or noise, of which no word was recognised and
            which the server answered with nothing.
        AnswerFailed: Somebody does, and was not answered.
    """
    is_answered = said.by_assistant or mouth.saved is not None or any(map(_has_come, follower.turns))
    if not was_quit and not (follower.turns and is_answered):
        is_noise = bool(follower.turns) and not said.by_user
        if follower.fault or (follower.has_heard and not is_noise):
            raise AnswerFailed(one_line(follower.fault))
        raise NothingHeard(question)
    if is_brief:
        return
    if can_draw(sys.stdout):  # the screen is gone, and the latencies with it
        for turn in follower.turns:
            if latencies := latencies_of(turn):
                say(latencies)
    if mouth.saved is not None:
        say(f"The answer is saved in {one_line(str(mouth.saved))}")


def _has_come(turn: Turn) -> bool:
    """Text or sound of the answer came."""
    return turn.turn_end_to_text_ms is not None or turn.turn_end_to_audio_ms is not None
