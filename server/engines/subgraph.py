"""Cut a part out of an ONNX file without holding the file in memory twice.

The ``onnx`` package does this too, but parses every weight into objects of its own: 100 MB stay with the
process afterwards. Here the bytes of a node or a weight are only ever referred to, and copied once.

The field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (message kinds
``ModelProto``, ``GraphProto``, ``NodeProto``, ``TensorProto`` and ``ValueInfoProto``); the encoding is
https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum


class _Wire(IntEnum):
    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class _Model(IntEnum):
    GRAPH = 7


class _Graph(IntEnum):
    NODE = 1
    NAME = 2
    INITIALIZER = 5
    INPUT = 11
    OUTPUT = 12
    VALUE_INFO = 13


class _Node(IntEnum):
    INPUT = 1
    OUTPUT = 2
    OP_TYPE = 4


_TENSOR_NAME = 8
_VALUE_INFO_NAME = 1
_WITH_SUBGRAPHS = frozenset({"If", "Loop", "Scan"})


@dataclass(frozen=True, slots=True)
class _Piece:
    raw: memoryview
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Graph:
    """The graph of an ONNX model, ready to be cut.

    Args:
        model: The file's bytes; they must stay as they are while this object is in use.

    Raises:
        ValueError: The bytes are not an ONNX model, or one whose nodes hold graphs of their own.
    """

    def __init__(self, model: memoryview) -> None:
        self._head: list[bytes] = []
        self._nodes: list[_Piece] = []
        self._weights: dict[str, memoryview] = {}
        self._types: dict[str, memoryview] = {}
        graph: memoryview | None = None
        for number, whole, value in _fields(model):
            if number == _Model.GRAPH:
                graph = value
            else:
                self._head.append(bytes(whole))
        if graph is None:
            raise ValueError("no graph in the file")
        for number, _, value in _fields(graph):
            if number == _Graph.NODE:
                self._nodes.append(_node(value))
            elif number == _Graph.INITIALIZER:
                self._weights[_name(value, _TENSOR_NAME)] = value
            elif number in (_Graph.INPUT, _Graph.OUTPUT, _Graph.VALUE_INFO):
                self._types[_name(value, _VALUE_INFO_NAME)] = value

    def cut(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """Give a model that computes ``outputs`` from ``inputs``, with only the weights it needs.

        Args:
            inputs: Names of tensors that the new model is given.
            outputs: Names of tensors that it gives.

        Returns:
            The bytes of the new model.

        Raises:
            ValueError: A name is not in the graph, or an output needs more than ``inputs``.
        """
        unknown = [name for name in (*inputs, *outputs) if name not in self._types]
        if unknown:
            raise ValueError(f"no tensor called {', '.join(unknown)}")
        maker = {name: node for node in self._nodes for name in node.outputs}
        needed: set[str] = set()
        ahead = list(outputs)
        while ahead:
            name = ahead.pop()
            if name in needed or name in inputs or not name:
                continue
            needed.add(name)
            if name in maker:
                ahead.extend(maker[name].inputs)
            elif name not in self._weights:
                raise ValueError(f"{name} comes from nothing that was given")
        parts: list[bytes | memoryview] = []
        for node in self._nodes:
            if not needed.isdisjoint(node.outputs):
                parts += _field(_Graph.NODE, node.raw)
        parts += _field(_Graph.NAME, b"part")
        for name, weight in self._weights.items():
            if name in needed:
                parts += _field(_Graph.INITIALIZER, weight)
        for number, names in ((_Graph.INPUT, inputs), (_Graph.OUTPUT, outputs)):
            for name in names:
                parts += _field(number, self._types[name])
        size = sum(len(part) for part in parts)
        return b"".join([*self._head, _varint(_Model.GRAPH << 3 | _Wire.BYTES), _varint(size), *parts])


def _node(raw: memoryview) -> _Piece:
    inputs: list[str] = []
    outputs: list[str] = []
    for number, _, value in _fields(raw):
        if number == _Node.INPUT:
            inputs.append(_text(value))
        elif number == _Node.OUTPUT:
            outputs.append(_text(value))
        elif number == _Node.OP_TYPE and _text(value) in _WITH_SUBGRAPHS:
            raise ValueError(f"a node of kind {_text(value)} cannot be cut")
    return _Piece(raw, tuple(inputs), tuple(outputs))


def _name(message: memoryview, field: int) -> str:
    return next((_text(value) for number, _, value in _fields(message) if number == field), "")


def _text(value: memoryview) -> str:
    return bytes(value).decode()


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Yield each field's number, its whole bytes and its value's bytes."""
    position = 0
    while position < len(message):
        start = position
        key, position = _read_varint(message, position)
        wire = key & 7
        if wire == _Wire.BYTES:
            length, position = _read_varint(message, position)
        elif wire == _Wire.VARINT:
            length = _read_varint(message, position)[1] - position
        elif wire in (_Wire.FIXED32, _Wire.FIXED64):
            length = 4 if wire == _Wire.FIXED32 else 8
        else:
            raise ValueError(f"not a protobuf message: wire type {wire}")
        end = position + length
        if end > len(message):
            raise ValueError("the file ends in the middle of a field")
        yield key >> 3, message[start:end], message[position:end]
        position = end


def _read_varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        if position >= len(message):
            raise ValueError("the file ends in the middle of a number")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is too long")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: bytes | memoryview) -> list[bytes | memoryview]:
    return [_varint(number << 3 | _Wire.BYTES), _varint(len(value)), value]
