import io

import numpy as np
import pytest

from facemotion.core.errors import GalleryError
from facemotion.store.vectors import (
    MAX_EMBEDDINGS,
    decode_embeddings,
    encode_embeddings,
    unit_rows,
    without_repeats,
)


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def test_round_trip_is_float32_with_unit_rows():
    rows = unit_rows(np.arange(1, 13, dtype=np.float64).reshape(3, 4))
    data = encode_embeddings(rows)
    back = decode_embeddings(data)
    assert back.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(back, rows, atol=1e-7)
    np.testing.assert_array_equal(np.load(io.BytesIO(data)), rows)


def test_one_vector_gives_one_row():
    rows = decode_embeddings(npy(np.array([3.0, 4.0])))
    np.testing.assert_allclose(rows, [[0.6, 0.8]], atol=1e-7)


def test_fortran_order_is_understood():
    array = np.asfortranarray(np.array([[3.0, 4.0], [0.0, 2.0]]))
    np.testing.assert_allclose(decode_embeddings(npy(array)), [[0.6, 0.8], [0.0, 1.0]], atol=1e-7)


def test_not_contiguous_rows_are_copied():
    wide = np.ones((4, 8), np.float32)[:, ::2]
    assert unit_rows(wide).flags.c_contiguous


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"not a file of numpy at all",
        npy(np.ones((2, 4)))[:-8],
        npy(np.ones((2, 4))) + b"more",
        npy(np.ones((2, 2, 4))),
        npy(np.ones((2, 4), np.int64)),
        npy(np.array([{"a": 1}], dtype=object), allow_pickle=True),
        npy(np.float64(3.0)),
        npy(np.zeros((0, 4))),
        npy(np.zeros((1, 4))),
        npy(np.full((1, 4), np.nan)),
        npy(np.full((1, 4), np.inf)),
        npy(np.ones((1, 1))),
        npy(np.ones((MAX_EMBEDDINGS + 1, 2))),
        npy(np.ones((1, 4))).replace(b"(1, 4)", b"(9, 9)"),
    ],
)
def test_damaged_bytes_are_refused(data):
    with pytest.raises(GalleryError):
        decode_embeddings(data)


def test_a_header_that_claims_terabytes_allocates_nothing():
    data = npy(np.ones((1, 4))).replace(b"(1, 4), }           ", b"(999999999999, 4), }")
    assert b"999999999999" in data
    with pytest.raises(GalleryError, match="needs 31999999999968 bytes"):
        decode_embeddings(data)


def test_repeats_are_left_out():
    rows = unit_rows(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    nobody = np.zeros((0, 2), np.float32)
    np.testing.assert_array_equal(without_repeats(rows, nobody), rows[:2])
    np.testing.assert_array_equal(without_repeats(rows, rows[:1]), rows[1:2])
    assert without_repeats(rows, rows).shape == (0, 2)
