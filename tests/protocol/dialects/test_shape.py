from realtime_chat.protocol.dialects.shape import Field, Shape

SHAPE = Shape(
    (Field("voice", ("audio", "output", "voice")), Field("speed", ("audio", "output", "speed"), float, str)),
    only_flat=frozenset({"temperature"}),
    only_nested=frozenset({"type"}),
)


def test_there_and_back():
    flat = {"voice": "x", "speed": "1.5", "id": "s"}
    nested = {"audio": {"output": {"voice": "x", "speed": 1.5}}, "id": "s"}
    assert SHAPE.nested(flat | {"temperature": 1}) == nested
    assert SHAPE.flat(nested | {"type": "realtime"}) == flat
    assert SHAPE.names == {"voice", "speed", "temperature"}


def test_what_is_nested_already_is_copied_where_it_changes():
    given = {"audio": {"output": {"rate": 1}, "input": {}}, "voice": "x"}
    assert SHAPE.nested(given) == {"audio": {"output": {"rate": 1, "voice": "x"}, "input": {}}}
    assert given["audio"] == {"output": {"rate": 1}, "input": {}}
    assert SHAPE.nested({"audio": 5, "voice": "x"}) == {"audio": {"output": {"voice": "x"}}}
    assert SHAPE.flat({"audio": {"output": []}}) == {}


def test_paths():
    assert SHAPE.flat_path("audio.output.voice.id") == "voice.id"
    assert SHAPE.nested_path("voice.id") == "audio.output.voice.id"
    assert SHAPE.flat_path("audio.output.voices") == "audio.output.voices"
    assert SHAPE.nested_path("voices") == "voices"
