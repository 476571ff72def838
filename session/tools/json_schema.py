"""Whether arguments fit a JSON Schema that somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from realtime_chat.session.errors import InvalidArguments, ToolFailed

_LONGEST: Final = 500
"""Characters of what is wrong: a message may quote all that was given."""


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """See whether ``arguments`` fit. Nothing is fetched: a schema that points elsewhere cannot be used.

    Raises:
        InvalidArguments: They do not.
        ToolFailed: The schema cannot be used.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry

    try:
        kind = validator_for(schema, default=Draft202012Validator)
        # A registry of its own: the one that is there by default fetches what is missing over the network.
        error = best_match(kind(schema, registry=Registry()).iter_errors(dict(arguments)))
    except Exception as problem:
        raise ToolFailed(f"The tool's schema cannot be used ({type(problem).__name__}).") from problem
    if error is not None:
        raise InvalidArguments(f"{error.message[:_LONGEST]} - at `{error.json_path}`")
