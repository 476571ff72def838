"""The dialects there are, and how a server tells which one a client speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from realtime_chat.protocol.dialects import beta, conversation
from realtime_chat.protocol.dialects.beta import BETA
from realtime_chat.protocol.dialects.conversation import CONVERSATION
from realtime_chat.protocol.dialects.dialect import Dialect, Json
from realtime_chat.protocol.dialects.ga import GA

AnyDialect = Dialect[Any, Any]

DIALECTS: Final[Mapping[str, AnyDialect]] = {dialect.name: dialect for dialect in (GA, BETA, CONVERSATION)}

BETA_SUBPROTOCOL: Final = "openai-beta.realtime-v1"
"""What a browser offers, since it cannot set headers."""


def dialect_of_request(headers: Mapping[str, str]) -> AnyDialect | None:
    """Give the dialect that a client's request names, None where it names none.

    Args:
        headers: The request's headers, names in lower case.
    """
    named = [entry.strip() for entry in headers.get("openai-beta", "").split(",")]
    offered = [entry.strip() for entry in headers.get("sec-websocket-protocol", "").split(",")]
    return BETA if "realtime=v1" in named or BETA_SUBPROTOCOL in offered else None


def dialect_of_frame(frame: Json) -> AnyDialect | None:
    """Give the dialect that a client's frame can only be of, None where there is none such."""
    if conversation.recognised(frame):
        return CONVERSATION
    return BETA if beta.recognised(frame) else None
