"""What can go wrong in an engine.

ServerError
└── EngineError            an engine cannot load, or failed while it worked
├── EngineMissing      the package an engine needs is not installed
├── EngineRefused      the API in which an engine runs refused a request
└── SchemaUnfit        the parameters of a tool are no JSON Schema that can be used
"""

from __future__ import annotations

from dataclasses import dataclass

from realtime_chat.server.errors import ServerError


@dataclass(eq=False)
class EngineError(ServerError):
    """An engine could not be loaded or failed while it worked.

    Attributes:
        engine: ``hearing``, ``thinking`` or ``speaking``.
        reason: What failed, without a trailing full stop.
    """

    engine: str
    reason: str

    def __str__(self) -> str:
        return f"The {self.engine} engine failed: {self.reason}."


@dataclass(eq=False)
class EngineMissing(EngineError):
    """A package of the ``local`` extra is not installed."""

    def __str__(self) -> str:
        return f"The {self.engine} engine needs {self.reason}: install it with `pip install 'realtime-chat[local]'`."


@dataclass(eq=False)
class EngineRefused(EngineError):
    """The API in which an engine runs refused a request.

    Attributes:
        status: The status of HTTP.
        code: Where too much was asked of it: whether to ask again (``rate_limit_exceeded``), or not
            (``insufficient_quota``).
    """

    status: int
    code: str = ""


@dataclass(eq=False)
class SchemaUnfit(EngineError):
    """The parameters of a tool are no JSON Schema that can be used.

    Attributes:
        problem: What is wrong with them, without a trailing full stop.
    """

    problem: str
