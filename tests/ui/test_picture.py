import numpy as np
import pytest

from facemotion.ui.picture import LARGEST_SIDE_PX, fitted_size, render_bgra


@pytest.mark.parametrize(
    ("picture", "view", "expected"),
    [
        ((1280, 720), (640, 640), (640, 360)),
        ((1280, 720), (2560, 720), (1280, 720)),
        ((100, 100), (300, 200), (200, 200)),
        ((1280, 720), (0, 0), (1280, 720)),
        ((1, 1), (640, 480), (480, 480)),
        ((10000, 1), (100, 100), (100, 1)),
        ((1920, 1080), (7680, 4320), (3840, 2160)),
        ((8000, 6000), (9000, 9000), (8000, 6000)),
    ],
)
def test_fitted_size(picture, view, expected):
    assert fitted_size(*picture, *view) == expected
    assert max(expected) <= max(LARGEST_SIDE_PX, *picture)


def test_render_keeps_colour_order_and_makes_own_memory():
    frame = np.zeros((4, 6, 3), np.uint8)
    frame[:, :, 0], frame[:, :, 1], frame[:, :, 2] = 10, 20, 30
    bgra = render_bgra(frame, (6, 4))
    assert bgra.shape == (4, 6, 4)
    assert bgra.flags.c_contiguous
    assert bgra[0, 0].tolist() == [10, 20, 30, 255]
    frame[:] = 0
    assert bgra[0, 0].tolist() == [10, 20, 30, 255]


def test_render_scales_both_ways_and_mirrors():
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[:, :30] = 200
    small = render_bgra(frame, (12, 8), is_mirrored=True)
    assert small.shape == (8, 12, 4)
    assert small[4, 0, 0] == 0
    assert small[4, 11, 0] == 200
    large = render_bgra(frame, (120, 80))
    assert large.shape == (80, 120, 4)
    assert large[40, 0, 0] == 200


def test_render_takes_a_cut_out_of_another_array():
    frame = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)[5:25, 10:40]
    assert not frame.flags.c_contiguous
    assert np.array_equal(render_bgra(frame, (30, 20))[:, :, :3], frame)
