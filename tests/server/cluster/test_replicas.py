import numpy as np

from realtime_chat.server.cluster.caller import Caller
from realtime_chat.server.cluster.replicas import HearingReplica, SpeakingReplica, ThinkingReplica
from realtime_chat.server.cluster.settings import Settings
from realtime_chat.server.engines.place import Urgency
from realtime_chat.server.engines.seam import HEARING_RATE, ChatMessage, TokenUsage

SCRIPTED = Settings(engines="scripted")
CALLER = Caller("somebody", Urgency.TURN)


async def test_a_replica_does_what_its_engine_does():
    hearing, thinking, speaking = HearingReplica(SCRIPTED), ThinkingReplica(SCRIPTED), SpeakingReplica(SCRIPTED)
    for replica in (hearing, thinking, speaking):
        await replica.check_health()
    assert await hearing.transcribe(np.zeros(HEARING_RATE, np.float32), CALLER) == "I heard 1.0 seconds of speech."
    hello = (ChatMessage("user", "hello"),)
    await thinking.prepare(hello, None, CALLER)
    pieces = [piece async for piece in thinking.answer(hello, 2, None, CALLER)]
    assert pieces == ["You", " said:", TokenUsage(2, 2, 2, reached_limit=True)]
    assert await speaking.voices() == ("tone",)
    sound = [speech async for speech in speaking.speak("hello", "tone", 2.0, CALLER)]
    assert [word.end_char for speech in sound for word in speech.words] == [5]


async def test_who_knows_how_much_it_can_read(monkeypatch):
    replica = ThinkingReplica(SCRIPTED)
    assert await replica.context() is None
    engine = await replica._engine()
    monkeypatch.setattr(type(engine), "context", 4_096, raising=False)
    assert await replica.context() == 4_096
