import itertools

import numpy as np
import pytest

from facemotion.core.scene import SceneCutDetector, SceneCutParams, best_shifted_likeness


def texture(seed, height=60, width=100):
    """A smooth picture with structure everywhere, float in [0, 255]."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 235, (height // 4 + 2, width // 4 + 2))
    rows = np.linspace(0, coarse.shape[0] - 1.01, height)
    columns = np.linspace(0, coarse.shape[1] - 1.01, width)
    y, x = rows.astype(int), columns.astype(int)
    fy, fx = (rows - y)[:, None], (columns - x)[None]
    top = coarse[y][:, x] * (1 - fx) + coarse[y][:, x + 1] * fx
    bottom = coarse[y + 1][:, x] * (1 - fx) + coarse[y + 1][:, x + 1] * fx
    return top * (1 - fy) + bottom * fy


def thumb(picture, dy=0, dx=0):
    part = picture[dy : dy + 18, dx : dx + 32]
    return np.clip(part, 0, 255).astype(np.uint8)


def cuts(frames, rate_hz=25, params=None):
    detector = SceneCutDetector(params)
    return [i for i, frame in enumerate(frames) if detector.update(frame, i / rate_hz)]


A, B = texture(1), texture(2)


def test_a_still_picture_has_no_cut():
    assert cuts([thumb(A)] * 20) == []


@pytest.mark.parametrize("rate_hz", [2, 10, 25, 60])
@pytest.mark.parametrize("seed", range(3, 9))
def test_a_hard_cut_is_found_once_at_every_rate(seed, rate_hz):
    frames = [thumb(A)] * 10 + [thumb(texture(seed))] * 10
    assert cuts(frames, rate_hz) == [10]


def test_the_first_picture_is_no_cut():
    assert cuts([thumb(A)]) == []


def test_every_cut_of_a_quick_montage_is_found():
    pictures = [thumb(texture(seed)) for seed in range(20, 26)]
    frames = [picture for picture in pictures for _ in range(3)]
    assert cuts(frames) == [3, 6, 9, 12, 15]


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_a_pan_is_no_cut(step):
    assert cuts([thumb(A, 5, dx) for dx in range(0, 60, step)]) == []


def test_a_diagonal_shake_is_no_cut():
    rng = np.random.default_rng(0)
    places = 12 + np.cumsum(rng.integers(-2, 3, (40, 2)), axis=0).clip(-12, 12)
    assert cuts([thumb(A, *place) for place in places]) == []


def test_a_large_thing_that_moves_quickly_is_no_cut():
    frames = []
    for x in range(-12, 32, 3):
        frame = thumb(A).copy()
        frame[4:18, max(x, 0) : max(x + 12, 0)] = 240
        frames.append(frame)
    assert cuts(frames) == []


@pytest.mark.parametrize("level", [60, 120, 255])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_flash_is_no_cut(level, length):
    flash = np.clip(A + level, 0, 255)
    frames = [thumb(A)] * 8 + [thumb(flash)] * length + [thumb(A)] * 8
    assert cuts(frames) == []


@pytest.mark.parametrize("length", [4, 12, 40])
def test_a_fade_to_black_and_back_is_no_cut(length):
    down = [thumb(A * (1 - i / length)) for i in range(length + 1)]
    assert cuts([*down, thumb(A * 0), thumb(A * 0), *down[::-1]]) == []


@pytest.mark.parametrize("length", [6, 12, 40])
def test_a_fade_through_black_to_another_picture_is_one_cut(length):
    out = [thumb(A * (1 - i / length)) for i in range(length + 1)]
    into = [thumb(B * (i / length)) for i in range(length + 1)]
    found = cuts([*out, *into])
    assert len(found) == 1
    assert length < found[0] <= 2 * length + 1


def test_a_dissolve_is_no_cut():
    assert cuts([thumb(A * (1 - t) + B * t) for t in np.linspace(0, 1, 25)]) == []


def test_a_change_of_light_is_no_cut():
    assert cuts([thumb(A * gain) for gain in (1.0, 1.0, 0.5, 0.5, 0.8, 1.1)]) == []


@pytest.mark.parametrize("black", [0, 255])
def test_a_cut_over_an_even_picture_is_found_behind_it(black):
    even = np.full((18, 32), black, dtype=np.uint8)
    assert cuts([thumb(A)] * 5 + [even] * 3 + [thumb(B)] * 5) == [8]
    assert cuts([even] * 5) == []


def test_noise_in_the_dark_is_no_cut():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 12, (18, 32)).astype(np.uint8) for _ in range(20)]
    assert cuts(frames) == []


def drift(likenesses):
    """Pictures each of which correlates with the one before as given."""
    picture = texture(100) - 127
    yield thumb(picture + 127)
    for seed, likeness in enumerate(likenesses):
        fresh = texture(200 + seed) - 127
        picture = likeness * picture + np.sqrt(1 - likeness**2) * fresh
        yield thumb(picture + 127)


def test_unrest_raises_the_bar():
    frames = list(drift([0.75] * 25 + [0.1]))
    assert cuts(frames) == []
    assert cuts(frames, params=SceneCutParams(min_change_ratio=1.0)) == [26]
    assert cuts(list(drift([1.0] * 25 + [0.1]))) == [26]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"max_likeness": -1.0}, []),
        ({"min_change": 255.0}, []),
        ({"min_structure": 128.0}, []),
        ({"max_shift": 0}, [10]),
    ],
)
def test_each_parameter_has_its_effect(change, expected):
    frames = [thumb(A)] * 10 + [thumb(B)] * 10
    assert cuts(frames) == [10]
    assert cuts(frames, params=SceneCutParams(**change)) == expected


def test_reset_forgets_the_last_picture():
    detector = SceneCutDetector()
    detector.update(thumb(A), 0.0)
    detector.reset()
    assert not detector.update(thumb(B), 0.1)
    assert detector.update(thumb(A), 0.2)


def test_time_that_stands_still_or_goes_back_does_no_harm():
    detector = SceneCutDetector()
    for time_s in (1.0, 1.0, 0.5, 0.5):
        assert not detector.update(thumb(A), time_s)
    assert detector.update(thumb(B), 0.4)


def test_the_thumbnail_is_not_written_and_may_be_a_view():
    wide = np.repeat(np.repeat(thumb(A), 2, axis=0), 2, axis=1)
    view = wide[::2, ::2]
    before = wide.copy()
    detector = SceneCutDetector()
    detector.update(view, 0.0)
    assert not detector.update(thumb(A), 0.1)
    assert np.array_equal(wide, before)


@pytest.mark.parametrize(
    "thumbnail",
    [
        np.zeros((32, 18), dtype=np.uint8),
        np.zeros((18, 32, 3), dtype=np.uint8),
        np.zeros((18, 32), dtype=np.float32),
        np.zeros((0, 0), dtype=np.uint8),
    ],
)
def test_other_thumbnails_are_refused(thumbnail):
    with pytest.raises(ValueError, match=r"expected uint8 \(18, 32\), got"):
        SceneCutDetector().update(thumbnail, 0.0)


@pytest.mark.parametrize(("dy", "dx"), list(itertools.product((-4, 0, 3), (-4, 0, 2))))
def test_a_shifted_picture_is_as_like_as_its_overlap_is_large(dy, dx):
    a, b = (
        A[10:28, 10:42].astype(np.float32),
        A[10 + dy : 28 + dy, 10 + dx : 42 + dx].astype(np.float32),
    )
    overlap = (1 - abs(dy) / 18) * (1 - abs(dx) / 32)
    assert best_shifted_likeness(a, b, 8) == pytest.approx(overlap, abs=1e-4)


def test_an_even_picture_is_like_nothing():
    even = np.full((18, 32), 9, dtype=np.float32)
    assert best_shifted_likeness(even, thumb(A).astype(np.float32), 2) == 0.0
    inverted = -thumb(A).astype(np.float32)
    assert best_shifted_likeness(inverted, -inverted, 0) == pytest.approx(-1.0)
