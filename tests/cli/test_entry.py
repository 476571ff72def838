import pytest
from entry_edits import EDITS
from hypothesis import given
from hypothesis import strategies as st
from tricky_texts import TEXTS

from realtime_chat.cli.cells import clusters, text_width
from realtime_chat.cli.entry import LONGEST, Entry


def at(marked):
    """An entry whose cursor is where the bar stands."""
    return Entry(marked.replace("|", ""), marked.index("|"))


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("|", lambda entry: entry.insert("a"), "a|"),
        ("a|c", lambda entry: entry.insert("b"), "ab|c"),
        ("a|", lambda entry: entry.insert(" "), "a |"),
        ("e|", lambda entry: entry.insert("\u0301"), "e\u0301|"),
        ("a|b", lambda entry: entry.insert("one\ntwo\r\n\tthree "), "aone two three |b"),
        ("|", lambda entry: entry.insert("\x1b[2Jgone\u202e\x07"), "gone|"),
        ("ab|", Entry.backspace, "a|"),
        ("|ab", Entry.backspace, "|ab"),
        ("a👨‍👩‍👧|b", Entry.backspace, "a|b"),
        ("a|bc", Entry.delete, "a|c"),
        ("ab|", Entry.delete, "ab|"),
        ("a|e\u0301b", Entry.delete, "a|b"),
        ("ab|", Entry.left, "a|b"),
        ("|ab", Entry.left, "|ab"),
        ("a|漢b", Entry.right, "a漢|b"),
        ("ab|", Entry.right, "ab|"),
        ("ab|c", Entry.home, "|abc"),
        ("a|bc", Entry.end, "abc|"),
        ("ab|cd", Entry.erase_before, "|cd"),
        ("ab|cd", Entry.erase_after, "ab|"),
        ("one two  |x", Entry.erase_word, "one |x"),
        ("one|", Entry.erase_word, "|"),
        ("|", Entry.erase_word, "|"),
    ],
)
def test_editing(before, edit, after):
    assert edit(at(before)) == at(after)


def test_what_is_too_long_is_left_out():
    entry = Entry().insert("x" * (LONGEST + 5)).insert("y")
    assert entry.text == "x" * LONGEST


@given(st.lists(st.one_of(st.sampled_from(EDITS), st.text(max_size=5), TEXTS), max_size=20), st.integers(4, 30))
def test_the_cursor_is_never_inside_a_cluster_and_always_seen(edits, columns):
    entry = Entry()
    for edit in edits:
        entry = entry.insert(edit) if isinstance(edit, str) else edit(entry)
        assert 0 <= entry.cursor <= len(entry.text)
        assert entry.text[: entry.cursor] == "".join(clusters(entry.text)[: len(clusters(entry.text[: entry.cursor]))])
        before, shown, behind = entry.window(columns)
        assert entry.text[: entry.cursor].endswith(before)
        assert (entry.text[entry.cursor :] or " ").startswith(shown + behind)
        assert shown
        widest = max(map(text_width, clusters(entry.text)), default=1)
        assert text_width(before + shown + behind) <= max(columns, widest)


def test_a_long_text_scrolls():
    entry = Entry().insert("abcdefghij" * 3)
    assert entry.window(10) == ("bcdefghij", " ", "")
    assert entry.home().window(10) == ("", "a", "bcdefghij")
    before, shown, behind = Entry("0123456789" * 3, 15).window(10)
    assert (before, shown, behind) == ("8901234", "5", "67")
