"""Why a face is unsure or unknown: the gate or threshold that decided, with its numbers."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from facemotion.core.labels import EMOTIONS
from facemotion.core.types import (
    EmotionReading,
    FaceQuality,
    FaceResult,
    FloatArray,
    GateFinding,
    Identity,
    IdentityEvidence,
    IdentityReason,
)
from facemotion.store.settings import Settings
from facemotion.ui.translation import QT_TRANSLATE_NOOP
from facemotion.ui.words import emotion_word

_GATES = {
    "min_det_score": QT_TRANSLATE_NOOP(
        "why",
        "Hardly a face: its detection score is {value:.2f}; at least {limit:.2f} is needed.",
    ),
    "min_face_px": QT_TRANSLATE_NOOP(
        "why", "The face is {value:.0f} px large; at least {limit:.0f} px are needed. Come closer."
    ),
    "max_cut_off": QT_TRANSLATE_NOOP(
        "why",
        "The picture's edge cuts off {value:.0%} of the face; at most {limit:.0%} may be missing.",
    ),
    "max_yaw_deg": QT_TRANSLATE_NOOP(
        "why", "The head is turned {value:.0f}° to the side; up to {limit:.0f}° can be read."
    ),
    "max_pitch_deg": QT_TRANSLATE_NOOP(
        "why", "The head is turned {value:.0f}° up or down; up to {limit:.0f}° can be read."
    ),
    "max_roll_deg": QT_TRANSLATE_NOOP(
        "why", "The head is tilted by {value:.0f}°; up to {limit:.0f}° can be read."
    ),
    "min_sharpness": QT_TRANSLATE_NOOP(
        "why",
        "The face is blurred: its sharpness is {value:.0f}; at least {limit:.0f} is needed. Hold "
        "still or give more light.",
    ),
}
_EXACT = {"min_face_px": 1, "max_yaw_deg": 1, "max_pitch_deg": 1, "max_roll_deg": 1}


@dataclass(frozen=True, slots=True)
class Reason:
    """What decided, in words.

    Attributes:
        sentence: With the numbers.
        group: Group of the setting that decides it; empty when there is none.
        name: The setting in that group.
    """

    sentence: str
    group: str = ""
    name: str = ""


def explain(face: FaceResult, settings: Settings) -> tuple[Reason, Reason]:
    """Why a face has the name and the emotion that it has.

    Args:
        face: As the pipeline gave it.
        settings: For the limits of smoothing.

    Returns:
        The reason of the identity and that of the emotion.
    """
    return explain_identity(face.identity), explain_emotion(face, settings)


def explain_emotion(face: FaceResult, settings: Settings) -> Reason:
    """The gate that holds a face back, or what smoothing waits for."""
    reading = face.emotion
    if reading.gate is not None:
        return _held_back(reading, reading.gate)
    if reading.raw_probs is None:
        words = _tr("No emotion model is loaded, so no emotion is read.")
        return Reason(words)
    if reading.emotion is not None and reading.is_corrected:
        sentence = f"{_read(face.quality)} {_corrected(reading.raw_probs)}"
        return Reason(sentence, "baseline", "is_used")
    if reading.emotion is not None:
        return Reason(_read(face.quality))
    probs = reading.probs if reading.probs is not None else reading.raw_probs
    emotion, probability = EMOTIONS[int(np.argmax(probs))], float(probs.max())
    least = settings.smoothing.min_confidence
    if probability < least:
        words = _tr("The likeliest emotion, {emotion}, has {value:.0%}; {limit:.0%} is needed.")
        sentence = words.format(emotion=emotion_word(emotion), value=probability, limit=least)
        return Reason(sentence, "smoothing", "min_confidence")
    words = _tr(
        "{emotion} leads with {value:.0%}, but has not lasted long enough to be shown. It will in "
        "a moment, if it stays."
    )
    sentence = words.format(emotion=emotion_word(emotion).capitalize(), value=probability)
    name = "adaptive_needed_s" if settings.smoothing.is_adaptive else "min_streak_to_switch"
    return Reason(sentence, "smoothing", name)


def explain_identity(identity: Identity) -> Reason:
    """The threshold that decided who a face is."""
    evidence = identity.evidence
    if evidence is None:
        return Reason(_tr("Nothing is known about how this face was compared."))
    match evidence.reason:
        case IdentityReason.NO_RECOGNISER:
            words = _tr("The model pack has no recogniser, so nobody can be recognised.")
            return Reason(words, "detection", "pack")
        case IdentityReason.NOBODY_ENROLLED:
            return Reason(
                _tr("Nobody is enrolled, so there is nobody to compare with. Press Enrol (E).")
            )
        case IdentityReason.NOT_COMPARED:
            return Reason(_not_compared(evidence))
        case IdentityReason.TAKEN:
            words = _tr(
                "The best match, {name} at {similarity:.2f}, is another face of this picture, and "
                "nobody is there twice."
            )
            return Reason(_filled(words, evidence))
        case IdentityReason.CLOSE_SECOND:
            words = _tr(
                "{name} at {similarity:.2f} leads {rival} by only {value:.2f}; a lead of "
                "{needed:.2f} is needed."
            )
            return Reason(_filled(words, evidence), "matching", "runner_up_margin")
        case IdentityReason.LITTLE_EVIDENCE:
            words = _tr(
                "Like {name} at {similarity:.2f}, but seen too briefly or poorly: evidence of "
                "{value:.2f}, and {needed:.2f} is needed."
            )
            return Reason(_filled(words, evidence), "matching", "min_evidence")
        case _:
            return _compared(evidence)


def _held_back(reading: EmotionReading, gate: GateFinding) -> Reason:
    words = QCoreApplication.translate("why", _GATES[gate.parameter])
    value, limit = gate.value, gate.limit
    if gate.parameter in _EXACT and round(value) == round(limit):
        words = words.replace("{value:.0f}", "{value:.1f}").replace("{limit:.0f}", "{limit:.1f}")
    sentence = words.format(value=value, limit=limit)
    if reading.emotion is not None:
        sentence += " " + _tr("The last reading stays for a moment.")
    return Reason(sentence, "quality", gate.parameter)


def _read(quality: FaceQuality | None) -> str:
    words = _tr("The emotion is read: every gate is passed")
    if quality is None:
        return words + "."
    numbers = _tr("{size:.0f} px large, detection score {score:.2f}, sharpness {sharp:.0f}")
    filled = numbers.format(size=quality.face_px, score=quality.det_score, sharp=quality.sharpness)
    return f"{words} ({filled})."


def _corrected(raw_probs: FloatArray) -> str:
    words = _tr(
        "This person's neutral face corrects it: without it, this frame reads as {emotion} with "
        "{value:.0%}."
    )
    emotion = EMOTIONS[int(np.argmax(raw_probs))]
    return words.format(emotion=emotion_word(emotion), value=float(raw_probs.max()))


def _not_compared(evidence: IdentityEvidence) -> str:
    if not evidence.value < evidence.needed:
        return _tr("The face is about to be compared.")
    words = _tr(
        "The face was not compared: its picture is worth {value:.2f} for recognition, and "
        "{needed:.2f} is needed. Come closer, look at the camera, give more light."
    )
    return words.format(value=evidence.value, needed=evidence.needed)


def _compared(evidence: IdentityEvidence) -> Reason:
    match evidence.reason:
        case IdentityReason.LIKE_ENOUGH:
            words = _tr("{name} matches at {similarity:.2f}; {asked}, {known:.2f} is needed.")
        case IdentityReason.BELOW_THRESHOLD:
            words = _tr("Best match {name} at {similarity:.2f}; {asked}, {known:.2f} is needed.")
        case _:
            words = _tr(
                "Best match {name} at {similarity:.2f}; {asked}, {known:.2f} is needed, and "
                "{uncertain:.2f} to be “maybe {name}”."
            )
    is_own = evidence.false_accept_percent is None
    name = "match_threshold" if is_own else "false_accept_percent"
    return Reason(_filled(words, evidence), "matching", name)


def _filled(words: str, evidence: IdentityEvidence) -> str:
    value = evidence.value if math.isfinite(evidence.value) else 0.0
    return words.format(
        name=evidence.candidate,
        rival=evidence.rival,
        similarity=evidence.cosine_similarity,
        known=evidence.known_at,
        uncertain=evidence.uncertain_at,
        asked=_asked(evidence),
        value=value,
        needed=evidence.needed,
    )


def _asked(evidence: IdentityEvidence) -> str:
    percent, people = evidence.false_accept_percent, evidence.people
    if percent is None:
        return _tr("by the threshold you set")
    if people == 1:
        words = _tr("with one person enrolled and {percent:g} % false accepts asked")
    else:
        words = _tr("with {people} people enrolled and {percent:g} % false accepts asked")
    return words.format(people=people, percent=percent)


def _tr(text: str) -> str:
    return QCoreApplication.translate("why", text)
