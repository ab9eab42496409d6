"""The verdict of a debug report: is the picture wrong that reaches the model, or the model?

Two kinds of evidence are kept apart.

*Preprocessing.* Every measure of a crop has a band that holds 98 of 100 right faces
(`FaceReference`). The faces of one person in one light are like one face drawn at random, so a set
whose **median** lies outside a band is as strange as the strangest of a hundred faces: what reaches
the model is not what it was trained on. Of the lightest tone the 90th percentile counts instead: a
wrong scale of the gray levels darkens every face, so a tenth of them with light tones proves that
the scale is right and the scene is dim. A face that the detector cannot find again in its crop
counts as outside.

*Model.* Asked only when the crops are right, since on wrong ones no model can be judged. The
answers recorded are compared with what the model says about the saved faces now, and with a second
reader that has nothing to do with the model: linear discriminants of gradient features. If p are
the recorded probabilities, the reader's six numbers should be p·M, M being its means for each
emotion; both are centred over the set, so that what is peculiar to a person cancels. The
log-likelihood of that against "unrelated" (unit covariance) is the evidence: below −3, the odds are
twenty to one that the answers do not belong to the faces.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facemotion.analysis.face_reference import MEASURES, FaceReference
from facemotion.core.labels import EMOTION_COUNT, EMOTIONS

Float = NDArray[np.float64]

MIN_FACES: Final = 20
"""Fewer faces are not judged."""
MIN_FOUND: Final = 0.5
"""Share of the crops in which a face must be found again: else the median face is none."""
MIN_AGREEMENT: Final = 0.90
"""Share of equal answers that the same model must give about the same pictures; a picture is saved
without loss, so only rounding on another provider may tip a tie."""
MIN_OTHER_AGREEMENT: Final = 0.50
"""The same when the faces were recorded with another model."""
AGAINST: Final = -3.0
"""Log-likelihood below which the answers do not belong to the faces."""
MIN_EXPECTED: Final = 4.0
"""Evidence that right answers would give, below which the second reader cannot tell."""
RARE: Final = ("disgust", "fear")
MOST_RARE: Final = 0.5

_PERMUTATIONS: Final = np.array(list(permutations(range(EMOTION_COUNT))))


class Verdict(StrEnum):
    """What a debug report says in one word."""

    NOT_ENOUGH = "not enough faces"
    FINE = "fine"
    PREPROCESSING = "preprocessing"
    MODEL = "model"


class Kind(StrEnum):
    """What a finding is about."""

    PREPROCESSING = "preprocessing"
    MODEL = "model"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it.

    Attributes:
        kind: What it is about; a note never decides.
        name: Which check.
        is_fault: Whether it failed.
        sentence: The result with its numbers and, for a fault, what to do.
        value: What was measured; NaN when it could not be.
        low: Lowest right value.
        high: Highest right value.
    """

    kind: Kind
    name: str
    is_fault: bool
    sentence: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Relation:
    """How the recorded answers go with what the second reader sees.

    Attributes:
        evidence: Log-likelihood that they belong together; negative speaks against it.
        expected: What right answers would give.
        best: Evidence of the renaming of emotions that fits best.
        renaming: For each emotion recorded, the one that it then would be.
    """

    evidence: float
    expected: float
    best: float
    renaming: tuple[str, ...]


_WORDS: Final = {
    "brightness": ("too dark", "too bright", "Mean gray level"),
    "contrast": ("too flat", "too hard", "Contrast (deviation of the gray levels)"),
    "white": ("without any light tone", "too light", "Lightest tone of a face"),
    "detail": ("too smooth", "too rough", "Fineness (sharpness by contrast)"),
    "likeness": ("unlike a face", "", "Likeness to the training's mean face"),
    "across": ("too far left", "too far right", "Middle of the face from the left"),
    "height": ("too high", "too low", "Middle of the face from the top"),
    "size": ("too small in their crops", "too large for their crops", "Size of the face"),
    "tilt": ("tilted to the left", "tilted to the right", "Tilt of the eyes"),
}
_SHARES: Final = {"white": 90.0}
"""Percentile of the faces that must lie in the band, where it is not the median."""
_UNITS: Final = {"across": " px", "height": " px", "size": " px", "tilt": "°"}
_HELP: Final = {
    "brightness": "Check the light and the camera's exposure, then how pictures become gray.",
    "contrast": "Check the light and the camera, then how pictures become gray and are scaled.",
    "white": "Check the light and the camera's exposure, then how gray levels are scaled.",
    "detail": "Check focus and compression, then how the crop is scaled down.",
    "likeness": "Look at the faces: are they upright, and no negatives?",
    "across": "Check the crop rule's shift and the detector's boxes.",
    "height": "Check the crop rule's shift and the detector's boxes.",
    "size": "Check the crop rule's scale and the detector's boxes.",
    "tilt": "Check whether crops are turned level, and the detector's landmarks.",
}


def check_crops(looks: Float, framing: Float | None, reference: FaceReference) -> list[Finding]:
    """Whether the crops are what a model was trained on, one finding for each measure.

    Args:
        looks: float64 (N, 5) appearance and likeness of at least one face, as in `MEASURES`.
        framing: float64 (K, 4) of `find_framing`, of some of them; None leaves the framing out.
        reference: Right faces.
    """
    columns = [looks[:, column] for column in range(looks.shape[1])]
    findings: list[Finding] = []
    if framing is not None:
        is_found = np.isfinite(framing[:, 0])
        findings.append(_found_again(float(is_found.mean())))
        if not findings[0].is_fault:
            columns += list(framing[is_found].T)
    for name, values, band in zip(MEASURES, columns, reference.bands, strict=False):
        value = float(np.percentile(values, _SHARES.get(name, 50.0)))
        findings.append(_judge(name, value, float(band[0]), float(band[1])))
    return findings


def check_agreement(recorded: Float, again: Float, *, is_same_model: bool) -> Finding:
    """Whether the model still gives the answers recorded.

    Args:
        recorded: float64 (N, 7) at the time.
        again: float (N, 7) what the model says about the saved faces now.
        is_same_model: Whether it is the model that gave the recorded ones, or may be.
    """
    share = float((recorded.argmax(axis=1) == again.argmax(axis=1)).mean())
    limit = MIN_AGREEMENT if is_same_model else MIN_OTHER_AGREEMENT
    is_fault = share < limit
    told = f"Read again from the saved pictures, {share:.0%} of the faces get the answer recorded"
    if is_fault:
        sentence = (
            f"{told}; at least {limit:.0%} should. What was shown is not what the emotion model "
            "says: check the order of the emotions and which model was loaded."
        )
    elif is_same_model:
        sentence = f"{told}."
    else:
        sentence = f"{told}, though by another emotion model than the one installed now."
    return Finding(Kind.MODEL, "agreement", is_fault, sentence, share, limit, 1.0)


def check_gap(answers: Float, reference: FaceReference) -> Finding:
    """Whether the model is as sure as on right faces.

    Args:
        answers: float64 (N, 7).
        reference: Right faces.
    """
    ordered = np.sort(answers, axis=1)
    gap = float((ordered[:, -1] - ordered[:, -2]).mean())
    limit = float(reference.least_gap[0])
    is_fault = gap < limit
    told = f"The likeliest emotion leads by {gap:.2f} on average"
    if is_fault:
        sentence = (
            f"{told}; even the poorest sets of right faces give twice {limit:.2f}. The crops are "
            "right, so the model cannot read them: install it again or train it further."
        )
    else:
        sentence = f"{told}; {limit:.2f} is needed."
    return Finding(Kind.MODEL, "gap", is_fault, sentence, gap, limit, 1.0)


def relate(answers: Float, scores: Float, reference: FaceReference) -> Relation:
    """Compare the answers with the second reader.

    Args:
        answers: float64 (N, 7) probabilities.
        scores: float64 (N, 6) of `FaceReference.scores`.
        reference: Has the reader's means.
    """
    given = answers - answers.mean(axis=0)
    seen = scores - scores.mean(axis=0)
    means = reference.reader_classes.astype(np.float64)
    # Renamed by π, the prediction is given·means[π]; both sums need only small matrices.
    cross = given.T @ seen @ means.T
    square, inner = given.T @ given, means @ means.T
    hits = cross[np.arange(EMOTION_COUNT), _PERMUTATIONS].sum(axis=1)
    rows, columns = _PERMUTATIONS[:, :, None], _PERMUTATIONS[:, None, :]
    lengths = np.einsum("kl,nkl->n", square, inner[rows, columns])
    evidence = hits - lengths / 2.0
    best = int(evidence.argmax())
    names = tuple(EMOTIONS[k] for k in _PERMUTATIONS[best])
    return Relation(float(evidence[0]), float(lengths[0]) / 2.0, float(evidence[best]), names)


def check_relation(relation: Relation, answers: Float) -> Finding:
    """Whether the answers go with what can be seen in the faces without the model."""
    is_fault = relation.evidence < AGAINST
    value = relation.evidence
    if is_fault:
        sentence = (
            "A second, simple reader sees other expressions than the answers say: the odds are "
            f"{_odds(-value)} to 1 that the answers do not belong to these faces."
            f"{_renamed(relation, answers)}"
        )
    elif relation.expected < MIN_EXPECTED:
        sentence = (
            "The faces hardly change their expression, so a second, simple reader cannot check the "
            "answers. Record smiles and surprise as well."
        )
        return Finding(Kind.NOTE, "relation", False, sentence, value, AGAINST, float("inf"))
    elif value < 0.0:
        sentence = "A second, simple reader can neither confirm nor refute the answers."
    else:
        odds = _odds(value)
        sentence = f"A second, simple reader sees the same expressions (odds {odds} to 1)."
    return Finding(Kind.MODEL, "relation", is_fault, sentence, value, AGAINST, float("inf"))


def check_shares(answers: Float) -> Finding:
    """Whether emotions that are rare everywhere are suddenly common; a note."""
    counts = np.bincount(answers.argmax(axis=1), minlength=EMOTION_COUNT)
    share = sum(int(counts[EMOTIONS.index(name)]) for name in RARE) / len(answers)
    is_odd = share > MOST_RARE
    told = f"{share:.0%} of the answers are {' or '.join(RARE)}"
    rest = ", which real faces rarely show. Look at the contact sheet." if is_odd else "."
    return Finding(Kind.NOTE, "shares", is_odd, told + rest, share, 0.0, MOST_RARE)


def decide(count: int, findings: list[Finding]) -> Verdict:
    """The verdict: wrong crops first, since no model can be judged on them."""
    if count < MIN_FACES:
        return Verdict.NOT_ENOUGH
    faults = {finding.kind for finding in findings if finding.is_fault}
    if Kind.PREPROCESSING in faults:
        return Verdict.PREPROCESSING
    return Verdict.MODEL if Kind.MODEL in faults else Verdict.FINE


def _found_again(share: float) -> Finding:
    is_lost = share < MIN_FOUND
    told = f"In {share:.0%} of the crops the detector finds a face again"
    rest = "; half of them are needed. Look at the faces: what was cut is no face." * is_lost
    sentence = f"{told}{rest or '.'}"
    return Finding(Kind.PREPROCESSING, "found", is_lost, sentence, share, MIN_FOUND, 1.0)


def _judge(name: str, value: float, low: float, high: float) -> Finding:
    below, above, what = _WORDS[name]
    unit = _UNITS.get(name, "")
    digits = 2 if name == "likeness" else 1
    where = f"{_SHARES[name]:.0f}th percentile of the faces" if name in _SHARES else "median"
    shown, least, most = (
        f"{number:.{digits}f}".replace("-", "−") + unit for number in (value, low, high)
    )
    told = f"{what}: {where} {shown}"
    band = f"98 of 100 right faces lie between {least} and {most}"
    if low <= value <= high:
        return Finding(Kind.PREPROCESSING, name, False, f"{told}; {band}.", value, low, high)
    wrong = below if value < low else above
    sentence = f"The faces are {wrong}. {told}; {band}. {_HELP[name]}"
    return Finding(Kind.PREPROCESSING, name, True, sentence, value, low, high)


def _odds(evidence: float) -> str:
    return f"{np.exp(evidence):,.0f}" if evidence < 9.0 else "more than 8,000"


def _renamed(relation: Relation, answers: Float) -> str:
    """Which emotions seem to have changed places, of those that occur."""
    counts = np.bincount(answers.argmax(axis=1), minlength=EMOTION_COUNT)
    pairs = [
        f"{recorded} would be {better}"
        for recorded, better, count in zip(EMOTIONS, relation.renaming, counts, strict=True)
        if recorded != better and count >= MIN_FACES // 4
    ]
    if relation.best < -AGAINST or not pairs:
        return ""
    return f" They fit best when the emotions change places: {', '.join(pairs)}."
