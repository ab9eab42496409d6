"""Find the crop rule under which our detector's faces look like FER+'s.

`python -m training.crop_study --ferplus FER2013Valid.zip --lfw lfw_dev.zip --pack FOLDER`

The detector's five landmarks are found in FER+ faces (enlarged, with a border) and in raw
pictures. A rule turns the latter into 48×48 coordinates. Its score is the Fréchet distance between
the two clouds of landmark positions, taken as Gaussians of ten dimensions: it counts where the
landmarks are on average *and* how much they vary, so a rule that turns every face level pays for
being more regular than FER+. Mean faces, the model's certainty on raw pictures, and its accuracy
on FER+ faces that the detector cut again say whether the landmarks told the truth.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from insightface.app import FaceAnalysis
from numpy.typing import NDArray

from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule
from facemotion.core.types import FaceDetection
from facemotion.vision.crops import cut_crops
from training.certainty import softmax
from training.data import label_faces, read_faces
from training.lfw import LfwArchive
from training.predictors import Predictor, open_predictor, session_options

Float = NDArray[np.float64]

ENLARGEMENT: Final = 4
BORDER_PX: Final = 48
MIN_DET_SCORE: Final = 0.6
_MIDDLE: Final = (INPUT_SIZE_PX - 1) / 2.0


@dataclass(frozen=True, slots=True, eq=False)
class FoundFaces:
    """One face a picture, where the detector found one.

    Attributes:
        images: The pictures, uint8 (H, W) gray.
        bboxes_xyxy: float64 (N, 4) px, image coordinates.
        kps: float64 (N, 5, 2) px.
        rows: int64 (N,) which of the given pictures these are.
    """

    images: list[NDArray[np.uint8]]
    bboxes_xyxy: Float
    kps: Float
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.images)


class FaceFinder:
    """The pack's detector on single faces."""

    def __init__(self, pack: Path, det_size: int = 320) -> None:
        self._app = FaceAnalysis(
            name=str(pack),
            allowed_modules=["detection"],
            providers=["CPUExecutionProvider"],
            sess_options=session_options(),
        )
        self._app.prepare(ctx_id=-1, det_size=(det_size, det_size))

    def find(self, images: list[NDArray[np.uint8]]) -> FoundFaces:
        """The face nearest to the middle of each gray picture."""
        kept: list[NDArray[np.uint8]] = []
        boxes: list[Float] = []
        kps: list[Float] = []
        rows: list[int] = []
        for row, image in enumerate(images):
            faces = self._app.get(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
            faces = [face for face in faces if face.det_score >= MIN_DET_SCORE]
            if not faces:
                continue
            middle = np.array(image.shape[::-1]) / 2.0
            face = min(
                faces, key=lambda f: float(np.hypot(*((f.bbox[:2] + f.bbox[2:]) / 2.0 - middle)))
            )
            kept.append(image)
            boxes.append(face.bbox.astype(np.float64))
            kps.append(face.kps.astype(np.float64))
            rows.append(row)
        return FoundFaces(kept, np.array(boxes), np.array(kps), np.array(rows, np.int64))


def enlarge(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A 48×48 face, four times as large, with a border in its own edge colours."""
    large = cv2.resize(face, None, fx=ENLARGEMENT, fy=ENLARGEMENT, interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(large, *[BORDER_PX] * 4, borderType=cv2.BORDER_REPLICATE)
    return framed.astype(np.uint8)


def to_face_px(points: Float) -> Float:
    """Points in an enlarged picture as pixels of the 48×48 face."""
    return (points - BORDER_PX + 0.5) / ENLARGEMENT - 0.5


def crop_px(found: FoundFaces, rule: EmotionCropRule) -> Float:
    """Landmarks (N, 5, 2) in the pixels of the crops that a rule cuts."""
    placed = np.empty_like(found.kps)
    for row in range(len(found)):
        matrix = rule.matrix(
            found.bboxes_xyxy[row].astype(np.float32), found.kps[row].astype(np.float32)
        )
        placed[row] = found.kps[row] @ matrix[:, :2].T + matrix[:, 2]
    return placed


def cut(found: FoundFaces, rule: EmotionCropRule) -> NDArray[np.uint8]:
    """The crops uint8 (N, 48, 48) that a rule cuts, by the application's own code."""
    crops = np.empty((len(found), INPUT_SIZE_PX, INPUT_SIZE_PX), np.uint8)
    for row, image in enumerate(found.images):
        box, kps = found.bboxes_xyxy[row].astype(np.float32), found.kps[row].astype(np.float32)
        face = FaceDetection(box, kps, 1.0)
        crops[row] = cut_crops(np.repeat(image[..., None], 3, axis=2), [face], rule)[0]
    return crops


def frechet_distance(first: Float, second: Float) -> float:
    """Fréchet distance between Gaussians fitted to two clouds (N, D) of points.

    d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) (Dowson and Landau, 1982), in the points' unit.
    """
    apart = first.mean(0) - second.mean(0)
    one, two = np.cov(first.T), np.cov(second.T)
    # The eigenvalues of a product of two covariances are real and not negative.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ two).real, 0.0))
    squared = apart @ apart + np.trace(one) + np.trace(two) - 2.0 * roots.sum()
    return float(np.sqrt(max(squared, 0.0)))


def fit_rule(target_px: Float, found: FoundFaces, *, is_aligned: bool) -> EmotionCropRule:
    """The scale and vertical shift with the least Fréchet distance, on a grid.

    The horizontal shift stays 0: faces and their mirror images are equally likely.

    Args:
        target_px: float64 (M, 5, 2), landmarks in FER+ faces.
        found: Faces in raw pictures.
        is_aligned: Whether crops are turned so that the eyes are level.
    """
    plain = crop_px(found, EmotionCropRule(1.0, 0.0, 0.0, is_aligned=is_aligned)) - _MIDDLE
    target = target_px.reshape(len(target_px), -1)
    best, best_distance = EmotionCropRule(), np.inf
    for scale, shift_y in product(np.arange(0.8, 1.5, 0.01), np.arange(-0.12, 0.121, 0.01)):
        placed = plain / scale + _MIDDLE - np.array([0.0, shift_y]) * INPUT_SIZE_PX
        distance = frechet_distance(target, placed.reshape(len(placed), -1))
        if distance < best_distance:
            best_distance = distance
            best = EmotionCropRule(round(scale, 2), 0.0, round(shift_y, 2), is_aligned=is_aligned)
    return best


def roll_deg(kps: Float) -> Float:
    """In-plane turn (N,) of the line through the eyes, degrees."""
    eyes = kps[:, 1] - kps[:, 0]
    return np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))


def landmark_summary(points: Float) -> dict[str, Any]:
    """Mean eye positions, distance between the eyes and roll, in pixels of the 48×48 face."""
    eye_distance = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
    return {
        "left_eye_px": points[:, 0].mean(0).round(2).tolist(),
        "right_eye_px": points[:, 1].mean(0).round(2).tolist(),
        "mouth_y_px": round(float(points[:, 3:, 1].mean()), 2),
        "eye_distance_px": round(float(eye_distance.mean()), 2),
        "eye_distance_sd_px": round(float(eye_distance.std()), 2),
        "roll_sd_deg": round(float(roll_deg(points).std()), 2),
        "faces": len(points),
    }


def mean_face_correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Correlation of the mean faces of two sets (N, 48, 48), each face made even in contrast."""

    def mean_face(faces: NDArray[np.uint8]) -> Float:
        values = faces.reshape(len(faces), -1).astype(np.float64)
        values -= values.mean(1, keepdims=True)
        return (values / np.maximum(values.std(1, keepdims=True), 1.0)).mean(0)

    return float(np.corrcoef(mean_face(first), mean_face(second))[0, 1])


def score_rule(
    rule: EmotionCropRule, study: "Study", predictor: Predictor | None
) -> dict[str, Any]:
    """Every figure of one rule."""
    placed = crop_px(study.raw, rule)
    crops = cut(study.raw, rule)
    eyes_apart = np.abs(placed[:, :2].mean(0) - study.target_px[:, :2].mean(0))
    record: dict[str, Any] = {
        "rule": rule.to_metadata(),
        "frechet_px": round(
            frechet_distance(
                study.target_px.reshape(len(study.target_px), -1), placed.reshape(len(placed), -1)
            ),
            3,
        ),
        "mean_eye_error_px": round(float(np.linalg.norm(eyes_apart, axis=1).mean()), 3),
        "mean_face_correlation": round(mean_face_correlation(study.faces, crops), 4),
        "landmarks": landmark_summary(placed),
    }
    if predictor is not None:
        temperature = float(predictor.metadata.get("temperature", "1"))
        certainty = softmax(predictor.logits(crops), temperature).max(1)
        record["mean_certainty_raw_pictures"] = round(float(certainty.mean()), 4)
        again = predictor.logits(cut(study.enlarged, rule))
        record["accuracy_recut"] = round(float((again.argmax(1) == study.labels).mean()), 4)
        record["accuracy_recut_of"] = len(study.labels)
    return record


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """What the rules are compared on.

    Attributes:
        faces: uint8 (N, 48, 48), the FER+ faces in which the detector found one.
        labels: int64 (N,) of those.
        target_px: float64 (N, 5, 2), their landmarks in 48×48 pixels.
        enlarged: The same faces as enlarged pictures with a border, to be cut again.
        raw: Faces in raw pictures.
    """

    faces: NDArray[np.uint8]
    labels: NDArray[np.int64]
    target_px: Float
    enlarged: FoundFaces
    raw: FoundFaces


def gather(ferplus: Path, lfw: Path, pack: Path, limit: int, clips: list[Path]) -> Study:
    """Run the detector over FER+ faces and over LFW and clips."""
    finder = FaceFinder(pack)
    labelled = label_faces(read_faces(ferplus), "strict", "majority")
    enlarged = finder.find([enlarge(face) for face in labelled.images[:limit]])
    archive = LfwArchive(lfw)
    chosen = np.random.default_rng(0).permutation(len(archive))[:limit]
    pictures = [cv2.cvtColor(archive.picture(int(i)), cv2.COLOR_BGR2GRAY) for i in np.sort(chosen)]
    pictures = [picture.astype(np.uint8) for picture in pictures]
    for clip in clips:
        pictures += clip_pictures(clip)
    return Study(
        labelled.images[enlarged.rows],
        labelled.labels[enlarged.rows],
        to_face_px(enlarged.kps),
        enlarged,
        finder.find(pictures),
    )


def clip_pictures(path: Path, every: int = 12) -> list[NDArray[np.uint8]]:
    """Every twelfth frame of a clip in gray."""
    capture = cv2.VideoCapture(str(path))
    pictures: list[NDArray[np.uint8]] = []
    position = 0
    while capture.grab():
        if position % every == 0:
            is_read, frame = capture.retrieve()
            if is_read:
                pictures.append(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.uint8))
        position += 1
    capture.release()
    return pictures


def main() -> None:
    """Parse the command line, study, print and write."""
    parser = argparse.ArgumentParser(prog="python -m training.crop_study", description=__doc__)
    parser.add_argument("--ferplus", type=Path, required=True, help="FER+ zip or folder")
    parser.add_argument("--lfw", type=Path, required=True, help="zip of raw pictures (LFW)")
    parser.add_argument("--pack", type=Path, required=True, help="InsightFace pack folder")
    parser.add_argument("--model", type=Path, help="emotion model, for certainty and accuracy")
    parser.add_argument(
        "--clip", type=Path, action="append", default=[], help="video file, any number"
    )
    parser.add_argument("--limit", type=int, default=3000, help="faces of each kind")
    parser.add_argument("--out", type=Path, help="folder for crop_study.json and mean faces")
    args = parser.parse_args()
    study = gather(args.ferplus, args.lfw, args.pack, args.limit, args.clip)
    fitted = [fit_rule(study.target_px, study.raw, is_aligned=value) for value in (False, True)]
    rules = {
        "application default": EmotionCropRule(),
        "fitted": fitted[0],
        "fitted, aligned": fitted[1],
        "bare box": EmotionCropRule(1.0, 0.0, 0.0, is_aligned=False),
        "bare box, aligned": EmotionCropRule(1.0, 0.0, 0.0, is_aligned=True),
        "box with 20 % margin": EmotionCropRule(1.2, 0.0, 0.0, is_aligned=False),
    }
    predictor = open_predictor(args.model) if args.model else None
    record: dict[str, Any] = {"ferplus": landmark_summary(study.target_px)}
    if predictor is not None:
        uncut = predictor.logits(study.faces).argmax(1) == study.labels
        record["accuracy_uncut"] = round(float(uncut.mean()), 4)
    record["rules"] = {name: score_rule(rule, study, predictor) for name, rule in rules.items()}
    text = json.dumps(record, indent=2) + "\n"
    print(text)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "crop_study.json").write_text(text, encoding="utf-8")
        means = [study.faces.mean(0), *(cut(study.raw, rule).mean(0) for rule in rules.values())]
        sheet = np.hstack(means).astype(np.uint8).repeat(3, axis=0).repeat(3, axis=1)
        cv2.imwrite(str(args.out / "mean_faces.png"), sheet)


if __name__ == "__main__":
    main()
