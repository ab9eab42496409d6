import pytest

from facemotion.core.labels import EMOTION_COUNT, EMOTIONS, emotion_index


def test_order_is_the_published_one() -> None:
    # Every model, recording and chart relies on it: a change here is a change of format.
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    assert EMOTION_COUNT == 7


@pytest.mark.parametrize(("position", "name"), list(enumerate(EMOTIONS)))
def test_index_is_the_position(position: int, name: str) -> None:
    assert emotion_index(name) == position


@pytest.mark.parametrize("name", ["", "Happy", "contempt", "anger"])
def test_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name!r}; expected one of angry, disgust"):
        emotion_index(name)
