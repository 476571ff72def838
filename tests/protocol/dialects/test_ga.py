from realtime_chat.protocol.dialects.ga import GA


def test_nothing_is_changed():
    event = {"type": "session.update"}
    for function in (GA.client_out, GA.client_in, GA.server_in, GA.server_out):
        assert function(event, None) == [event]
