"""Words for what the models say, in the user's language."""

import math

from PySide6.QtCore import QCoreApplication

from facemotion.core.labels import emotion_index
from facemotion.core.matching import match_percent
from facemotion.core.types import Decision, EmotionReading, FaceResult, GateReason, Identity
from facemotion.ui.translation import QT_TRANSLATE_NOOP

_EMOTION_WORDS = {
    "angry": QT_TRANSLATE_NOOP("words", "angry"),
    "disgust": QT_TRANSLATE_NOOP("words", "disgust"),
    "fear": QT_TRANSLATE_NOOP("words", "fear"),
    "happy": QT_TRANSLATE_NOOP("words", "happy"),
    "neutral": QT_TRANSLATE_NOOP("words", "neutral"),
    "sad": QT_TRANSLATE_NOOP("words", "sad"),
    "surprise": QT_TRANSLATE_NOOP("words", "surprise"),
}
_GATE_WORDS = {
    GateReason.TOO_SMALL: QT_TRANSLATE_NOOP("words", "too small to read"),
    GateReason.LOW_DET_SCORE: QT_TRANSLATE_NOOP("words", "hardly a face"),
    GateReason.TOO_BLURRED: QT_TRANSLATE_NOOP("words", "too blurred to read"),
    GateReason.TURNED_AWAY: QT_TRANSLATE_NOOP("words", "turned away"),
    GateReason.CUT_OFF: QT_TRANSLATE_NOOP("words", "cut off by the edge"),
}


def emotion_word(emotion: str) -> str:
    """An emotion of `EMOTIONS` as shown to the user."""
    return QCoreApplication.translate("words", _EMOTION_WORDS[emotion])


def gate_words(reason: GateReason) -> str:
    """Why a face is not read."""
    return QCoreApplication.translate("words", _GATE_WORDS[reason])


def person_words(identity: Identity) -> str:
    """Who, in as many words as the decision allows."""
    if identity.decision is Decision.KNOWN:
        return identity.name
    if identity.decision is Decision.UNCERTAIN:
        return QCoreApplication.translate("words", "maybe {name}").format(name=identity.name)
    return QCoreApplication.translate("words", "unknown")


def face_title(face: FaceResult) -> str:
    """Who, with the track's number where the name does not tell faces apart."""
    words = person_words(face.identity)
    return words if face.identity.decision is Decision.KNOWN else f"{words} #{face.track_id}"


def similarity_words(identity: Identity, match_threshold: float) -> str:
    """How sure, as a percentage with 50 % at the threshold; empty when nothing was compared."""
    similarity = identity.cosine_similarity
    if identity.decision is Decision.UNKNOWN or not math.isfinite(similarity):
        return ""
    return f"{match_percent(similarity, match_threshold):.0f} %"


def duration_words(seconds: float) -> str:
    """A duration or position like 0:12, 12:04 or 1:02:03."""
    whole = max(int(seconds), 0)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shown_probability(reading: EmotionReading) -> float | None:
    """Smoothed probability of the emotion on show, or None before there is one."""
    if reading.emotion is None or reading.probs is None:
        return None
    return float(reading.probs[emotion_index(reading.emotion)])
