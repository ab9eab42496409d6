"""Results drawn into the picture, for annotated videos and snapshots."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from facemotion.core.boxes import clip_box
from facemotion.core.labels import emotion_index
from facemotion.core.matching import match_percent
from facemotion.core.palette import DECISION_COLOURS, EMOTION_COLOURS, bgr_of
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    FrameBgr,
    FrameResult,
    Identity,
)
from facemotion.vision.emotion_glyph import draw_glyph
from facemotion.vision.lettering import Bgr, Lettering, Rect, fill_plate

_REFERENCE_HEIGHT_PX: Final = 720
_LETTER_PX: Final = 19
_WHITE: Final[Bgr] = (255, 255, 255)
_GREY: Final[Bgr] = (205, 205, 205)
_PLATE: Final[Bgr] = (38, 33, 30)
_SHADOW: Final[Bgr] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """What is drawn.

    Attributes:
        has_boxes: A box around each face.
        has_names: Name, or unknown.
        has_similarity: The likeness beside the name.
        has_emotions: Emotion badge, or why the face is not read.
        has_landmarks: The five landmarks.
        has_track_ids: The track's number.
        scale: Size of letters and lines; 1 fits the picture's height.
        match_threshold: Similarity that is shown as 50 %, or None to show similarities themselves.
    """

    has_boxes: bool = True
    has_names: bool = True
    has_similarity: bool = True
    has_emotions: bool = True
    has_landmarks: bool = False
    has_track_ids: bool = False
    scale: float = 1.0
    match_threshold: float | None = None


@dataclass(slots=True)
class _Label:
    """A plate with text: what it says, and where it may stand, best place first."""

    text: str
    text_bgr: Bgr
    plate_bgr: Bgr
    places: list[Rect]
    emotion: str | None = None


@dataclass(frozen=True, slots=True)
class _Style:
    """Measures for one picture size (px)."""

    lettering: Lettering
    height: int
    padding: int
    gap: int
    line: int
    radius: int
    max_text: int


def draw_result(
    frame_bgr: FrameBgr, result: FrameResult, options: DrawOptions | None = None
) -> FrameBgr:
    """Draw boxes, names and emotions of a result.

    Args:
        frame_bgr: uint8 (H, W, 3) BGR, not changed; mostly `result.frame.frame_bgr`.
        result: What was found in it.
        options: What to draw.

    Returns:
        A new frame, uint8 (H, W, 3) BGR.
    """
    options = options if options is not None else DrawOptions()
    picture = np.ascontiguousarray(frame_bgr).copy()
    style = _style(picture, options.scale)
    for face in result.faces:
        if options.has_boxes:
            _draw_box(picture, face, style)
        if options.has_landmarks:
            _draw_landmarks(picture, face, style)
    taken: list[Rect] = []
    boxes = [_box_rect(face, picture) for face in result.faces]
    for face, box in zip(result.faces, boxes, strict=True):
        for label in _labels(face, box, style, options):
            rect = _best_place(label.places, taken, boxes, picture)
            taken.append(rect)
            _draw_label(picture, label, rect, style)
    return picture


def _style(picture: FrameBgr, scale: float) -> _Style:
    height, width = picture.shape[:2]
    unit = max(0.55, min(height, width * 0.75) / _REFERENCE_HEIGHT_PX) * scale
    letters = Lettering(round(_LETTER_PX * unit))
    size = letters.size_px
    return _Style(
        lettering=letters,
        height=round(size * 1.55),
        padding=max(4, round(size * 0.45)),
        gap=max(2, round(size * 0.2)),
        line=max(1, round(2 * unit)),
        radius=max(3, round(size * 0.35)),
        max_text=max(40, min(round(width * 0.4), width - 2 * size)),
    )


def _draw_box(picture: FrameBgr, face: FaceResult, style: _Style) -> None:
    x1, y1, x2, y2 = (round(float(value)) for value in face.bbox_xyxy)
    radius = max(2, min(style.radius * 2, (x2 - x1) // 3, (y2 - y1) // 3))
    colour = bgr_of(DECISION_COLOURS[face.identity.decision])
    outline = _rounded_outline(x1, y1, x2, y2, radius)
    cv2.polylines(picture, [outline], True, _SHADOW, style.line + 2, cv2.LINE_AA)
    cv2.polylines(picture, [outline], True, colour, style.line, cv2.LINE_AA)


def _rounded_outline(x1: int, y1: int, x2: int, y2: int, radius: int) -> np.ndarray:
    corners = ((x2 - radius, y2 - radius, 0), (x1 + radius, y2 - radius, 90),
               (x1 + radius, y1 + radius, 180), (x2 - radius, y1 + radius, 270))  # fmt: skip
    points = [
        (x + radius * math.cos(math.radians(angle)), y + radius * math.sin(math.radians(angle)))
        for x, y, start in corners
        for angle in range(start, start + 91, 15)
    ]
    return np.rint(np.array(points)).astype(np.int32)


def _draw_landmarks(picture: FrameBgr, face: FaceResult, style: _Style) -> None:
    for x, y in face.kps:
        centre = (round(float(x)), round(float(y)))
        cv2.circle(picture, centre, style.line + 1, _SHADOW, -1, cv2.LINE_AA)
        cv2.circle(picture, centre, style.line, _WHITE, -1, cv2.LINE_AA)


def _box_rect(face: FaceResult, picture: FrameBgr) -> Rect:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (round(float(v)) for v in clip_box(face.bbox_xyxy, (width, height)))
    return Rect(x1, y1, x2 - x1, y2 - y1)


def _labels(face: FaceResult, box: Rect, style: _Style, options: DrawOptions) -> list[_Label]:
    badge = _badge(face.emotion, box, style) if options.has_emotions else None
    name = _name_text(face, style, options)
    plate = _name_label(name, face.identity.decision, box, style) if name else None
    return [label for label in (plate, badge) if label is not None]


def _name_text(face: FaceResult, style: _Style, options: DrawOptions) -> str:
    """Number, name and likeness; only the name is shortened, and put in its script's order."""
    number = f"#{face.track_id} " if options.has_track_ids else ""
    if not options.has_names:
        return number.rstrip()
    identity = face.identity
    if identity.decision is Decision.UNKNOWN:
        return f"{number}unknown"
    before = number if identity.decision is Decision.KNOWN else f"{number}maybe "
    likeness = _likeness(identity, options.match_threshold)
    after = f" · {likeness}" if options.has_similarity else ""
    room = style.max_text - style.lettering.width(before) - style.lettering.width(after)
    return before + style.lettering.fitted(identity.name, room) + after


def _likeness(identity: Identity, match_threshold: float | None) -> str:
    if match_threshold is None:
        return f"{identity.cosine_similarity:.2f}"
    return f"{match_percent(identity.cosine_similarity, match_threshold):.0f} %"


def _badge(reading: EmotionReading, box: Rect, style: _Style) -> _Label | None:
    if reading.emotion is not None and reading.probs is not None:
        share = float(reading.probs[emotion_index(reading.emotion)])
        text = f"{reading.emotion}  {share * 100.0:.0f} %"
        width = style.lettering.width(text) + 2 * style.padding + style.height
        colour = _WHITE if reading.gate_reason is None else _GREY
        return _Label(
            text, colour, _PLATE, _places(box, width, style, is_above=True), reading.emotion
        )
    if reading.gate_reason is not None:
        text = style.lettering.fitted(reading.gate_reason.value, style.max_text)
        width = style.lettering.width(text) + 2 * style.padding
        return _Label(text, _GREY, _PLATE, _places(box, width, style, is_above=True))
    return None


def _name_label(text: str, decision: Decision, box: Rect, style: _Style) -> _Label:
    width = style.lettering.width(text) + 2 * style.padding
    colour = bgr_of(DECISION_COLOURS[decision])
    return _Label(text, _text_on(colour), colour, _places(box, width, style, is_above=False))


def _text_on(bgr: Bgr) -> Bgr:
    """White or nearly black, whichever stands out more (luminance of ITU-R BT.601)."""
    luminance = 0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]
    return _PLATE if luminance > 145.0 else _WHITE


def _places(box: Rect, width: int, style: _Style, *, is_above: bool) -> list[Rect]:
    """On its side of the box, on the other, inside, further off; each at three alignments.

    Best first; a face is covered only where nothing else is left.
    """
    above = box.y - style.height - style.gap
    below = box.y + box.height + style.gap
    inside_top = box.y + style.gap
    inside_bottom = below - style.height - 2 * style.gap
    step = style.height + style.gap
    near = [above, below, inside_top] if is_above else [below, above, inside_bottom]
    rows = [*near, *(row for n in range(1, 5) for row in (above - n * step, below + n * step))]
    columns = [box.x + (box.width - width) // 2, box.x, box.x + box.width - width]
    return [Rect(x, y, width, style.height) for y in rows for x in columns]


def _best_place(
    places: Sequence[Rect], taken: Sequence[Rect], boxes: Sequence[Rect], picture: FrameBgr
) -> Rect:
    """The place that covers least of other labels, then of faces, and moves least."""
    height, width = picture.shape[:2]

    def cost(order: int) -> tuple[int, int, int]:
        wanted, rect = places[order], places[order].inside(width, height)
        moved = abs(rect.x - wanted.x) // 4 + abs(rect.y - wanted.y) * 4
        labels = sum(rect.overlap(other) for other in taken)
        faces = sum(rect.overlap(other) for other in boxes)
        return labels, faces, moved + 4 * order

    best, best_cost = 0, cost(0)
    for order in range(1, len(places)):
        if best_cost[:2] == (0, 0) and best_cost[2] <= 4 * order:
            break  # nothing is covered, and every later place has moved further
        order_cost = cost(order)
        if order_cost < best_cost:
            best, best_cost = order, order_cost
    return places[best].inside(width, height)


def _draw_label(picture: FrameBgr, label: _Label, rect: Rect, style: _Style) -> None:
    fill_plate(picture, rect, label.plate_bgr, 0.86, style.radius)
    x = rect.x + style.padding
    if label.emotion is not None:
        radius = rect.height * 0.34
        centre = (rect.x + rect.height / 2.0, rect.y + rect.height / 2.0)
        draw_glyph(picture, label.emotion, centre, radius, bgr_of(EMOTION_COLOURS[label.emotion]))
        x = rect.x + rect.height
    baseline = rect.y + round((rect.height + style.lettering.size_px * 0.72) / 2.0)
    style.lettering.draw(picture, label.text, x, baseline, label.text_bgr)
