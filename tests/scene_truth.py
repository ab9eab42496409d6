"""Who is seen where in the clip of six people, as watched."""

from typing import Final

Place = tuple[str, int, int]
"""A person, and between which columns of the picture (px) the face's middle lies."""

TABLE_LEFT: Final[tuple[Place, ...]] = (
    ("person_1", 0, 120),
    ("person_4", 120, 640),
    ("person_6", 640, 1100),
    ("person_2", 1100, 1280),
)
TABLE_RIGHT: Final[tuple[Place, ...]] = (
    ("person_3", 0, 640),
    ("person_1", 640, 1050),
    ("person_4", 1050, 1290),
)
SOFA: Final[tuple[Place, ...]] = (("person_5", 0, 640), ("person_2", 640, 1280))
SHOTS: Final[tuple[tuple[float, tuple[Place, ...]], ...]] = (
    (4.32, SOFA),
    (11.24, TABLE_RIGHT),
    (16.70, TABLE_LEFT),
    (18.83, SOFA),
    (23.04, TABLE_LEFT),
    (99.0, TABLE_RIGHT),
)
"""End of each shot (s), and its places."""

LOWEST_FACE_PX: Final = 460
"""Every face's middle is above this line: below are hands, glasses and cards."""


def shot_at(time_s: float) -> int:
    """Number of the shot, from 0."""
    return next(number for number, (end_s, _) in enumerate(SHOTS) if time_s < end_s)


def person_at(time_s: float, x: float, y: float = 0.0) -> str | None:
    """Who is seen at a place of the picture (px), or None where nobody's face is."""
    places = SHOTS[shot_at(time_s)][1]
    if y > LOWEST_FACE_PX:
        return None
    return next((name for name, left, right in places if left <= x < right), None)
