from realtime_chat.cli.redaction import hide, redact


def test_keys_of_the_environment_are_hidden(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", " sk-abcdef ")
    monkeypatch.setenv("REALTIME_CHAT_KEY", "sk-abcdef-longer")
    assert redact("with sk-abcdef-longer and sk-abcdef.") == "with [key] and [key]."


def test_what_is_too_short_to_be_a_key_is_a_word(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "no")
    assert redact("nothing") == "nothing"


def test_a_made_token_is_hidden():
    hide("token-made-here")
    assert redact("Bearer token-made-here") == "Bearer [key]"
