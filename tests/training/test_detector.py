from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.training.pack_data import BOX, KPS, labelled_pictures
from training.config import OptimisationConfig
from training.detector.config import DetectorConfig, config_from, read_config
from training.detector.export import OUTPUT_NAMES, export, scale_scores
from training.detector.model import ANCHORS, STRIDES, Detector, DetectorShape, doubled
from training.detector.mosaic import Mosaic, MosaicMaker, MosaicRecipe
from training.detector.mosaic_drawing import load_textures, transform_boxes, transform_points
from training.detector.sources import TrainingPictures
from training.detector.targets import (
    ANCHOR_SIZES_PX,
    Targets,
    anchor_centres,
    anchor_strides,
    assign,
    decode,
    detection_loss,
    overlaps,
)
from training.detector.train import DetectorTrainer, joined, load_checkpoint, to_input, train
from training.onnx_file import check_parity

SIDE = 128
SHAPE = DetectorShape(
    stem=8, widths=(8, 8, 8), depths=(0, 0, 0), pyramid=(8, 8, 16), towers=(1, 1, 2)
)
CONFIG = DetectorConfig(
    "test",
    steps_per_epoch=2,
    shape=SHAPE,
    recipe=MosaicRecipe(side_px=SIDE, largest_px=100.0),
    optimisation=OptimisationConfig(epochs=2, batch_size=2, learning_rate=1e-2),
)
CPU = torch.device("cpu")
SOURCES = TrainingPictures(
    labelled_pictures(6),
    np.array([False] * 5 + [True]),
    np.ones(6, bool),
)


def maker(**changes: float) -> MosaicMaker:
    recipe = replace(CONFIG.recipe, **changes)
    return MosaicMaker(recipe, labelled_pictures(6), np.arange(6), [])


def _in_cells(boxes: np.ndarray, rims: np.ndarray) -> np.ndarray:
    """The largest part of each box that lies in one cell of a square grid."""
    cells = [(x1, y1, x2, y2) for y1, y2 in pairwise(rims) for x1, x2 in pairwise(rims)]
    parts = np.array(
        [
            np.hstack([np.maximum(boxes[:, :2], cell[:2]), np.minimum(boxes[:, 2:], cell[2:])])
            for cell in cells
        ]
    )
    areas = np.maximum(parts[..., 2:] - parts[..., :2], 0.0).prod(-1)
    return parts[areas.argmax(0), np.arange(len(boxes))]


def mosaic(boxes: list[list[float]], sure: list[bool] | None = None) -> Mosaic:
    found = np.array(boxes, np.float32).reshape(-1, 4)
    middles = (found[:, :2] + found[:, 2:]) / 2.0
    kps = middles[:, None] + np.linspace(-4, 4, 10, dtype=np.float32).reshape(5, 2)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    is_sure = np.array(sure if sure is not None else [True] * len(found), bool)
    return Mosaic(picture, found, kps.astype(np.float32), is_sure)


def trained_model() -> Detector:
    """A network whose batch norms and scores are not those of a fresh one."""
    torch.manual_seed(0)
    model = Detector(SHAPE).train()
    for _ in range(3):
        model(torch.randn(2, 3, 64, 96))
    scale_scores(model, 1.0, 4.0)
    return model.eval()


def test_mirrored_and_turned_boxes_stay_around_their_face() -> None:
    box = BOX[None, :4]
    mirror = np.array([[-1.0, 0.0, 100.0], [0.0, 1.0, 0.0]])
    assert transform_boxes(box, mirror)[0].tolist() == [26.0, 20.0, 74.0, 92.0]
    quarter = np.array([[0.0, -1.0, 100.0], [1.0, 0.0, 0.0]])
    assert transform_boxes(box, quarter)[0].tolist() == pytest.approx([8, 26, 80, 74], abs=1e-3)
    assert transform_points(KPS[:1], quarter)[0].tolist() == [50.0, 38.0]


def test_mosaics_depend_on_the_generator_only_and_keep_their_promises() -> None:
    make = maker(portrait=0.0, empty=0.0, decoys=0.0, camera=0.0)
    first, again = (make(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.boxes, again.boxes)
    assert first.picture.shape == (SIDE, SIDE, 3)
    assert len(first.boxes) == len(first.kps) == len(first.is_sure) > 0
    widths = first.boxes[:, 2] - first.boxes[:, 0]
    assert (widths > 0).all()
    assert not len(maker(empty=1.0)(np.random.default_rng(0)).boxes)


def test_landmarks_of_pasted_faces_lie_on_the_drawn_dots() -> None:
    plain = {"occlusion": 0.0, "camera": 0.0, "decoys": 0.0, "empty": 0.0, "portrait": 1.0}
    make = maker(**plain, rotation_deg=0.0)
    contrasts = []
    for seed in range(12):
        found = make(np.random.default_rng(seed))
        large = int(np.argmax(found.boxes[:, 2] - found.boxes[:, 0]))
        if not found.is_sure[large]:
            continue
        assert found.kps[large, 0, 0] < found.kps[large, 1, 0]
        gray = cv2.cvtColor(found.picture, cv2.COLOR_BGR2GRAY).astype(float)
        middle = found.kps[large].mean(0)
        for x, y in np.round(found.kps[large]).astype(int):
            if 0 <= x < SIDE and 0 <= y < SIDE:
                beside_x, beside_y = np.clip(np.round((middle * 0.4 + (x, y)) / 1.4), 0, SIDE - 1)
                contrasts.append(gray[int(beside_y), int(beside_x)] - gray[y, x])
    assert np.median(contrasts) > 30


def test_textures_are_read_and_bounded(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.zeros((30, 1280, 3), np.uint8))
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    assert [t.shape for t in load_textures(tmp_path)] == [(15, 640, 3)]
    assert load_textures(None) == []


def test_doubled_places_are_nearest_neighbours() -> None:
    features = torch.arange(2 * 3 * 2 * 5, dtype=torch.float32).reshape(2, 3, 2, 5)
    expected = torch.nn.functional.interpolate(features, scale_factor=2.0, mode="nearest")
    assert torch.equal(doubled(features), expected)


def test_an_added_block_hands_on_what_it_gets() -> None:
    torch.manual_seed(0)
    small = Detector(replace(SHAPE, depths=(0, 1, 1))).eval()
    larger = Detector(replace(SHAPE, depths=(0, 2, 2))).eval()
    larger.load_state_dict({**larger.state_dict(), **small.state_dict()})
    picture = torch.rand(1, 3, SIDE, SIDE)
    for answer, again in zip(small(picture), larger(picture), strict=True):
        assert torch.equal(answer, again)


def test_anchors_stand_in_scrfds_order() -> None:
    centres, strides = anchor_centres(64), anchor_strides(64)
    assert len(centres) == len(strides) == ANCHORS * (64 + 16 + 4)
    assert centres[:5].tolist() == [[0, 0], [0, 0], [8, 0], [8, 0], [16, 0]]
    assert centres[ANCHORS * 8].tolist() == [0, 8]
    assert sorted(set(strides.tolist())) == list(STRIDES)


def test_faces_go_to_anchors_of_their_size_near_their_middle() -> None:
    for slot, size in enumerate(ANCHOR_SIZES_PX[:4]):
        targets = assign(
            [mosaic([[64 - size / 2, 64 - size / 2, 64 + size / 2, 64 + size / 2]])], SIDE
        )
        rows = np.flatnonzero(targets.is_face[0].numpy())
        assert set(anchor_strides(SIDE)[rows]) == {STRIDES[slot // ANCHORS]}
        assert {row % ANCHORS for row in rows} == {slot % ANCHORS}
        distance = np.abs(anchor_centres(SIDE)[rows] - 64).max()
        assert distance <= max(0.25 * size, 0.75 * STRIDES[slot // ANCHORS])
    assert not assign([mosaic([])], SIDE).is_face.any()


def test_unsure_faces_are_neither_wanted_nor_punished() -> None:
    targets = assign([mosaic([[30, 30, 70, 70]], [False])], SIDE)
    assert not targets.is_face.any()
    ignored = anchor_centres(SIDE)[~targets.is_counted[0].numpy()]
    assert len(ignored)
    assert (np.abs(ignored - 50) <= 20).all()


def exact_answers(targets: Targets) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
    """Distances and offsets that decode to the targets of one picture; centres and strides."""
    centres, strides = (torch.from_numpy(f(SIDE)) for f in (anchor_centres, anchor_strides))
    distances = torch.cat([centres - targets.boxes[0, :, :2], targets.boxes[0, :, 2:] - centres], 1)
    offsets = targets.kps[0] - centres.repeat(1, 5)
    return [v[None] / strides[:, None] for v in (distances, offsets)], centres, strides


def test_right_answers_decode_to_the_face_and_cost_nothing() -> None:
    truth = mosaic([[20, 24, 60, 76], [90, 90, 110, 116]])
    targets = assign([truth], SIDE)
    face = targets.is_face
    answers, centres, strides = exact_answers(targets)
    boxes, kps = decode(*answers, centres, strides)
    assert torch.allclose(boxes[face], targets.boxes[face], atol=1e-3)
    assert torch.allclose(kps[face], targets.kps[face], atol=1e-3)
    logits = torch.where(face, 12.0, -12.0)[..., None]
    right, _ = detection_loss((logits, *answers), targets, centres, strides)
    wrong, parts = detection_loss((-logits, *answers), targets, centres, strides)
    assert float(right) < 1e-3
    assert parts["score"] > 5.0
    assert float(wrong) > 100 * float(right)


def test_a_missed_profile_costs_more_than_a_missed_front() -> None:
    truth = mosaic([[10, 14, 50, 66], [70, 70, 110, 122]])
    front, profile = (truth.boxes[:, None, :2] + KPS * 0.6).astype(np.float32)
    profile[0] = profile[1] - (6.0, 0.0)
    targets = assign([replace(truth, kps=np.stack([front, profile]))], SIDE)
    answers, centres, strides = exact_answers(targets)
    is_left = (centres[:, 0] < 60.0) & targets.is_face[0]
    is_right = (centres[:, 0] > 60.0) & targets.is_face[0]
    assert is_left.sum() == is_right.sum() > 0
    losses = []
    for missed in (is_left, is_right):
        logits = torch.where(targets.is_face[0] & ~missed, 12.0, -12.0)[None, :, None]
        losses.append(detection_loss((logits, *answers), targets, centres, strides)[1]["score"])
    assert losses[1] > 2.0 * losses[0] > 0.0


def test_landmarks_of_a_profile_must_be_more_exact() -> None:
    truth = mosaic([[10, 14, 50, 66]])
    front = (truth.boxes[:, None, :2] + KPS * 0.6).astype(np.float32)
    losses = []
    for eyes_px in (20.0, 6.0, 0.0):
        turned = front.copy()
        turned[0, 0] = turned[0, 1] - (eyes_px, 0.0)
        targets = assign([replace(truth, kps=turned)], SIDE)
        (distances, offsets), centres, strides = exact_answers(targets)
        logits = torch.where(targets.is_face, 12.0, -12.0)[..., None]
        shifted = (logits, distances, offsets + 2.0 / strides[:, None])
        losses.append(detection_loss(shifted, targets, centres, strides)[1]["kps"])
    assert losses[1] > 1.8 * losses[0] > 0.0
    # However near the eyes lie to each other: there it is the face's size that counts.
    assert losses[2] == pytest.approx(losses[1])


def test_small_errors_of_scores_count_more_without_focus() -> None:
    targets = assign([mosaic([[20, 24, 60, 76]])], SIDE)
    answers, centres, strides = exact_answers(targets)
    shares = []
    for focus in (0.0, 2.0):
        costs = [
            detection_loss(
                (torch.where(targets.is_face, logit, -12.0)[..., None], *answers),
                *(targets, centres, strides, focus),
            )[1]["score"]
            for logit in (1.0, -1.0)
        ]
        shares.append(costs[0] / costs[1])
    assert shares[0] > 2.0 * shares[1] > 0.0


def test_places_count_as_much_beside_scores_as_is_asked() -> None:
    targets = assign([mosaic([[20, 24, 60, 76]])], SIDE)
    answers, centres, strides = exact_answers(targets)
    logits = torch.where(targets.is_face, 12.0, -12.0)[..., None]
    shifted = (logits, answers[0] + 0.5, answers[1])
    never, once, thrice = (
        float(detection_loss(shifted, targets, centres, strides, place_weight=weight)[0])
        for weight in (0.0, 1.0, 3.0)
    )
    assert thrice - never == pytest.approx(3.0 * (once - never))
    assert once > never


def test_what_somebody_takes_for_a_face_counts_more_when_asked() -> None:
    targets = assign([mosaic([[20, 24, 60, 76]])], SIDE)
    answers, centres, strides = exact_answers(targets)
    for background, times in ((-6.0, 1.0), (0.0, 3.0)):
        logits = torch.where(targets.is_face, 20.0, background)[..., None]
        about = ((logits, *answers), targets, centres, strides, 0.0, 1.0)
        plain, contested = (detection_loss(*about, weight)[1]["score"] for weight in (1.0, 3.0))
        assert contested == pytest.approx(times * plain, rel=0.01)


def test_a_side_of_each_photograph_cuts_its_face() -> None:
    make = maker(grid=1.0, cut=1.0, camera=0.0)
    shares: list[float] = []
    for seed in range(8):
        found = make(np.random.default_rng(seed))
        cells = round(np.sqrt(len(found.boxes)))
        place = np.rint(np.linspace(0, SIDE, cells + 1))
        areas, shown = (
            np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0), axis=1)
            for boxes in (found.boxes, _in_cells(found.boxes, place))
        )
        shares += (shown / areas).tolist()
    assert max(shares) < 0.95
    assert np.median(shares) > 0.4


def test_turned_faces_are_drawn_only_where_they_can_be_told() -> None:
    pictures = labelled_pictures(6)
    recipe = replace(CONFIG.recipe, turned=1.0)
    make = MosaicMaker(recipe, pictures, np.arange(3), [], np.arange(3, 6))
    random = np.random.default_rng(0)
    assert {make._face_row(60.0, random) for _ in range(30)} == {3, 4, 5}
    assert {make._face_row(12.0, random) for _ in range(30)} == {0, 1, 2}


def test_overlaps_of_equal_and_of_distant_boxes() -> None:
    box = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    iou, giou = overlaps(box, box)
    assert (float(iou), float(giou)) == pytest.approx((1.0, 1.0), abs=1e-5)
    iou, giou = overlaps(box, box + 20.0)
    assert float(iou) == 0.0
    assert float(giou) < -0.7


def test_killed_training_ends_with_the_same_weights_whoever_composes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, first, second = (DetectorTrainer(CONFIG, SOURCES, workers=n) for n in (0, 0, 1))
    assert 5 not in whole.maker.rows
    train(whole, tmp_path)
    first.run_epoch()
    second.restore(first.state(), config_from)
    second.run_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
    _, config, epoch = load_checkpoint(tmp_path / "last.pt")
    assert (config, epoch) == (CONFIG, 2)
    assert "landmark_error" in capsys.readouterr().out
    with pytest.raises(ValueError, match="another experiment"):
        DetectorTrainer(replace(CONFIG, seed=3), SOURCES).restore(first.state(), config_from)


def test_exported_file_is_scrfd_to_insightface(tmp_path: Path) -> None:
    from insightface import model_zoo

    model, path = trained_model(), tmp_path / "detector.onnx"
    network = export(model, path, {"model": "test"})
    picture = np.random.default_rng(0).integers(0, 256, (96, 64, 3)).astype(np.uint8)
    inputs = to_input(picture[None], CPU)
    check_parity(path, network, inputs, 1e-4)
    adapter = model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
    assert adapter.taskname == "detection"
    assert adapter.output_names == list(OUTPUT_NAMES)
    assert adapter.use_kps
    adapter.nms_thresh = 1.1  # nothing is removed, so that all answers can be compared
    boxes, kps = adapter.detect(picture, input_size=(64, 96), det_thresh=0.0)
    with torch.inference_mode():
        scores, distances, offsets = joined(network.detector(inputs))
    rows = int(scores.argmax())
    best = boxes[0]
    assert float(best[4]) == pytest.approx(float(torch.sigmoid(scores[0, rows, 0])), abs=1e-4)
    assert len(boxes) == ANCHORS * (96 * 64) * (64 + 16 + 4) // 64**2
    assert np.isfinite(kps).all()
    assert distances.shape[1] == offsets.shape[1] == len(boxes)


def test_scores_can_be_moved_to_another_scale() -> None:
    model, pictures = trained_model(), torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        before = joined(model(pictures))
        scale_scores(model, 2.0, 0.5)
        after = joined(model(pictures))
    assert torch.allclose(after[0], before[0] * 2.0 + 0.5, atol=1e-4)
    assert torch.allclose(after[1], before[1])


def test_experiments_are_read_strictly(tmp_path: Path) -> None:
    assert config_from(CONFIG.to_dict()) == CONFIG
    assert read_config(Path("training/configs/detector.toml")).shape == DetectorShape()
    (tmp_path / "wrong.toml").write_text("name = 'x'\nwidth = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown field 'width'"):
        read_config(tmp_path / "wrong.toml")


def test_scrambled_faces_keep_their_pixels_and_lose_their_order() -> None:
    make = maker()
    for seed in range(8):
        piece = make.faceless._scrambled(np.random.default_rng(seed))
        assert piece.dtype == np.uint8
        assert piece.shape[0] == piece.shape[1] >= 40
        skin = piece.reshape(-1, 3).max(0)
        assert (skin > 120).any()
