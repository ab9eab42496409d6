from pathlib import Path

import numpy as np
import pytest
import torch

from training.detector.imitation import imitated
from training.detector.targets import anchor_centres, anchor_strides, detection_loss
from training.lfw import LfwArchive
from training.teacher import Teacher


@pytest.fixture(scope="module")
def teacher(shared_dir: Path) -> Teacher:
    return Teacher(shared_dir / "models" / "scrfd_500m_mobilefacenet")


@pytest.fixture(scope="module")
def pictures(shared_dir: Path) -> np.ndarray:
    archive = LfwArchive(shared_dir / "data" / "lfw_dev.zip")
    canvases = np.zeros((3, 224, 224, 3), np.uint8)
    for row in range(2):
        canvases[row, 10:200, 20:210] = archive.picture(row)
    return canvases


def test_the_best_answer_is_what_the_labeller_finds(teacher: Teacher, pictures: np.ndarray) -> None:
    targets = imitated(pictures, teacher)
    for row in range(2):
        found = teacher.faces(pictures[row], 224, 0.5)
        best = int(targets.scores[row].argmax())
        assert float(targets.scores[row, best]) == pytest.approx(float(found.boxes[0, 4]), abs=1e-4)
        assert np.allclose(targets.boxes[row, best], found.boxes[0, :4], atol=0.02)
        assert np.allclose(targets.kps[row, best], found.kps[0].ravel(), atol=0.02)
        assert targets.is_face[row].sum() > 1
    assert not targets.is_face[2].any()
    assert bool(targets.is_counted.all())


def test_answering_as_the_labeller_does_costs_nothing(
    teacher: Teacher, pictures: np.ndarray
) -> None:
    targets = imitated(pictures[:1], teacher)
    centres, strides = (torch.from_numpy(f(224)) for f in (anchor_centres, anchor_strides))
    low, high = centres - targets.boxes[0, :, :2], targets.boxes[0, :, 2:] - centres
    offsets = targets.kps[0] - centres.repeat(1, 5)
    answers = [v[None] / strides[:, None] for v in (torch.cat([low, high], 1), offsets)]
    logits = torch.logit(targets.scores.clamp(1e-6, 1 - 1e-6))[..., None]
    same, _ = detection_loss((logits, *answers), targets, centres, strides)
    surer, parts = detection_loss((logits + 1.0, *answers), targets, centres, strides)
    assert float(same) < 1e-2
    assert parts["score"] > 5.0 * float(same)
    assert float(surer) > float(same)


def test_a_labeller_of_another_form_is_refused(pictures: np.ndarray) -> None:
    class OneAnchor(Teacher):
        def __init__(self) -> None:
            pass

        def answers(self, picture_bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            count = 28**2 + 14**2 + 7**2
            shapes = ((count,), (count, 4), (count, 10))
            return tuple(np.zeros(shape, np.float32) for shape in shapes)

    with pytest.raises(ValueError, match="two at each place"):
        imitated(pictures[:1], OneAnchor())
