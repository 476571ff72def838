from __future__ import annotations

import pytest

from realtime_chat.session.tools.docstring import read


@pytest.mark.parametrize("nothing", [None, "", "\n   \n"])
def test_nothing(nothing: str | None) -> None:
    assert read(nothing) == ("", {})


def test_what_is_said_before_the_first_section() -> None:
    assert read("Say it.\n\n    In two\n    lines.\n\n    Returns:\n        It.\n")[0] == "Say it.\n\nIn two\nlines."


def test_arguments_with_and_without_types_and_on_several_lines() -> None:
    docstring = """Do it.

    Args:
        city: Where,
            exactly: in words.
        count (int, optional): How often.
        **rest: Whatever.

        late: After a blank line.

    Raises:
        ValueError: Never.
    """
    assert read(docstring) == (
        "Do it.",
        {
            "city": "Where, exactly: in words.",
            "count": "How often.",
            "rest": "Whatever.",
            "late": "After a blank line.",
        },
    )


def test_what_is_no_argument_is_passed_over() -> None:
    assert read("Do it.\n\nArgs:\n    nothing of the kind\n    x: It.\n")[1] == {"x": "It."}
