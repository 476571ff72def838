from __future__ import annotations

import enum
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import jsonschema
import msgspec
import pytest

from realtime_chat.session.tools.functions import Function, Unfit, described, functions_of


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


@dataclass
class Place:
    city: str
    number: int = 0


def one(function: Any, name: str = "f") -> Function:
    return described(name, function, is_read_only=False)


def module(source: str) -> ModuleType:
    made = ModuleType("made")
    exec(source, made.__dict__)  # noqa: S102 - the source is the test's
    return made


def test_a_schema_says_all_that_the_signature_does() -> None:
    def f(
        place: Place,
        unit: Unit,
        kind: Literal["now", "later"] = "now",
        tags: list[str] | None = None,
        extra: dict[str, float] = {},  # noqa: B006 - it is not changed
        flag: bool = False,
    ) -> None:
        """Say it.

        Args:
            place: Where.
            kind: When.
        """

    schema = one(f).parameters
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["place", "unit"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["place"] == {"description": "Where.", "$ref": "#/$defs/Place"}
    assert schema["properties"]["kind"]["default"] == "now"
    assert sorted(schema["properties"]["kind"]["enum"]) == ["later", "now"]
    assert sorted(schema["$defs"]["Unit"]["enum"]) == ["c", "f"]
    assert one(f).description == "Say it."
    assert "f_arguments" not in str(schema)


def test_arguments_become_what_the_function_wants() -> None:
    def f(place: Place, unit: Unit = Unit.CELSIUS, tags: list[str] | None = None) -> None: ...

    converted = one(f).converted({"place": {"city": "Paris"}, "tags": None})
    assert converted == {"place": Place("Paris"), "tags": None}
    assert one(f).converted({"place": {"city": "x"}, "unit": "f"})["unit"] is Unit.FAHRENHEIT


@pytest.mark.parametrize("arguments", [{}, {"n": "1"}, {"n": 1.5}, {"n": 1, "m": 2}, {"n": None}])
def test_arguments_that_do_not_fit(arguments: dict[str, Any]) -> None:
    def f(n: int) -> None: ...

    with pytest.raises(msgspec.ValidationError):
        one(f).converted(arguments)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(arguments, one(f).parameters)


def test_an_argument_may_have_any_name() -> None:
    def f(self: int, cls: int, name: str = "x", *, class_: int = 1) -> None: ...

    assert one(f).converted({"self": 1, "cls": 2}) == {"self": 1, "cls": 2}


def test_a_default_is_the_functions_own() -> None:
    made: list[int] = []

    def f(items: list[int] = made) -> list[int]:
        return items

    function = one(f)
    assert function.run(**function.converted({})) is made


def test_coroutine_functions_are_known() -> None:
    async def f() -> None: ...

    assert one(f).is_async
    assert not one(lambda: None).is_async


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def f(x): ...", "no type"),
        ("def f(*x: int): ...", "by its name"),
        ("def f(**x: int): ...", "by its name"),
        ("def f(x: int, /): ...", "by its name"),
        ("def f(x: 'nothing'): ...", "cannot be read"),
        ("import socket\ndef f(x: socket.socket): ...", "JSON has nothing for"),
        ("def f(a: int, x: complex): ...", r"the argument 'x' of f\(\) is of a type that JSON has nothing for$"),
        ("f = 1", "no public function"),
        ("def _f(): ...", "no public function"),
        ("READ_ONLY = {'g'}\ndef f(): ...", "'g'"),
        ("READ_ONLY = 'f'\ndef f(): ...", "is a set"),
        ("READ_ONLY = {1}\ndef f(): ...", "is a set"),
        ("def für(): ...", "none that a model can call"),
    ],
)
def test_what_cannot_be_offered(source: str, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        functions_of(module(source))


def test_the_public_functions_of_a_module_are_offered() -> None:
    made = module("from os.path import join\ndef a(): ...\ndef _b(): ...\nclass C:\n  def d(self): ...\n")
    assert [function.name for function in functions_of(made)] == ["a"]


def test_or_those_that_it_lists() -> None:
    made = module("from getpass import getuser\n__all__ = ['getuser', 'X']\nX = 1\ndef a(): ...\n")
    assert [function.name for function in functions_of(made)] == ["getuser"]


def test_a_module_says_which_change_nothing() -> None:
    made = module("READ_ONLY = ['a']\ndef a(): ...\ndef b(): ...\n")
    assert {function.name: function.is_read_only for function in functions_of(made)} == {"a": True, "b": False}
