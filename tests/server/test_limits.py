from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.server.limits import Admission, Limits, Phase, Reason, Refused, TokenBucket, network_of

PAUSES = st.lists(st.floats(0, 120, allow_nan=False), max_size=60)


@given(per_minute=st.integers(1, 50), pauses=PAUSES)
def test_a_bucket_never_allows_more_than_its_rate(per_minute, pauses):
    bucket, now, taken = TokenBucket(per_minute), 0.0, []
    for pause in pauses:
        now += pause
        if bucket.wait(now) == 0:
            bucket.take(now)
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= per_minute * (1 + (taken[last] - taken[first]) / 60) + 1e-3


@given(per_minute=st.integers(1, 5_000), taken=st.integers(0, 200), start=st.floats(0, 1e9))
def test_whoever_waits_as_told_is_let_in(per_minute, taken, start):
    bucket = TokenBucket(per_minute)
    for _ in range(min(taken, per_minute)):
        assert bucket.wait(start) == 0
        bucket.take(start)
    wait = bucket.wait(start)
    assert (wait > 0) is (taken >= per_minute)
    assert bucket.wait(start + wait + 1e-3) == 0


def test_a_clock_that_stands_or_goes_back_gives_nothing():
    bucket = TokenBucket(1)
    bucket.take(100)
    assert bucket.wait(100) == pytest.approx(60)
    assert bucket.wait(50) == pytest.approx(60)
    assert bucket.wait(160) == 0


def ready(**limits: int) -> Admission:
    return Admission(Limits(**limits), Phase.READY)


@given(
    limits=st.builds(
        Limits,
        sessions=st.integers(1, 5),
        sessions_per_minute=st.integers(1, 20),
        client_sessions_per_minute=st.integers(1, 10),
    ),
    steps=st.lists(st.tuples(st.floats(0, 30), st.sampled_from(["a", "b", "c", ""])), max_size=80),
)
def test_there_are_never_more_sessions_than_allowed_and_a_refusal_says_when(limits, steps):
    admission, now, entered = Admission(limits, Phase.READY), 0.0, 0
    for pause, client in steps:
        now += pause
        if not client and admission.open:
            admission.leave()
            continue
        before = admission.open
        refused = admission.enter(client or "a", now)
        if refused is None:
            entered += 1
            assert admission.open == before + 1 <= limits.sessions
        else:
            assert admission.open == before
            assert refused.retry_after > 0
            assert (refused.reason is Reason.SESSIONS) is (before == limits.sessions)
    assert entered <= limits.sessions_per_minute * (1 + now / 60) + 1e-3


def test_one_client_in_a_hurry_does_not_keep_another_out():
    admission = ready(sessions=100, client_sessions_per_minute=2, sessions_per_minute=100)
    assert [admission.enter("192.0.2.1", 0) for _ in range(2)] == [None, None]
    for _ in range(1_000):
        assert admission.enter("192.0.2.1", 0) == Refused(Reason.RATE, pytest.approx(30))
    assert admission.enter("192.0.2.2", 0) is None
    assert admission.enter("192.0.2.1", 30) is None


def test_everybody_together_is_limited_too():
    admission = ready(sessions_per_minute=2)
    assert admission.enter("192.0.2.1", 0) is None
    assert admission.enter("192.0.2.2", 0) is None
    assert admission.enter("192.0.2.3", 0) == Refused(Reason.RATE, pytest.approx(30))


def test_sessions_before_and_after_its_time():
    admission = Admission()
    assert admission.enter("::1", 0).reason is Reason.LOADING
    admission.phase, admission.drained_at = Phase.DRAINING, 30
    assert admission.enter("::1", 10) == Refused(Reason.DRAINING, 20)
    assert admission.enter("::1", 40) == Refused(Reason.DRAINING, 0)


def test_a_million_addresses_leave_no_trace():
    admission = ready(sessions=10**9, sessions_per_minute=10**6, client_sessions_per_minute=60)
    for number in range(20_000):
        assert admission.enter(f"client {number}", number / 10) is None
    assert len(admission._clients) < 1_000


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_who_is_one_client(address, network):
    assert network_of(address) == network
