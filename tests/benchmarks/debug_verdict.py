"""How often the debug report's verdict is right.

`python -m tests.benchmarks.debug_verdict --sets 100` cuts the faces of the clips and of people of
Labeled Faces in the Wild whom neither the statistics nor a network has seen, draws sets of 50 and
spoils them on purpose: the crops (then the verdict should be preprocessing) or the answers (model).
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from facemotion.analysis.debug_checks import Verdict, check_crops, decide
from facemotion.analysis.debug_report import FaceMeasures, judge_faces, measure_faces
from facemotion.analysis.face_reference import RESOURCE, FaceReference
from facemotion.core.labels import EMOTION_COUNT
from facemotion.store.paths import model_path, resource_path
from facemotion.vision.crop_framing import DET_SIZE, DET_THRESHOLD, find_framing
from facemotion.vision.emotion import load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.sources.specs import open_source, parse_source
from training.face_statistics import cut_lfw, one_picture_each
from training.lfw import LfwArchive

CLIPS = (
    "neutral_smile_then_no_face.mov",
    "one_person_sad_then_happy.mp4",
    "scene_multi_person.mp4",
)
SET_SIZE = 50
EVERY = 3


def warped(crop, dx=0.0, dy=0.0, zoom=1.0, turn_deg=0.0):
    """The crop as another crop rule would have cut it."""
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), turn_deg, zoom)
    matrix[:, 2] += (dx, dy)
    return cv2.warpAffine(crop, matrix, (48, 48), borderMode=cv2.BORDER_REPLICATE)


CROP_FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "brightness halved": lambda crop: crop // 2,
    "contrast halved": lambda crop: crop // 2 + 64,
    "brightness × 1.8": lambda crop: np.minimum(crop * 1.8, 255).astype(np.uint8),
    "negative": lambda crop: 255 - crop,
    "upside down": lambda crop: crop[::-1].copy(),
    "blurred (2 px)": lambda crop: cv2.GaussianBlur(crop, (0, 0), 2.0),
    "shifted 4 px right": lambda crop: warped(crop, dx=4),
    "shifted 6 px right": lambda crop: warped(crop, dx=6),
    "shifted 6 px down": lambda crop: warped(crop, dy=6),
    "shifted 6 px up": lambda crop: warped(crop, dy=-6),
    "shifted 12 px": lambda crop: warped(crop, dx=-9, dy=8),
    "1.25 times too large": lambda crop: warped(crop, zoom=1.25),
    "0.8 times too small": lambda crop: warped(crop, zoom=0.8),
    "turned by 20°": lambda crop: warped(crop, turn_deg=20),
}


def main() -> None:
    """Measure and print a table."""
    options = _parse()
    cv2.setNumThreads(1)
    judge = Judge(options.seed)
    groups = {name: judge.clip(options.shared / "media" / name) for name in CLIPS}
    groups["LFW"] = judge.lfw(options.shared)
    for name, (crops, probs) in groups.items():
        print(f"\n{name}: {len(crops)} faces, {options.sets} sets of {min(SET_SIZE, len(crops))}")
        for case, wanted, sets in judge.cases(crops, probs, options.sets):
            counts = Counter(sets)
            right = counts[wanted] / sum(counts.values())
            others = {str(key): count for key, count in counts.items() if key is not wanted}
            print(f"  {case:28} {wanted!s:14} {right:6.1%}  {others or ''}", flush=True)
    alone = judge.share_alone(groups["LFW"][0])
    print(f"\nSingle faces of LFW inside every band, each as a set of its own: {alone:.1%}")


class Judge:
    """Cuts faces and asks for verdicts."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._reference = FaceReference.load(resource_path(RESOURCE))
        self._model = load_emotion_model(model_path("emotion.onnx"))
        self._pack = open_pack(model_path("builtin"))
        self._finder = FaceModels(self._pack, det_size=DET_SIZE, det_thresh=DET_THRESHOLD)

    def clip(self, path: Path):
        """Crops and probabilities of a clip's faces as the pipeline gives them."""
        pipeline = FacePipeline(FaceModels(self._pack), self._model)
        crops, probs = [], []
        with open_source(parse_source(str(path))) as source:
            while (frame := source.read()) is not None:
                if frame.index % EVERY == 0:
                    for face in pipeline.process(frame).faces:
                        if face.emotion.raw_probs is not None:
                            crops.append(face.emotion_crop)
                            probs.append(face.emotion.raw_probs)
        return np.stack(crops), np.stack(probs).astype(np.float64)

    def lfw(self, shared: Path):
        """Crops and probabilities of people kept out of everything."""
        archive = LfwArchive(shared / "data" / "lfw_dev.zip")
        positions = one_picture_each(archive, is_kept_out=True)
        crops = cut_lfw(archive, positions, self._pack, self._model)
        return crops, self._model.probs(crops).astype(np.float64)

    def cases(self, crops, probs, count: int) -> Iterator[tuple[str, Verdict, Iterator]]:
        """Every fault with the verdict wanted, and the verdicts on its sets."""
        right = self._measure(crops)
        yield "nothing wrong", Verdict.FINE, self._verdicts(right, probs, count)
        for name, spoil in CROP_FAULTS.items():
            spoiled = self._measure(np.stack([spoil(crop) for crop in crops]))
            yield name, Verdict.PREPROCESSING, self._verdicts(spoiled, spoiled.again, count)
        for name, change in (
            ("recorded emotions renamed", self._renamed),
            ("recorded answers dealt anew", self._dealt),
        ):
            yield name, Verdict.MODEL, self._verdicts(right, probs, count, change)
        # The wrong model reads again, and agrees with itself: only the second reader can tell.
        alone = replace(right, again=None)
        sets = self._verdicts(alone, probs, count, self._renamed)
        yield "the model's outputs renamed", Verdict.MODEL, sets

    def share_alone(self, crops) -> float:
        """Share of faces that would be fine as the only face of a one-person set."""
        measures = self._measure(crops)
        rows = range(len(crops))
        checks = [
            check_crops(measures.looks[[row]], measures.framing[[row]], self._reference)
            for row in rows
        ]
        return float(np.mean([not any(found.is_fault for found in each) for each in checks]))

    def _measure(self, crops) -> FaceMeasures:
        measures = measure_faces(crops, self._reference, self._model, None)
        return replace(measures, framing=find_framing(crops, self._finder))

    def _verdicts(self, measures, probs, count, change=None) -> Iterator[Verdict]:
        size = min(SET_SIZE, len(probs))
        for _ in range(count):
            rows = self._rng.choice(len(probs), size, replace=len(probs) < 2 * size)
            chosen = FaceMeasures(
                measures.looks[rows],
                measures.framing[rows],
                measures.scores[rows],
                measures.again[rows] if measures.again is not None else None,
            )
            answers = probs[rows] if change is None else change(probs[rows])
            findings = judge_faces(chosen, answers, self._reference, is_same_model=True)
            yield decide(size, findings)

    def _renamed(self, probs):
        """Every emotion under another one's name."""
        order = self._rng.permutation(EMOTION_COUNT)
        while (order == np.arange(EMOTION_COUNT)).any():
            order = self._rng.permutation(EMOTION_COUNT)
        return probs[:, order]

    def _dealt(self, probs):
        """Every face with the answer of another one."""
        return self._rng.permutation(probs)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
