"""`Terms`: what a session is like, as the server and the client agreed, and what that means for its parts."""

from __future__ import annotations

from msgspec import UNSET

from realtime_chat.protocol.errors import MalformedEvent
from realtime_chat.protocol.responses import ResponseParams
from realtime_chat.protocol.sessions import AudioConfig, InputConfig, RealtimeSession, Session
from realtime_chat.server.answer_options import AnswerOptions, answer_options
from realtime_chat.server.checks import check_choice
from realtime_chat.server.defaults import updated
from realtime_chat.server.detection import Detection, detection_of
from realtime_chat.server.sound_format import Formats, formats_of
from realtime_chat.server.toolbox import effective_choice, effective_tools


class Terms:
    """A session, read once. An update does not change them: it makes others.

    Attributes:
        session: The session, every field set.
        talk: The same where it has responses; None where it only writes down what it hears.
        detection: How turns are found; None leaves it to the client.
        formats: How sound travels.
        wants_words: The client wants to be told what was said.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.talk = session if isinstance(session, RealtimeSession) else None
        audio = session.audio if isinstance(session.audio, AudioConfig) else AudioConfig()
        heard = audio.input if isinstance(audio.input, InputConfig) else InputConfig()
        self.detection: Detection | None = None if heard.turn_detection is UNSET else detection_of(heard.turn_detection)
        self.formats: Formats = formats_of(session)
        self.wants_words = heard.transcription not in (None, UNSET)

    @property
    def will_answer(self) -> bool:
        """Whether an answer is likely to be wanted at the end of a turn: for one found here, that it is made here."""
        return self.detection is None or self.detection.responds

    def demand_talk(self) -> RealtimeSession:
        """Give the session, which a response is wanted of.

        Raises:
            MalformedEvent: It has none.
        """
        if self.talk is None:
            raise MalformedEvent("invalid_value", "A transcription session has no responses.", "type")
        return self.talk

    def options(self) -> AnswerOptions:
        """Give what is asked of each response that asks for nothing else; see `demand_talk`."""
        return answer_options(self.demand_talk(), ResponseParams())

    def amended(self, update: Session, *, has_spoken: bool) -> Terms:
        """Give those after an update.

        Args:
            update: What the client wants to be otherwise.
            has_spoken: Sound of the model is in the conversation, so that its voice has to stay.

        Raises:
            MalformedEvent: It asks for something this server does not do; nothing of it is to be applied.
        """
        terms = Terms(updated(self.session, update))
        if terms.talk is not None:
            usual = ResponseParams()
            choice, tools = effective_choice(terms.talk, usual), effective_tools(terms.talk, usual)
            check_choice(choice, tools, "session.tool_choice")
            if has_spoken and terms.options().voice != self.options().voice:
                reason = "Cannot update a conversation's voice if assistant audio is present."
                raise MalformedEvent("cannot_update_voice", reason, "session.audio.output.voice")
        return terms
