"""What a docstring in Google's style says of a function and of its arguments.

The style is that of https://google.github.io/styleguide/pyguide.html#383-functions-and-methods.
"""

from __future__ import annotations

import inspect
import re
from itertools import pairwise

_SECTION = re.compile(r"^(?:Args|Arguments|Parameters|Returns|Return|Yields|Raises|Note|Notes|Example|Examples):\s*$")
_ARGUMENTS = ("Args:", "Arguments:", "Parameters:")
_ARGUMENT = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


def read(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Give what a docstring says before its first section, and what its ``Args:`` say of each argument."""
    lines = inspect.cleandoc(docstring or "").splitlines()
    begins = [index for index, line in enumerate(lines) if _SECTION.match(line)]
    summary = "\n".join(lines[: begins[0]] if begins else lines).strip()
    arguments: dict[str, str] = {}
    for begin, end in pairwise([*begins, len(lines)]):
        if lines[begin].strip() in _ARGUMENTS:
            arguments |= _arguments(lines[begin + 1 : end])
    return summary, arguments


def _arguments(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    indent = next((_indent(line) for line in lines if line.strip()), 0)
    name = ""
    for line in lines:
        if not line.strip():
            continue
        match = _ARGUMENT.match(line.strip()) if _indent(line) <= indent else None
        if match is not None:
            name = match.group(1)
            found[name] = match.group(2)
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
