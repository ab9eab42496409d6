"""What the faces of a debug folder say: counts, certainty, framing, light, and the verdict."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facemotion.analysis.debug_checks import (
    MIN_FACES,
    Finding,
    Kind,
    Verdict,
    check_agreement,
    check_crops,
    check_gap,
    check_relation,
    check_shares,
    decide,
    relate,
)
from facemotion.analysis.debug_folder import DebugFaces
from facemotion.analysis.face_reference import DISTRIBUTIONS, FaceReference
from facemotion.core.crop_measures import (
    APPEARANCE,
    appearance,
    gradient_features,
    likeness,
    sharpnesses,
)
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS
from facemotion.version import __version__
from facemotion.vision.crop_framing import find_framing
from facemotion.vision.emotion import EmotionClassifier
from facemotion.vision.faces import FaceFinder

Float = NDArray[np.float64]

MOST_FRAMED: Final = 200
"""The detector looks at so many crops, evenly chosen; its medians do not change with more."""
SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class FaceMeasures:
    """What is measured of the faces, before anything is judged.

    Attributes:
        looks: float64 (N, 5) light, fineness and likeness.
        framing: float64 (K, 4) of some of them as `find_framing` gives it, or None.
        scores: float64 (N, 6) of the linear reader.
        again: float64 (N, 7) what the emotion model says now, or None.
    """

    looks: Float
    framing: Float | None
    scores: Float
    again: Float | None


@dataclass(frozen=True, slots=True, eq=False)
class EmotionRow:
    """The faces that got one answer.

    Attributes:
        emotion: The answer.
        rows: int64 (K,) which faces, the surest first.
        confidence: Mean probability of the answer; NaN without faces.
        gap: Mean lead over the second; NaN without faces.
        mean_face: float64 (48, 48) gray levels, or None without faces.
        likeness: Correlation of that with the training's mean face of the emotion; NaN without.
    """

    emotion: str
    rows: NDArray[np.int64]
    confidence: float
    gap: float
    mean_face: Float | None
    likeness: float


@dataclass(frozen=True, slots=True, eq=False)
class DebugReport:
    """Everything that a page shows about a debug folder.

    Attributes:
        faces: What was read.
        verdict: In one word.
        findings: The reasons, faults first.
        emotions: One row for each emotion, in their order.
        mean_face: float64 (48, 48) gray levels, or None without faces.
        distributions: Share of the faces in the reference's bins, float64 (D, B).
        reference: Right faces.
        model_id: The emotion model that read the faces again; empty when none did.
    """

    faces: DebugFaces
    verdict: Verdict
    findings: tuple[Finding, ...]
    emotions: tuple[EmotionRow, ...]
    mean_face: Float | None
    distributions: Float
    reference: FaceReference
    model_id: str

    @property
    def headline(self) -> str:
        """The verdict as a sentence."""
        count = len(self.faces)
        match self.verdict:
            case Verdict.NOT_ENOUGH:
                return (
                    f"Not enough faces: {count} of at least {MIN_FACES}. Leave debug mode on for "
                    "longer, with several expressions."
                )
            case Verdict.PREPROCESSING:
                return (
                    "The fault is in the preprocessing: the faces that reach the emotion model are "
                    "not like those it was trained on."
                )
            case Verdict.MODEL:
                return (
                    "The fault is in the model: the faces reach it as they should, and its answers "
                    "do not fit them."
                )
            case Verdict.FINE:
                return "No fault was found: faces and answers are as they should be."

    def to_json(self) -> dict[str, Any]:
        """The report without its pictures, for programs."""
        return {
            "schema": SCHEMA,
            "facemotion": __version__,
            "folder": str(self.faces.folder),
            "faces": len(self.faces),
            "tracks": len(set(self.faces.track_ids.tolist())),
            "verdict": self.verdict.value,
            "headline": self.headline,
            "findings": [_plain(asdict(finding)) for finding in self.findings],
            "emotions": {
                row.emotion: _plain(
                    {
                        "count": len(row.rows),
                        "mean_confidence": row.confidence,
                        "mean_gap": row.gap,
                        "likeness_to_training": row.likeness,
                    }
                )
                for row in self.emotions
            },
            "distributions": {
                name: {
                    "edges": [round(float(edge), 3) for edge in self.reference.edges[number]],
                    "faces": [round(float(v), 5) for v in self.distributions[number]],
                    "training": [round(float(v), 5) for v in self.reference.shares[number]],
                }
                for number, name in enumerate(DISTRIBUTIONS)
            },
            "recorded_by": list(self.faces.model_ids),
            "read_again_by": self.model_id or None,
            "problems": list(self.faces.problems),
        }


def make_report(
    faces: DebugFaces,
    reference: FaceReference,
    model: EmotionClassifier | None,
    finder: FaceFinder | None,
    on_progress: Callable[[float], None] | None = None,
) -> DebugReport:
    """Judge the faces of a debug folder.

    Args:
        faces: What was read; may be empty.
        reference: Right faces.
        model: Reads the faces again; None leaves that check out.
        finder: Looks for the faces in their crops; None leaves the framing out.
        on_progress: Called with the part done, in [0, 1].
    """
    tell = on_progress or (lambda _part: None)
    measures = measure_faces(faces.crops, reference, model, finder)
    tell(0.9)
    findings: list[Finding] = []
    if len(faces):
        model_id = model.model_id if model is not None else ""
        is_same = not faces.model_ids or faces.model_ids == (model_id,)
        findings = judge_faces(measures, faces.answers, reference, is_same_model=is_same)
    tell(1.0)
    return DebugReport(
        faces=faces,
        verdict=decide(len(faces), findings),
        findings=tuple(findings),
        emotions=tuple(_emotion_row(faces, number, reference) for number in range(EMOTION_COUNT)),
        mean_face=faces.crops.mean(axis=0, dtype=np.float64) if len(faces) else None,
        distributions=_distributions(faces, reference),
        reference=reference,
        model_id=model.model_id if model is not None else "",
    )


def measure_faces(
    crops: NDArray[np.uint8],
    reference: FaceReference,
    model: EmotionClassifier | None,
    finder: FaceFinder | None,
) -> FaceMeasures:
    """Measure everything that the checks need; `MOST_FRAMED` evenly chosen crops are framed.

    Args:
        crops: uint8 (N, 48, 48) gray.
        reference: Right faces.
        model: Reads the faces again, or None.
        finder: Looks for the faces in their crops, or None.
    """
    alike = likeness(crops, reference.mean_faces[0].astype(np.float64))
    framing = None
    if finder is not None and len(crops):
        rows = np.unique(np.linspace(0, len(crops) - 1, MOST_FRAMED).round().astype(int))
        framing = find_framing(crops[rows], finder)
    return FaceMeasures(
        looks=np.column_stack([appearance(crops), alike]),
        framing=framing,
        scores=reference.scores(gradient_features(crops)),
        again=model.probs(crops).astype(np.float64) if model is not None else None,
    )


def judge_faces(
    measures: FaceMeasures, answers: Float, reference: FaceReference, *, is_same_model: bool
) -> list[Finding]:
    """Every check, faults first and notes last.

    Args:
        measures: Of at least one face.
        answers: float64 (N, 7) what the model said at the time.
        reference: Right faces.
        is_same_model: Whether the model that read again is the one of that time, or may be.
    """
    findings = check_crops(measures.looks, measures.framing, reference)
    if measures.again is not None:
        findings.append(check_agreement(answers, measures.again, is_same_model=is_same_model))
    findings.append(check_relation(relate(answers, measures.scores, reference), answers))
    findings += [check_gap(answers, reference), check_shares(answers)]
    findings.sort(key=lambda finding: (not finding.is_fault, finding.kind is Kind.NOTE))
    return findings


def _emotion_row(faces: DebugFaces, number: int, reference: FaceReference) -> EmotionRow:
    answers = faces.answers
    rows = np.flatnonzero(answers.argmax(axis=1) == number)
    if not len(rows):
        return EmotionRow(EMOTIONS[number], rows, np.nan, np.nan, None, np.nan)
    ordered = np.sort(answers[rows], axis=1)
    rows = rows[np.argsort(-ordered[:, -1], kind="stable")]
    mean = faces.crops[rows].mean(axis=0, dtype=np.float64)
    return EmotionRow(
        emotion=EMOTIONS[number],
        rows=rows,
        confidence=float(ordered[:, -1].mean()),
        gap=float((ordered[:, -1] - ordered[:, -2]).mean()),
        mean_face=mean,
        likeness=_correlation(mean, reference.mean_faces[number + 1].astype(np.float64)),
    )


def _correlation(one: Float, other: Float) -> float:
    a, b = one - one.mean(), other - other.mean()
    length = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / length if length > 0.0 else 0.0


def _distributions(faces: DebugFaces, reference: FaceReference) -> Float:
    looks = appearance(faces.crops)
    columns = {name: looks[:, number] for number, name in enumerate(APPEARANCE)}
    columns["sharpness"] = sharpnesses(faces.crops)
    shares: list[Float] = []
    for number, name in enumerate(DISTRIBUTIONS):
        edges = reference.edges[number].astype(np.float64)
        counts, _ = np.histogram(np.clip(columns[name], edges[0], edges[-1]), edges)
        shares.append(counts / max(len(faces), 1))
    return np.stack(shares)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers that JSON knows: not-a-number and infinity become null."""
    return {
        name: (round(value, 5) if np.isfinite(value) else None)
        if isinstance(value, float)
        else value
        for name, value in values.items()
    }
