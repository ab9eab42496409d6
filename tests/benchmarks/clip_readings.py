"""The clips' readings as the pipeline gives them to smoothing, and what is to be seen in them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from facemotion.core.smoothing import EmotionSmoother, SmoothingParams
from facemotion.core.types import Frame
from facemotion.vision.emotion import EmotionClassifier
from facemotion.vision.faces import FaceModels
from facemotion.vision.pipeline import FacePipeline

CRYING: Final = frozenset({"sad", "angry", "fear", "disgust"})
"""What a face that cries may be called: people disagree, and so do models."""

TRUTH: Final = {
    "one_person_sad_then_happy.mp4": (
        (0.8, 6.0, CRYING),
        (10.4, 19.6, frozenset({"happy"})),
    ),
    "neutral_smile_then_no_face.mov": (
        (0.0, 0.5, frozenset({"neutral"})),
        (0.75, 2.35, frozenset({"happy"})),
    ),
    "scene_multi_person.mp4": (),
}
"""From when until when (s) which emotions are right, as watched. Nothing is claimed of the time in
between, when a face changes, and of people who talk."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A track's raw probabilities at a time; None where the gates held the face back."""

    time_s: float
    probs: np.ndarray | None


Tracks = dict[int, list[Reading]]


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What a policy shows of a clip.

    Attributes:
        changes_per_min: Changes of the emotion shown, a minute of face; for a clip without truth.
        false_changes: Changes between two sights of one stretch whose emotion is known.
        wrong_share: Share of the sights in such stretches that show a wrong emotion.
    """

    changes_per_min: float
    false_changes: int
    wrong_share: float


def read_tracks(faces: FaceModels, model: EmotionClassifier, frames: Iterable[Frame]) -> Tracks:
    """Every track's readings through the pipeline with its defaults, before smoothing."""
    pipeline = FacePipeline(faces, model)
    tracks: defaultdict[int, list[Reading]] = defaultdict(list)
    for frame in frames:
        for face in pipeline.process(frame).faces:
            tracks[face.track_id].append(Reading(frame.time_s, face.emotion.raw_probs))
    return dict(tracks)


def clip_score(params: SmoothingParams, clip: str, tracks: Tracks) -> ClipScore:
    """A policy on one clip's readings."""
    sights = [_shown(params, readings) for readings in tracks.values()]
    lasted_s = sum(seen[-1][0] - seen[0][0] for seen in sights if seen)
    changes = sum(a[1] != b[1] for seen in sights for a, b in pairwise(seen))
    false_changes, judged = 0, []
    for begin_s, end_s, right in TRUTH[clip]:
        for seen in sights:
            inside = [emotion for time_s, emotion in seen if begin_s <= time_s < end_s]
            judged += [emotion not in right for emotion in inside]
            false_changes += sum(a != b for a, b in pairwise(inside))
    return ClipScore(
        60.0 * changes / lasted_s if lasted_s else 0.0,
        false_changes,
        float(np.mean(judged)) if judged else float("nan"),
    )


def _shown(params: SmoothingParams, readings: Iterable[Reading]) -> list[tuple[float, str]]:
    """When which emotion was shown."""
    smoother = EmotionSmoother(params)
    seen: list[tuple[float, str]] = []
    for reading in readings:
        if reading.probs is None:
            emotion = smoother.hold(reading.time_s).emotion
        else:
            emotion = smoother.update(reading.probs, reading.time_s).emotion
        if emotion is not None:
            seen.append((reading.time_s, emotion))
    return seen
