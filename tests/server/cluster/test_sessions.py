import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from realtime_chat.server.app import build_app
from realtime_chat.server.cluster.sessions import SERVED_BY, Signed
from realtime_chat.server.engines.choose import scripted_engines

KEY = {"Authorization": "Bearer the-key"}


@pytest.fixture
def client() -> TestClient:
    return TestClient(Signed(build_app(scripted_engines(), "the-key"), "replica7"))


def test_every_answer_says_which_replica_it_is_from(client):
    assert client.get("/health").headers[SERVED_BY] == "replica7"
    with client.websocket_connect("/v1/realtime", headers=KEY) as socket:
        assert (SERVED_BY.lower().encode(), b"replica7") in socket.extra_headers
        assert socket.receive_json()["type"] == "session.created"
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/v1/realtime"):
        pass
    assert refused.value.status_code == 401
    assert refused.value.headers[SERVED_BY] == "replica7"


def test_what_only_one_replica_would_know_is_not_given(client):
    answer = client.post("/v1/realtime/client_secrets", headers=KEY, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_supported")
    assert answer.headers[SERVED_BY] == "replica7"
