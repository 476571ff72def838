"""What an OpenAI-compatible API says is wrong: in the body of a refusal, or in the middle of a stream. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

TOO_MANY = 429
"""The status of HTTP of an API that takes no more."""

_SPENT = ("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached")
"""Codes, and types, of an account that has nothing left; those who are told stop asking."""

_STATUS = {
    **dict.fromkeys((*_SPENT, "rate_limit_exceeded", "rate_limit_error", "too_many_requests"), TOO_MANY),
    **dict.fromkeys(("invalid_api_key", "authentication_error"), 401),
    **dict.fromkeys(("permission_error", "permission_denied"), 403),
    **dict.fromkeys(("model_not_found", "not_found_error"), 404),
    **dict.fromkeys(("context_length_exceeded", "exceed_context_size_error", "invalid_request_error"), 400),
    **dict.fromkeys(("server_error", "api_error", "internal_server_error"), 500),
    **dict.fromkeys(("unavailable_error", "service_unavailable"), 503),
    "overloaded_error": 529,
}
"""The statuses of HTTP with which errors of these codes and types come, by the documents of OpenAI, Anthropic and
llama.cpp's server."""

_NUMBER = re.compile("[45][0-9][0-9]")


def error_in(body: str) -> Any:
    """Give the error in the JSON text of a refusal; None where there is none."""
    try:
        return error_of(json.loads(body))
    except (ValueError, RecursionError):
        return None


def error_of(said: Any) -> Any:
    """Give the error in an object of the API's; None where it is none. vLLM sends one bare."""
    if not isinstance(said, dict):
        return None
    return said if said.get("object") == "error" else said.get("error")


def message_of(error: Any) -> str:
    """Give an error's sentence as it came, not fit to be shown yet; "" where it has none."""
    said = error.get("message") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def limit_of(error: Any) -> str:
    """Say which limit an error is about, as an API's code: that of an account, or that of a time."""
    said = (error.get("code"), error.get("type")) if isinstance(error, dict) else ()
    return "insufficient_quota" if any(one in said for one in _SPENT) else "rate_limit_exceeded"


def status_of(error: Any) -> tuple[int, str] | None:
    """Give the status of HTTP that an error would have come with had the answer not begun yet.

    A code says more than a type: that of a wrong key is ``invalid_request_error`` at OpenAI. Some servers write the
    status in the code's place.

    Returns:
        The status, and the code, type or number that says so, which may be shown. None where nothing does.
    """
    if not isinstance(error, dict):
        return None
    for said in (error.get("code"), error.get("type")):
        if isinstance(said, str) and said in _STATUS:
            return _STATUS[said], said
        if isinstance(said, str | int) and _NUMBER.fullmatch(str(said)):
            return int(said), str(said)
    return None
