"""The seven emotion classes and the one order in which they always appear."""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""Class order of every probability vector in this program and in every model it ships."""

EMOTION_COUNT: Final = len(EMOTIONS)


def emotion_index(name: str) -> int:
    """Position of an emotion in `EMOTIONS`.

    Raises:
        ValueError: The name is not one of the seven.
    """
    if name not in EMOTIONS:
        raise ValueError(f"unknown emotion {name!r}; expected one of {', '.join(EMOTIONS)}")
    return EMOTIONS.index(name)
