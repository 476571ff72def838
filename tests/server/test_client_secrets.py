from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.protocol.sessions import RealtimeSession
from realtime_chat.server.client_secrets import ClientSecret, ClientSecrets


def test_a_secret_is_good_several_times_until_it_expires():
    secrets = ClientSecrets()
    session = RealtimeSession(instructions="Be brief.")
    secret = secrets.mint(session, 10, 600, now=1_000)
    assert secret.value.startswith("ek_")
    assert secret.expires_at == 1_600
    assert secrets.find(secret.value, 1_000) is secrets.find(secret.value, 1_599.9) is secret
    assert secret.session is session
    assert secrets.find(secret.value, 1_600) is None
    assert secrets.find("ek_" + "0" * 64, 1_000) is None
    assert secrets.find("\udcff", 1_000) is None


def test_its_value_is_not_shown():
    secret = ClientSecrets().mint(None, 0, 10, now=0)
    assert secret.value not in repr(secret)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(10, 200), st.integers(0, 60)), max_size=60))
def test_what_is_remembered_is_bounded(steps):
    secrets, now, sizes = ClientSecrets(max_secrets=5, max_bytes=100), 0.0, {}
    for pause, seconds, size in steps:
        now += pause
        minted = secrets.mint(None, size, seconds, now)
        if isinstance(minted, ClientSecret):
            sizes[minted] = size
        else:
            assert 0 < minted <= 200
        good = [secret for secret in sizes if secrets.find(secret.value, now)]
        assert good == [secret for secret in sizes if now < secret.expires_at]
        assert len(secrets) <= 5
        assert sum(sizes[secret] for secret in good) <= 100


def test_whoever_waits_as_told_gets_one():
    secrets = ClientSecrets(max_secrets=1)
    secrets.mint(None, 0, 600, now=0)
    assert secrets.mint(None, 0, 600, now=100) == 500
    assert isinstance(secrets.mint(None, 0, 600, now=600), ClientSecret)
