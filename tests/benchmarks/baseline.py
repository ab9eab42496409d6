"""Measure the neutral baseline: `python -m tests.benchmarks.baseline`.

LFW has no labels of expressions. `lfw_expressions.csv` holds 808 of them, by picture name: an AI
assistant looked at contact sheets of faces in random order, without seeing what the model reads,
and wrote neutral, talking (mouth moving, nothing marked in the face), happy, sad, angry, surprise
or other. The pictures are the first six of each person who has at least three and of whom one of
these is read as sad or angry, the later ones of these people that are so read, and the first five
of people of whom only later ones are. People whom the model never reads as sad or angry are left
out: no correction could change anything for them. So shares before and after are higher than among
all people; the relative fall is not touched by that.

Each labelled neutral picture of a person is, in turn, the baseline (with slightly moved and lit
copies, as three seconds of video have them), or each pair of them; every other picture is tested.
Half of the people, by a hash of the name, were used to choose strength, bound and reference; the
other half only to measure. Intervals are bootstrapped over people. The last line is JSON.
"""

import argparse
import csv
import hashlib
import itertools
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from facemotion.core.baseline import CONFUSABLE, NeutralBaseline, log_probs
from facemotion.core.baseline_book import BaselineBook
from facemotion.core.baseline_capture import neutral_part
from facemotion.core.labels import EMOTIONS, emotion_index
from facemotion.core.types import FaceDetection, FrameBgr, Identity
from facemotion.vision.crops import cut_crops
from facemotion.vision.emotion import EmotionClassifier, load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.sources.specs import open_source, parse_source
from training.certainty import wilson_interval
from training.data import label_faces, read_faces
from training.lfw import LfwArchive

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("FACEMOTION_SHARED", REPOSITORY.parent / "shared"))
LABELS = Path(__file__).with_name("lfw_expressions.csv")
CLIPS = (
    "neutral_smile_then_no_face.mov",
    "one_person_sad_then_happy.mp4",
    "scene_multi_person.mp4",
)
DET_SIZE = 192
COPIES = 8
ROUNDS = 2000
CLIP_SHARE = 0.4
LEAST_CLIP_READINGS = 20
NEUTRAL = emotion_index("neutral")
SAD_OR_ANGRY = (emotion_index("sad"), emotion_index("angry"))
SAME = {name: emotion_index(name) for name in ("happy", "surprise", "sad", "angry", "neutral")}


@dataclass(slots=True, eq=False)
class PersonReadings:
    """What was read of one person.

    Attributes:
        labels: Label of each labelled picture.
        readings: float32 (COPIES, 7) a labelled picture, the first of the picture as it is.
        others: float32 (7,) of each picture read as happy or surprise, labelled or not.
    """

    labels: list[str] = field(default_factory=list[str])
    readings: list[np.ndarray] = field(default_factory=list[np.ndarray])
    others: list[np.ndarray] = field(default_factory=list[np.ndarray])


def is_held_out(person: str) -> bool:
    """Whether a person was kept out of tuning."""
    return hashlib.sha256(person.encode()).digest()[0] % 2 == 1


def middle_face(picture: FrameBgr, models: FaceModels) -> FaceDetection | None:
    """The face nearest to the picture's middle, or None."""
    middle = np.array(picture.shape[1::-1]) / 2.0
    faces = models.detect(picture)
    if not faces:
        return None
    return min(
        faces,
        key=lambda f: float(np.linalg.norm((f.bbox_xyxy[:2] + f.bbox_xyxy[2:]) / 2.0 - middle)),
    )


def copies(picture: FrameBgr, face: FaceDetection, emotion: EmotionClassifier) -> np.ndarray:
    """Readings of a face as it is, and of slightly moved and lit copies, float32 (COPIES, 7)."""
    rng = np.random.default_rng(0)
    side = float((face.bbox_xyxy[2:] - face.bbox_xyxy[:2]).mean())
    crops = [cut_crops(picture, [face], emotion.crop_rule)[0]]
    for _ in range(COPIES - 1):
        shift = (rng.normal(0.0, 0.015, 2) * side).astype(np.float32)
        moved = replace(
            face, bbox_xyxy=face.bbox_xyxy + np.tile(shift, 2), kps=face.kps + shift[None]
        )
        crop = cut_crops(picture, [moved], emotion.crop_rule)[0].astype(np.float32)
        crops.append(np.clip(crop * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8))
    return emotion.probs(np.stack(crops))


def read_people(emotion: EmotionClassifier) -> dict[str, PersonReadings]:
    """Read every labelled picture, and all other pictures of the same people."""
    with LABELS.open(encoding="utf-8") as file:
        labels = {row["picture"]: row["expression"] for row in csv.DictReader(file)}
    people = {name.rpartition("_")[0] for name in labels}
    archive = LfwArchive(SHARED / "data" / "lfw_dev.zip")
    models = FaceModels(
        open_pack(SHARED / "models" / "scrfd_500m_mobilefacenet"), det_size=DET_SIZE
    )
    found: dict[str, PersonReadings] = defaultdict(PersonReadings)
    rows = [row for row, person in enumerate(archive.people) if person in people]
    for row in tqdm(rows, desc="LFW", unit="picture", mininterval=5.0):
        picture, name = archive.picture(row), archive.names[row]
        face = middle_face(picture, models)
        if face is None:
            continue
        person = found[archive.people[row]]
        if name in labels:
            person.labels.append(labels[name])
            person.readings.append(copies(picture, face, emotion))
            probs = person.readings[-1][0]
        else:
            probs = emotion.probs(cut_crops(picture, [face], emotion.crop_rule))[0]
        if int(probs.argmax()) in (SAME["happy"], SAME["surprise"]):
            person.others.append(probs)
    return dict(found)


def trials(
    person: PersonReadings, label: str, count: int, model_id: str
) -> list[tuple[float, bool, bool]]:
    """Every picture of a label with every baseline of other neutral pictures.

    Returns:
        Weight (a picture's weights sum to 1), and whether it counts before and after: read as sad
        or angry for neutral, talking and other; rightly read for the rest.
    """
    neutral = [row for row, each in enumerate(person.labels) if each == "neutral"]
    found: list[tuple[float, bool, bool]] = []
    for row, each in enumerate(person.labels):
        usable = [other for other in neutral if other != row]
        if each != label or not usable:
            continue
        sets = list(itertools.combinations(usable, min(count, len(usable))))
        probs = person.readings[row][0]
        for chosen in sets:
            taken = np.concatenate([person.readings[other] for other in chosen])
            after = NeutralBaseline.of(taken, model_id).correct(probs)
            wanted = (SAME[label],) if label in ("happy", "surprise", "sad", "angry") else None
            counts = [int(p.argmax()) in (wanted or SAD_OR_ANGRY) for p in (probs, after)]
            found.append((1.0 / len(sets), counts[0], counts[1]))
    return found


def summed(rows: Sequence[tuple[float, bool, bool]]) -> np.ndarray:
    """Pictures, those that count before, those that count after."""
    if not rows:
        return np.zeros(3)
    weights = np.array([row[0] for row in rows])
    flags = np.array([row[1:] for row in rows], float)
    return np.array([weights.sum(), *(weights @ flags)])


def fall(each: np.ndarray) -> dict[str, Any]:
    """How much a share falls, with an interval over people.

    Args:
        each: float (P, 3), `summed` of each person.
    """
    pictures, before, after = each.sum(axis=0)
    rng = np.random.default_rng(0)
    falls: list[float] = []
    for _ in range(ROUNDS):
        drawn = each[rng.integers(0, len(each), len(each))].sum(axis=0)
        if drawn[1] > 0.0:
            falls.append(1.0 - drawn[2] / drawn[1])
    interval = (
        [round(float(edge), 3) for edge in np.percentile(falls, [2.5, 97.5])] if falls else []
    )
    return {
        "people": int((each[:, 0] > 0).sum()),
        "pictures": round(float(pictures), 1),
        "before": round(float(before), 1),
        "after": round(float(after), 1),
        "fall": round(1.0 - float(after / before), 3) if before else None,
        "fall_95": interval,
    }


def lfw_record(people: dict[str, PersonReadings], count: int, model_id: str) -> dict[str, Any]:
    """Falls by label for one number of baseline pictures."""
    record: dict[str, Any] = {}
    for label in ("neutral", "talking", "happy", "surprise", "sad", "angry"):
        each = np.stack([summed(trials(p, label, count, model_id)) for p in people.values()])
        record[label] = fall(each)
    both = [
        summed(trials(p, "neutral", count, model_id))
        + summed(trials(p, "talking", count, model_id))
        for p in people.values()
    ]
    record["neutral or talking"] = fall(np.stack(both))
    return record


def lost_expressions(people: dict[str, PersonReadings], model_id: str) -> dict[str, int]:
    """Pictures read as happy or surprise, and how many any neutral picture turns into another."""
    count = lost = 0
    for person in people.values():
        neutral = [
            r for r, label in zip(person.readings, person.labels, strict=True) if label == "neutral"
        ]
        if not neutral:
            continue
        baselines = [NeutralBaseline.of(readings, model_id) for readings in neutral]
        for probs in person.others:
            count += 1
            lost += any(b.correct(probs).argmax() != probs.argmax() for b in baselines)
    return {"pictures": count, "lost": lost}


def reference(people: dict[str, PersonReadings]) -> dict[str, float]:
    """Log odds against neutral of a neutral face, the median over pictures."""
    rows = [
        log_probs(readings[0])
        for person in people.values()
        for readings, label in zip(person.readings, person.labels, strict=True)
        if label == "neutral"
    ]
    middle = np.median(np.stack(rows), axis=0)
    return {
        name: round(float(middle[SAME.get(name, emotion_index(name))] - middle[NEUTRAL]), 2)
        for name in CONFUSABLE
    }


def ferplus_record(emotion: EmotionClassifier) -> dict[str, Any]:
    """Strict accuracy on FER+ Valid as the model gives it and through an empty book."""
    faces = label_faces(
        read_faces(SHARED / "data" / "ferplus" / "FER2013Valid.zip"), "strict", "majority"
    )
    book, right, through = BaselineBook(emotion.model_id), 0, 0
    for start in range(0, len(faces), 64):
        labels = faces.labels[start : start + 64]
        for probs, label in zip(
            emotion.probs(faces.images[start : start + 64]), labels, strict=True
        ):
            read, _ = book.correct(1, Identity(), probs)
            right += int(probs.argmax() == label)
            through += int(read is not None and read.argmax() == label)
    low, high = wilson_interval(right, len(faces))
    return {
        "pictures": len(faces),
        "right": right,
        "right_without_baseline_set": through,
        "accuracy_95": [round(low, 4), round(high, 4)],
    }


def clip_record(clip: Path, emotion: EmotionClassifier, faces: FaceModels) -> dict[str, Any]:
    """A baseline from the first part of each track, as it is taken automatically, for the rest."""
    pipeline = FacePipeline(faces, emotion)
    readings: dict[int, list[np.ndarray]] = defaultdict(list)
    with open_source(parse_source(str(clip))) as source:
        while (frame := source.read()) is not None:
            for face in pipeline.process(frame).faces:
                if face.emotion.raw_probs is not None:
                    readings[face.track_id].append(face.emotion.raw_probs)
    before = np.zeros(len(EMOTIONS), int)
    after = np.zeros(len(EMOTIONS), int)
    tracks = 0
    for rows in readings.values():
        first = round(CLIP_SHARE * len(rows))
        baseline = automatic(rows[:first], emotion.model_id)
        if baseline is None:
            continue
        tracks += 1
        for probs in rows[first:]:
            before[probs.argmax()] += 1
            after[baseline.correct(probs).argmax()] += 1
    return {
        "tracks_with_baseline": tracks,
        "tracks": len(readings),
        "before": dict(zip(EMOTIONS, before.tolist(), strict=True)),
        "after": dict(zip(EMOTIONS, after.tolist(), strict=True)),
    }


def automatic(rows: Sequence[np.ndarray], model_id: str) -> NeutralBaseline | None:
    """What the automatic baseline finds in these readings when they are its whole minute."""
    if len(rows) < LEAST_CLIP_READINGS:
        return None
    return neutral_part(rows, model_id, least=LEAST_CLIP_READINGS // 2)


def main() -> int:
    """Measure, print, and return 1 when the fall on held-out people is less than a third."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.baseline")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "models" / "emotion.onnx")
    args = parser.parse_args()
    emotion = load_emotion_model(args.model)
    people = read_people(emotion)
    tuned = {name: each for name, each in people.items() if not is_held_out(name)}
    held = {name: each for name, each in people.items() if is_held_out(name)}
    record: dict[str, Any] = {"reference_of_tuning_people": reference(tuned)}
    for part, group in (("tuning", tuned), ("held_out", held)):
        for count in (1, 2):
            record[f"{part}_{count}"] = lfw_record(group, count, emotion.model_id)
    record["happy_or_surprise_lost"] = lost_expressions(people, emotion.model_id)
    record["ferplus_valid"] = ferplus_record(emotion)
    pack = FaceModels(open_pack(SHARED / "models" / "scrfd_500m_mobilefacenet"))
    record["clips"] = {name: clip_record(SHARED / "media" / name, emotion, pack) for name in CLIPS}
    for name, row in record.items():
        print(f"{name}: {json.dumps(row)}")
    print(json.dumps(record))
    return int((record["held_out_1"]["neutral"]["fall"] or 0.0) < 1.0 / 3.0)


if __name__ == "__main__":
    raise SystemExit(main())
