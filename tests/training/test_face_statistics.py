import cv2
import numpy as np
import pytest

from facemotion.analysis.face_reference import MEASURES, FaceReference
from facemotion.core.crop_measures import gradient_features
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from training.data import EMOTION_OF_COLUMN, VOTE_COLUMNS, LabelledFaces
from training.face_statistics import (
    histograms,
    least_gap,
    linear_reader,
    main,
    mean_faces,
    measure,
    one_picture_each,
)


def made_faces(each=30, seed=0):
    """Seven patterns with noise: each emotion has its own stripes."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(EMOTION_COUNT), each)
    down, across = np.mgrid[0:48, 0:48]
    images = np.empty((len(labels), 48, 48), np.uint8)
    for row, label in enumerate(labels):
        angle = np.pi * label / EMOTION_COUNT
        wave = np.sin((across * np.cos(angle) + down * np.sin(angle)) / 3.0)
        images[row] = np.clip(120 + 50 * wave + rng.normal(0, 15, (48, 48)), 0, 255)
    targets = np.eye(EMOTION_COUNT, dtype=np.float32)[labels]
    return LabelledFaces(images, targets, labels, np.arange(len(labels)), {})


def test_the_reader_tells_patterns_apart_with_unit_spread():
    faces, others = made_faces(), made_faces(seed=1)
    mean, reader, classes = linear_reader(faces)
    scores = (gradient_features(others.images) - mean) @ reader
    nearest = ((scores[:, None] - classes) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == others.labels).mean() > 0.95
    own = (gradient_features(faces.images) - mean) @ reader - classes[faces.labels]
    assert np.cov(own.T) == pytest.approx(np.eye(6), abs=0.05)


def test_bands_hold_98_of_100_faces_and_the_file_is_read_back(tmp_path):
    faces = made_faces()
    rng = np.random.default_rng(2)
    framing = rng.normal((24, 23, 46, 0), 1.0, (len(faces.images), 4))
    framing[3] = np.nan
    probs = np.eye(EMOTION_COUNT, dtype=np.float32)[faces.labels]
    reference = measure(faces, faces.images, framing, probs)
    reference.save(tmp_path / "some.npz")
    again = FaceReference.load(tmp_path / "some.npz")
    across = MEASURES.index("across")
    low, high = again.bands[across]
    inside = (framing[:, 0] >= low) & (framing[:, 0] <= high)
    assert np.nanmean(inside[np.isfinite(framing[:, 0])]) == pytest.approx(0.98, abs=0.01)
    assert again.bands[MEASURES.index("likeness"), 1] == 1.0
    assert again.least_gap[0] == pytest.approx(0.5)
    assert again.faces.tolist() == [210, 210]


def test_histograms_count_every_face():
    edges, shares = histograms(made_faces().images)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert (np.diff(edges, axis=1) > 0.0).all()


def test_the_least_gap_is_half_the_poorest_sets():
    unsure = np.full((50, EMOTION_COUNT), 1.0 / EMOTION_COUNT, np.float32)
    assert least_gap(unsure) == pytest.approx(0.0, abs=1e-6)


def test_every_emotion_needs_a_face():
    faces = made_faces()
    few = LabelledFaces(
        faces.images[:40], faces.targets[:40], faces.labels[:40], faces.rows[:40], {}
    )
    with pytest.raises(ValueError, match="fear"):
        mean_faces(few)


class FakeArchive:
    people = ("Ana", "Ana", "Ben", "Cem")

    def kept_out(self):
        return np.array([True, True, False, False])


def test_one_picture_of_everybody_kept_out_or_not():
    assert one_picture_each(FakeArchive(), is_kept_out=True) == [0]
    assert one_picture_each(FakeArchive(), is_kept_out=False) == [2, 3]


def write_ferplus(folder, faces):
    """The faces in the layout of FER+'s tool."""
    columns = {name: column for column, name in enumerate(VOTE_COLUMNS)}
    column_of = {emotion: columns[name] for name, emotion in EMOTION_OF_COLUMN.items()}
    lines = []
    for row, (image, label) in enumerate(zip(faces.images, faces.labels, strict=True)):
        cv2.imwrite(str(folder / f"fer{row}.png"), image)
        votes = ["0"] * len(VOTE_COLUMNS)
        votes[column_of[EMOTIONS[label]]] = "10"
        lines.append(",".join([f"fer{row}.png", "(0 0 48 48)", *votes]))
    (folder / "label.csv").write_text("\n".join(lines), "utf-8")


def test_the_command_on_a_few_people(shared_dir, shared_pack, tmp_path, capsys):
    write_ferplus(tmp_path, made_faces(each=10))
    out = tmp_path / "few.npz"
    arguments = ["--ferplus", tmp_path, "--lfw", shared_dir / "data" / "lfw_dev.zip"]
    arguments += ["--pack", shared_pack, "--people", "25", "--out", out]
    main([str(argument) for argument in arguments])
    reference = FaceReference.load(out)
    assert reference.faces[0] == 70
    assert reference.faces[1] >= 20
    assert "brightness" in capsys.readouterr().out
