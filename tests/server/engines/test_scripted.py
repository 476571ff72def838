import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.scripted import ScriptedHearing, ScriptedSpeaking, ScriptedThinking
from realtime_chat.server.engines.seam import (
    HEARING_RATE,
    SPEAKING_RATE,
    ChatMessage,
    Hearing,
    Speaking,
    Thinking,
    TokenUsage,
    Tool,
    Toolbox,
    ToolCall,
)

WEATHER = Tool("weather", "", {"properties": {"city": {"type": "string", "minLength": 2}}, "required": ["city"]})
TIMER = Tool("set_timer", "Set it.", {"properties": {"minutes": {"type": "integer", "minimum": 1}}})
WEATHER_CALL = ToolCall("weather", '{"city": "text"}')


async def answer(engine, *messages, **options):
    *pieces, usage = [piece async for piece in engine.answer(messages, **options)]
    return pieces, usage


async def speak(text, **options):
    return [stretch async for stretch in ScriptedSpeaking().speak(text, **options)]


def test_they_fit_the_seams():
    engines: tuple[Hearing, Thinking, Speaking] = (ScriptedHearing(), ScriptedThinking(), ScriptedSpeaking())
    assert engines[2].voices == ("tone",)


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.2, "I heard 1.2 seconds of speech."), (0.1, "I heard 0.1 seconds of speech."), (0.05, "")]
)
async def test_hearing_tells_the_length(seconds, text):
    assert await ScriptedHearing().transcribe(np.zeros(round(seconds * HEARING_RATE), np.float32)) == text


async def test_thinking_repeats_what_was_said_last():
    messages = [ChatMessage("user", "No."), ChatMessage("user", "Good \n morning!"), ChatMessage("assistant", "Hm.")]
    pieces, usage = await answer(ScriptedThinking(), *messages)
    assert pieces == ["You", " said:", " Good", " morning!"]
    assert usage == TokenUsage(7, 0, 4)


async def test_thinking_without_a_message():
    assert (await answer(ScriptedThinking()))[0] == ["You", " said:", " nothing"]


async def test_thinking_is_long_when_asked():
    pieces, _ = await answer(ScriptedThinking(), ChatMessage("user", "Tell me a LONG story."))
    assert "".join(pieces).count(".") == 6
    assert len((await answer(ScriptedThinking(), ChatMessage("user", "I belong here.")))[0]) == 5


async def test_thinking_keeps_the_limit():
    for limit, reached in ((0, True), (3, True), (4, False), (9, False)):
        pieces, usage = await answer(ScriptedThinking(), ChatMessage("user", "a b"), max_tokens=limit)
        assert len(pieces) == usage.output_tokens == min(limit, 4)
        assert usage.reached_limit is reached


async def test_thinking_counts_what_it_read_before():
    engine = ScriptedThinking()
    system = ChatMessage("system", "Be kind.")
    await engine.prepare([system])
    _, usage = await answer(engine, system, ChatMessage("user", "Hi."))
    assert (usage.input_tokens, usage.cached_tokens) == (5, 3)
    _, usage = await answer(engine, system, ChatMessage("user", "Ho."))
    assert usage.cached_tokens == 4


async def test_thinking_can_be_cancelled_between_pieces():
    task = asyncio.create_task(answer(ScriptedThinking(delay=60), ChatMessage("user", "Hi.")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def call(text, **options):
    pieces, _ = await answer(ScriptedThinking(), ChatMessage("user", text), tools=Toolbox((WEATHER, TIMER), **options))
    return pieces


async def test_thinking_calls_the_tool_whose_name_was_said():
    assert await call("Call Weather, please.") == [WEATHER_CALL]
    assert await call("weather and set_timer") == [WEATHER_CALL, ToolCall("set_timer", "{}")]
    assert await call("weather and set_timer", parallel=False) == [WEATHER_CALL]
    assert await call("Hi.") == ["You", " said:", " Hi."]


async def test_thinking_calls_what_it_must():
    assert await call("Hi.", choice="required") == [WEATHER_CALL]
    assert await call("set_timer", choice="required") == [ToolCall("set_timer", "{}")]
    assert await call("Hi.", only="set_timer") == [ToolCall("set_timer", "{}")]
    assert await call("weather", choice="none") == ["You", " said:", " weather"]


async def test_thinking_repeats_the_results():
    messages = [
        ChatMessage("user", "weather"),
        ChatMessage("assistant", "", (ToolCall("weather", "{}", "1"), ToolCall("set_timer", "{}", "2"))),
        ChatMessage("tool", "cold \n and wet", call_id="1"),
        ChatMessage("tool", "done", call_id="2"),
    ]
    pieces, usage = await answer(ScriptedThinking(), *messages, tools=Toolbox((WEATHER,)))
    assert "".join(pieces) == "The tool weather said: cold and wet The tool set_timer said: done"
    assert usage.input_tokens == 1 + 2 + 1 + 4 + 4 + 2
    pieces, _ = await answer(ScriptedThinking(), ChatMessage("tool", "what?", call_id="9"))
    assert "".join(pieces) == "The tool ? said: what?"


async def test_a_call_that_the_limit_cuts_off_is_not_made():
    tools = Toolbox((WEATHER, TIMER), only="weather")
    pieces, usage = await answer(ScriptedThinking(), ChatMessage("user", "Hi."), max_tokens=1, tools=tools)
    assert pieces == []
    assert (usage.output_tokens, usage.reached_limit) == (1, True)
    pieces, usage = await answer(ScriptedThinking(), ChatMessage("user", "Hi."), max_tokens=2, tools=tools)
    assert pieces == [WEATHER_CALL]
    assert (usage.output_tokens, usage.reached_limit) == (2, False)


@given(st.text(max_size=60), st.sampled_from([0.25, 1.0, 4.0]))
def test_speaking_sounds_every_word_in_order(text, speed):
    stretches = asyncio.run(speak(text, speed=speed))
    words = [word for stretch in stretches for word in stretch.words]
    samples = sum(len(stretch.pcm) for stretch in stretches) / 2
    assert len(words) == len(text.split())
    assert [text[: word.end_char].split() for word in words] == [text.split()[: n + 1] for n in range(len(words))]
    if words:
        assert words[-1].end_sample == samples
        assert samples == pytest.approx(len(text.rstrip()) * 0.06 * SPEAKING_RATE / speed, abs=len(words))


async def test_speaking_is_audible_and_depends_on_the_word():
    one, two, again = await speak("one two one")
    sound = np.frombuffer(one.pcm, "<i2")
    assert 3000 < np.abs(sound).max() < 32767
    assert np.abs(sound[[0, -1]]).max() < 500, "no click"
    assert two.pcm != one.pcm
    assert np.array_equal(np.frombuffer(again.pcm, "<i2")[: len(sound)][:1000], sound[:1000])
    assert await speak("one two one") == [one, two, again]
