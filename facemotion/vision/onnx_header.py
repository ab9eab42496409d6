"""What an ONNX file is, read from its outline alone: no weights, no session, no onnx package.

ONNX files are protocol buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): a model
(field 7) holds a graph, whose fields 11 and 12 are its inputs and outputs. Everything else, the
weights above all, is skipped, so that a pack of hundreds of megabytes is looked through at once.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from facemotion.core.errors import ModelError

_GRAPH: Final = 7
_INPUT: Final = 11
_OUTPUT: Final = 12
_TYPE: Final = 2
_TENSOR: Final = 1
_SHAPE: Final = 2
_DIMENSION: Final = 1
_SIZE: Final = 1
_NEGATIVE: Final = 1 << 63
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5

Shape = tuple[int | None, ...]
"""Sizes of a tensor's axes; None where an axis is free."""


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """Shapes at both ends of a model.

    Attributes:
        inputs: Shape of each input; old files list their weights here, behind the real inputs.
        outputs: Shape of each output.
    """

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


def read_header(path: Path) -> OnnxHeader:
    """Read the outline of an ONNX file.

    Raises:
        ModelError: The file is missing, empty, cut off or no ONNX model.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise ModelError(f"The model {path.name} is empty. Install it again.")
        with path.open("rb") as stream:
            return _read_model(stream, size)
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise ModelError(
            f"The model {path.name} is damaged, cut off or no ONNX file. Install it again."
        ) from error


def _read_model(stream: BinaryIO, size: int) -> OnnxHeader:
    for field, length in _fields(stream, size):
        if field == _GRAPH:
            return _read_graph(stream, stream.tell() + length)
    raise ValueError("no graph")


def _read_graph(stream: BinaryIO, end: int) -> OnnxHeader:
    inputs: list[Shape] = []
    outputs: list[Shape] = []
    for field, length in _fields(stream, end):
        if field == _INPUT:
            inputs.append(_shape(stream.read(length)))
        elif field == _OUTPUT:
            outputs.append(_shape(stream.read(length)))
    if not inputs or not outputs:
        raise ValueError("no inputs or no outputs")
    return OnnxHeader(tuple(inputs), tuple(outputs))


def _shape(value_info: bytes) -> Shape:
    shape = value_info
    for wanted in (_TYPE, _TENSOR, _SHAPE):
        shape = next(iter(_bodies(shape, wanted)), b"")
    return tuple(_dimension(body) for body in _bodies(shape, _DIMENSION))


def _dimension(body: bytes) -> int | None:
    stream = io.BytesIO(body)
    for field, length in _fields(stream, len(body)):
        if field == _SIZE and length > 0:
            size = _varint(io.BytesIO(stream.read(length)))
            return size if 0 < size < _NEGATIVE else None
    return None


def _bodies(message: bytes, wanted: int) -> list[bytes]:
    stream = io.BytesIO(message)
    return [
        stream.read(length) for field, length in _fields(stream, len(message)) if field == wanted
    ]


def _fields(stream: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Number and length of each field of a message, with the stream standing at its content."""
    while stream.tell() < end:
        key = _varint(stream)
        length = _length(stream, key & 7)
        content = stream.tell()
        if key >> 3 == 0 or content + length > end:
            raise ValueError("a field runs past the end")
        yield key >> 3, length
        stream.seek(content + length)


def _length(stream: BinaryIO, wire_type: int) -> int:
    if wire_type == _BYTES:
        return _varint(stream)
    if wire_type == _VARINT:
        start = stream.tell()
        _varint(stream)
        length = stream.tell() - start
        stream.seek(start)
        return length
    if wire_type in (_FIXED_32, _FIXED_64):
        return 4 if wire_type == _FIXED_32 else 8
    raise ValueError(f"unknown wire type {wire_type}")


def _varint(stream: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise ValueError("cut off within a number")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("a number without an end")
