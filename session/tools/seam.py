"""What a conversation asks of a `Tool`. ``python_file`` and ``mcp_server`` make real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Tool(Protocol):
    """Something that the model may have done."""

    @property
    def name(self) -> str:
        """What the model calls it: 1..64 letters, digits, hyphens and underscores (what Realtime servers take)."""
        ...

    @property
    def description(self) -> str:
        """What the model is told of it; may be empty."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments: that of an object."""
        ...

    @property
    def is_read_only(self) -> bool:
        """It changes nothing, and so may be called without asking the person."""
        ...

    async def check(self, arguments: Mapping[str, Any]) -> None:
        """See whether the arguments fit, without calling it.

        Raises:
            InvalidArguments: They do not.
            ToolFailed: That cannot be told.
        """
        ...

    async def call(self, arguments: Mapping[str, Any]) -> str:
        """Call it, off the event loop, and give its result as text. May be cancelled at any time.

        Raises:
            InvalidArguments: The arguments do not fit; it was not called.
            ToolFailed: It failed.
        """
        ...
