"""Embeddings as bytes of the .npy format, read without trusting them."""

import io
import math

import numpy as np
from numpy.typing import NDArray

from facemotion.core.errors import GalleryError
from facemotion.core.types import FloatArray

MAX_EMBEDDINGS = 1000
"""Of one person."""

MAX_EMBEDDING_DIM = 4096
MAX_NPY_BYTES = MAX_EMBEDDINGS * MAX_EMBEDDING_DIM * 8 + 4096

_HEADER_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def encode_embeddings(embeddings: FloatArray) -> bytes:
    """The bytes of a .npy file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(embeddings), allow_pickle=False)
    return buffer.getvalue()


def decode_embeddings(data: bytes) -> FloatArray:
    """Embeddings from the bytes of a .npy file.

    Returns:
        float32 (N, D) unit rows; a file of one vector (D,) gives one row.

    Raises:
        GalleryError: The bytes are not a .npy file of finite, non-zero vectors of numbers.
    """
    array = _read_array(data)
    return unit_rows(array[None] if array.ndim == 1 else array)


def unit_rows(embeddings: NDArray[np.floating]) -> FloatArray:
    """A checked copy of embeddings with rows of length one.

    Args:
        embeddings: float (N, D), N from 1 to `MAX_EMBEDDINGS`.

    Returns:
        float32 (N, D) unit rows.

    Raises:
        GalleryError: Wrong shape, or a row that is zero or not finite.
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or not (
        1 <= rows.shape[0] <= MAX_EMBEDDINGS and 2 <= rows.shape[1] <= MAX_EMBEDDING_DIM
    ):
        raise GalleryError(
            f"Expected 1 to {MAX_EMBEDDINGS} embeddings of 2 to {MAX_EMBEDDING_DIM} numbers, got "
            f"an array of shape {rows.shape}."
        )
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms < 1e-6).any():
        raise GalleryError("An embedding is zero or not a finite number.")
    return (rows / norms).astype(np.float32)


def without_repeats(rows: FloatArray, known: FloatArray) -> FloatArray:
    """Those rows that are neither in `known` nor earlier in `rows`.

    Args:
        rows: float32 (N, D).
        known: float32 (M, D), M may be zero.

    Returns:
        float32 (≤ N, D), in the same order.
    """
    seen = np.concatenate([known, rows]) if len(known) else rows
    first_fresh = len(seen) - len(rows)
    is_repeat = [
        bool((np.abs(seen[: first_fresh + place] - row) < 1e-6).all(axis=1).any())
        for place, row in enumerate(rows)
    ]
    return rows[~np.array(is_repeat, dtype=bool)]


def _read_array(data: bytes) -> NDArray[np.floating]:
    buffer = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(buffer)
        shape, is_fortran, dtype = _HEADER_READERS[version](buffer)
        return _read_values(data[buffer.tell() :], shape, is_fortran, dtype)
    except (ValueError, KeyError, EOFError, SyntaxError, TypeError, RecursionError) as error:
        raise GalleryError(f"Not a readable .npy file of embeddings ({error}).") from error


def _read_values(
    data: bytes, shape: tuple[int, ...], is_fortran: bool, dtype: np.dtype
) -> NDArray[np.floating]:
    """The array, once its header is known to agree with what follows it."""
    if dtype.kind != "f" or len(shape) not in (1, 2):
        raise ValueError(f"expected one or two dimensions of floats, got {dtype} {shape}")
    count = math.prod(shape)
    if count * dtype.itemsize != len(data):
        raise ValueError(f"shape {shape} needs {count * dtype.itemsize} bytes, got {len(data)}")
    values = np.frombuffer(data, dtype=dtype)
    return values.reshape(shape, order="F" if is_fortran else "C")
