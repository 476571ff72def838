"""`Preparation`: what the engines are asked to do before anything is said, for then it would be waited for."""

from __future__ import annotations

from realtime_chat.server.answer_options import AnswerOptions
from realtime_chat.server.effects import Prepare, WarmUp
from realtime_chat.server.engines.seam import Toolbox
from realtime_chat.server.history import History
from realtime_chat.server.outbox import Outbox


class Preparation:
    """Has the engines loaded once, and the language model read what every answer begins with when that changes."""

    def __init__(self, outbox: Outbox, history: History) -> None:
        self._out = outbox
        self._history = history
        self._is_warm = False
        self._read: tuple[str, Toolbox | None] | None = None

    def warm_up(self, *, speaks: bool) -> None:
        """The engine that hears is needed soon, and the one that speaks if the session does."""
        if not self._is_warm:
            self._is_warm = True
            self._out.do(WarmUp(speaks=speaks))

    def read_ahead(self, options: AnswerOptions) -> None:
        """Answers will be asked for with these ``options``."""
        if self._read != (options.instructions, options.tools):
            self._read = (options.instructions, options.tools)
            messages = self._history.messages(options.instructions)
            self._out.do(Prepare(messages, options.tools, options.truncation))
