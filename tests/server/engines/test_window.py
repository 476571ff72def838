from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.engines.seam import ChatMessage, ToolCall
from realtime_chat.server.engines.window import estimate, fit

SYSTEM = ChatMessage("system", "s" * 5)
messages = st.lists(
    st.builds(ChatMessage, st.sampled_from(["user", "assistant", "system"]), st.text("x", max_size=12)), max_size=25
)


def length(message: ChatMessage) -> int:
    return len(message.text)


def turns(number: int, size: int = 10) -> list[ChatMessage]:
    return [ChatMessage("assistant" if i % 2 else "user", f"{i:0{size}d}") for i in range(number)]


def test_what_fits_is_left_alone():
    assert fit([SYSTEM, *turns(9)], 95, length) == [SYSTEM, *turns(9)]


def test_the_oldest_turns_go_until_half_is_free():
    assert fit([SYSTEM, *turns(11)], 105, length) == [SYSTEM, *turns(11)[6:]]


def test_the_same_cut_is_found_again_while_the_conversation_grows():
    starts = [fit([SYSTEM, *turns(n)], 105, length)[1].text for n in range(1, 60, 2)]
    assert starts == sorted(starts)
    assert len(set(starts)) <= 12, "a cut lasts for several turns"


def test_a_message_that_is_too_long_alone_stays():
    last = ChatMessage("user", "y" * 500)
    assert fit([SYSTEM, *turns(4), last], 100, length) == [SYSTEM, last]
    assert fit([last], 100, length) == [last]
    assert fit([SYSTEM], 1, length) == [SYSTEM]
    assert fit([], 1, length) == []


@given(messages, st.integers(0, 120))
def test_what_stays(conversation, limit):
    kept = fit(conversation, limit, length)
    lead = 0
    while lead < len(conversation) and conversation[lead].role == "system":
        lead += 1
    rest = kept[lead:]
    assert kept[:lead] == conversation[:lead]
    assert rest == conversation[len(conversation) - len(rest) :]
    assert bool(rest) == (len(conversation) > lead)
    assert sum(map(length, kept)) <= limit or len(rest) <= 1
    if len(rest) < len(conversation) - lead:
        assert rest[0].role == "user" or len(rest) == 1


@given(messages, st.integers(0, 120))
def test_a_longer_conversation_never_brings_back_what_was_left_out(conversation, limit):
    sizes = [len(conversation[:n]) - len(fit(conversation[:n], limit, length)) for n in range(len(conversation) + 1)]
    assert sizes == sorted(sizes)


def test_the_estimate_counts_bytes():
    assert estimate(ChatMessage("user", "")) == 8
    assert estimate(ChatMessage("user", "abc" * 10)) == 18
    assert estimate(ChatMessage("user", "你好")) == 10
    assert estimate(ChatMessage("user", "\ud800")) == 8


CALL = ToolCall("t", "{}", "c")


def test_a_result_stays_with_its_call_and_its_other_results():
    ask = ChatMessage("user", "x" * 50)
    chain = [ChatMessage("assistant", "", (CALL, CALL)), ChatMessage("tool", "y" * 60), ChatMessage("tool", "z" * 60)]
    assert fit([SYSTEM, *turns(4), ask, *chain], 100, length) == [SYSTEM, *chain]
    assert fit([SYSTEM, *turns(4), ask, *chain], 190, length) == [SYSTEM, ask, *chain]


@given(
    st.lists(
        st.one_of(
            st.builds(lambda n: [ChatMessage("user", "u" * n)], st.integers(0, 12)),
            st.builds(lambda n: [ChatMessage("assistant", "a" * n)], st.integers(0, 12)),
            st.builds(
                lambda n, results: (
                    [ChatMessage("assistant", "c" * n, (CALL,) * results)] + [ChatMessage("tool", "r" * n)] * results
                ),
                st.integers(0, 12),
                st.integers(1, 3),
            ),
        ),
        max_size=15,
    ),
    st.integers(0, 120),
)
def test_no_result_is_ever_without_its_call(blocks, limit):
    conversation = [message for block in blocks for message in block]
    left_out = []
    for end in range(len(conversation) + 1):
        kept = fit(conversation[:end], limit, length)
        assert not kept or kept[0].role != "tool"
        left_out.append(end - len(kept))
    assert left_out == sorted(left_out)


def test_the_estimate_counts_calls():
    call = ToolCall("weather", '{"city": "Oslo"}')
    assert estimate(ChatMessage("assistant", "abc", (call, call))) == 8 + 1 + 2 * (16 + 7)
