import pytest

from realtime_chat.server.english.homographs import part_of_speech


@pytest.mark.parametrize(
    ("before", "word", "after", "part"),
    [
        ("i", "live", "in", "VERB"),
        ("", "live", "music", None),
        ("who", "lives", "here", "VERB"),
        ("their", "lives", "", None),
        ("have", "read", "it", "VBN"),
        ("i", "read", "it", "VERB"),
        ("", "close", "the", None),
        ("to", "close", "the", "VERB"),
        ("it", "close", "by", None),
        ("the", "record", "", "NOUN"),
        ("to", "record", "it", "VERB"),
        ("", "record", "the", "VERB"),
        ("green", "record", "", None),
    ],
)
def test_the_part_of_speech_is_guessed_from_the_neighbours(before, word, after, part):
    assert part_of_speech(before, word, after) == part
