"""`TurnTaking`: when the model speaks, and when it stops, because of what is heard and of what the client asks for."""

from __future__ import annotations

from msgspec import UNSET

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.server.answer_options import answer_options
from realtime_chat.server.answerer import Answerer
from realtime_chat.server.defaults import check_response
from realtime_chat.server.history import History
from realtime_chat.server.idle import IdleTimer
from realtime_chat.server.input_buffer import Heard
from realtime_chat.server.items import Items
from realtime_chat.server.listener import Listener
from realtime_chat.server.outbox import Outbox
from realtime_chat.server.preparation import Preparation
from realtime_chat.server.room import check, has_room
from realtime_chat.server.terms import Terms


class TurnTaking:
    """Has the `Answerer` begin and stop.

    Attributes:
        terms: What the session is like.
    """

    def __init__(
        self,
        outbox: Outbox,
        history: History,
        listener: Listener,
        items: Items,
        answerer: Answerer,
        preparation: Preparation,
        terms: Terms,
    ) -> None:
        self.terms = terms
        self._out = outbox
        self._history = history
        self._listener = listener
        self._items = items
        self._answerer = answerer
        self._preparation = preparation

    def respond(self, params: ResponseParams, *, asked: bool = False) -> None:
        """Answer; what the client ``asked`` for is answered even if nobody said anything.

        Raises:
            MalformedEvent: There is one already, or no room, or it asks for something that this server does not do.
        """
        session = self.terms.demand_talk()
        check_response(params, session, self._answerer.conversation_id)
        options = answer_options(session, params)
        aside = params.conversation == "none"
        if not aside:
            check(self._history, None)
        self._answerer.check_room(aside=aside)  # before anything is recognised for it
        context = None if params.input is UNSET else self._items.context(params.input)
        self._answerer.respond(options, context, aside=aside, asked=asked)
        if options.modality == "audio":
            self._preparation.warm_up(speaks=True)

    def notice(self, heard: Heard) -> None:
        """Stop or begin to speak because somebody began or stopped; what they said is an item."""
        detection = self.terms.detection
        if detection is None or self.terms.talk is None:
            return
        if heard is Heard.STARTED:
            if detection.interrupts:
                self._answerer.stop("turn_detected")
        elif detection.responds:
            self._answer()

    def wake(self, idle: IdleTimer) -> None:
        """Break the silence, if nobody is about to."""
        may_break = self._answerer.active is None and not self._listener.in_turn
        if idle.ring() and may_break and has_room(self._history, 2):  # for the silence, and for what breaks it
            self._listener.time_out(idle.milliseconds or 0)
            self._answer()

    def _answer(self) -> None:
        """Answer what nobody asked to be answered: it is in the conversation, even if there can be no answer now."""
        try:
            self.respond(ResponseParams())
        except MalformedEvent as error:  # there is one already, or no room for it
            self._out.refuse(error.code, error.reason, param=error.param)
