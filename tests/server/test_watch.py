from __future__ import annotations

from realtime_chat.protocol import buffer_events as b
from realtime_chat.protocol import item_events as i
from realtime_chat.protocol import items, responses
from realtime_chat.protocol import response_events as r
from realtime_chat.protocol import server_events as s
from realtime_chat.server.meter import Drop, NoMeter, Stage, Turn
from realtime_chat.server.watch import Watch


class Notes(NoMeter):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.all: list[tuple[object, ...]] = []
        self.turns: list[Turn] = []
        self.drops: list[Drop] = []

    def turned(self, turn):
        self.turns.append(turn)

    def dropped(self, drop):
        self.drops.append(drop)

    def answered(self, status):
        self.all.append((status,))

    def took(self, stage, seconds):
        self.all.append((stage, seconds))

    def erred(self, code):
        self.all.append((code,))


def created(name: str = "r") -> r.ResponseCreated:
    return r.ResponseCreated(response=responses.Response(id=name))


def done(name: str = "r", **fields) -> r.ResponseDone:
    return r.ResponseDone(response=responses.Response(id=name, **{"status": "completed"} | fields))


def text(name: str = "r") -> r.AudioTranscriptDelta:
    return r.AudioTranscriptDelta(response_id=name, item_id="i", delta="x")


def sound(name: str = "r") -> r.AudioDelta:
    return r.AudioDelta(response_id=name, item_id="i", delta=b"x")


def noted(*events) -> Notes:
    """What a meter is told of events a second apart."""
    notes = Notes()
    watch = Watch(notes)
    for now, event in enumerate(events):
        watch.sent(event, float(now))
    return notes


def watched(*events) -> list[tuple[object, ...]]:
    """The same, without turns and drops."""
    return noted(*events).all


def test_the_times_of_a_spoken_turn_count_from_its_end():
    stopped = b.SpeechStopped(audio_end_ms=0, item_id="i")
    assert watched(stopped, created(), text(), text(), sound(), sound(), done()) == [
        (Stage.TURN_TO_TEXT, 2),
        (Stage.TURN_TO_AUDIO, 4),
        ("completed",),
    ]


def test_a_typed_turn_ends_when_it_comes_and_an_answer_is_no_turn():
    mine = i.ItemAdded(item=items.MessageItem(role="user", content=[]))
    its = i.ItemAdded(item=items.MessageItem(role="assistant", content=[]))
    plain = r.TextDelta(response_id="r", item_id="i", delta="x")
    assert watched(mine, mine, created(), its, plain, done()) == [(Stage.TURN_TO_TEXT, 3), ("completed",)]


def test_what_follows_no_turn_counts_from_its_own_beginning():
    assert watched(created(), done(), created("s"), text("s")) == [("completed",), (Stage.TURN_TO_TEXT, 1)]


def test_errors_have_codes():
    details = responses.StatusDetails(error=responses.ResponseError(code="engine_failed"))
    told = s.Error(error=s.ErrorDetails(code="invalid_value"))
    assert watched(told, created(), done(status="failed", status_details=details)) == [
        ("invalid_value",),
        ("failed",),
        ("engine_failed",),
    ]


def test_whether_something_is_answered():
    watch = Watch(NoMeter())
    assert not watch.is_answering
    watch.sent(created("a"), 0)
    watch.sent(created("b"), 0)
    watch.sent(done("a"), 0)
    assert watch.is_answering
    watch.sent(done("b"), 0)
    assert not watch.is_answering


def added(name: str, role: str = "user") -> i.ItemAdded:
    return i.ItemAdded(item=items.MessageItem(id=name, role=role, content=[]))


def committed(name: str) -> b.BufferCommitted:
    return b.BufferCommitted(item_id=name)


def test_turns_are_counted_once_however_they_end():
    stopped = b.SpeechStopped(audio_end_ms=0, item_id="a")
    result = i.ItemAdded(item=items.FunctionCallOutputItem(id="o", call_id="c", output=""))
    silent = b.TimeoutTriggered(audio_start_ms=0, audio_end_ms=0, item_id="b")
    spoken = (stopped, committed("a"), added("a"), created(), added("x", "assistant"), done())
    assert noted(*spoken).turns == [Turn.SPOKEN]
    assert noted(*spoken, result, created(), done()).turns == [Turn.SPOKEN]
    assert noted(*spoken, silent, committed("b"), added("b"), created()).turns == [Turn.SPOKEN, Turn.IDLE]
    assert noted(added("t"), created(), done(), created()).turns == [Turn.TYPED]
    assert noted(committed("a"), added("a"), committed("b"), added("b")).turns == [Turn.SPOKEN] * 2  # in transcription


def test_messages_of_old_are_no_turns():
    assert noted(added("s", "system"), added("t"), added("x", "assistant"), added("u")).turns == []
    assert noted(added("t"), added("x", "assistant"), added("u"), created()).turns == [Turn.TYPED]


def test_sound_that_is_refused_is_counted():
    def error(**fields) -> s.Error:
        return s.Error(error=s.ErrorDetails(code="c", message="m", **fields))

    assert noted(error(param="audio"), error(param="item.audio"), error()).drops == [Drop.AUDIO]
