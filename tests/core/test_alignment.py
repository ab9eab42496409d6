import numpy as np
import pytest

from facemotion.core.alignment import ARCFACE_TEMPLATE_112, similarity_transform


def apply(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


def turned(points, angle_deg, zoom, shift):
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T * zoom + shift).astype(np.float32)


def test_template_onto_itself_is_the_identity():
    matrix = similarity_transform(ARCFACE_TEMPLATE_112)
    assert matrix.dtype == np.float32
    assert matrix == pytest.approx(np.array([[1, 0, 0], [0, 1, 0]]), abs=1e-4)


@pytest.mark.parametrize("angle_deg", [-170.0, -45.0, 0.0, 30.0, 90.0])
@pytest.mark.parametrize("zoom", [0.1, 1.0, 7.5])
def test_a_similar_face_falls_on_the_template(angle_deg, zoom):
    kps = turned(ARCFACE_TEMPLATE_112, angle_deg, zoom, (400.0, -30.0))
    aligned = apply(similarity_transform(kps), kps)
    assert aligned == pytest.approx(ARCFACE_TEMPLATE_112, abs=1e-2)


def test_no_other_similarity_fits_better():
    rng = np.random.default_rng(0)
    kps = (ARCFACE_TEMPLATE_112 + rng.normal(0, 4, (5, 2))).astype(np.float32)
    best = similarity_transform(kps)

    def error(matrix):
        return float(((apply(matrix, kps) - ARCFACE_TEMPLATE_112) ** 2).sum())

    for _ in range(200):
        a, b, dx, dy = rng.normal(0, (0.02, 0.02, 1.0, 1.0))
        step = np.array([[a, -b, dx], [b, a, dy]])
        assert error(best + step) >= error(best) - 1e-3


def test_a_mirrored_face_is_not_mirrored_back():
    mirrored = ARCFACE_TEMPLATE_112 * np.array([-1, 1], dtype=np.float32)
    linear = similarity_transform(mirrored)[:, :2]
    assert np.linalg.det(linear) > 0.0


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_agrees_with_the_transform_that_the_recognisers_were_trained_with():
    from insightface.utils.face_align import estimate_norm

    rng = np.random.default_rng(3)
    for _ in range(5):
        kps = (ARCFACE_TEMPLATE_112 * 2 + rng.normal(0, 10, (5, 2))).astype(np.float32)
        assert similarity_transform(kps) == pytest.approx(estimate_norm(kps, 112), abs=1e-3)


def test_two_points_and_another_template():
    matrix = similarity_transform(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[1, 1], [1, 5.0]]))
    assert apply(matrix, np.array([[1.0, 0.0]])) == pytest.approx(np.array([[1, 3]]), abs=1e-5)


def test_non_contiguous_landmarks():
    wide = np.repeat(ARCFACE_TEMPLATE_112, 2, axis=1)[:, ::2]
    assert similarity_transform(wide) == pytest.approx(similarity_transform(ARCFACE_TEMPLATE_112))


def test_landmarks_on_one_point_are_refused():
    with pytest.raises(ValueError, match="one point"):
        similarity_transform(np.full((5, 2), 7.0, dtype=np.float32))


@pytest.mark.parametrize("shape", [(4, 2), (5, 3), (10,), (0, 2)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected landmarks of shape \(5, 2\)"):
        similarity_transform(np.zeros(shape, dtype=np.float32))


def test_the_template_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        ARCFACE_TEMPLATE_112[0, 0] = 1.0
