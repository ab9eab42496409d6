"""What is drawn over the picture for each face: where everything goes, and the painting of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from facemotion.core.boxes import extrapolate
from facemotion.core.palette import DECISION_COLOURS, EMOTION_COLOURS, EMOTION_SYMBOLS
from facemotion.core.types import Decision, FaceResult, Frame, FrameResult
from facemotion.ui.icons import Icons
from facemotion.ui.words import (
    emotion_word,
    face_title,
    gate_words,
    shown_probability,
    similarity_words,
)

STALE_S = 0.6
"""A result older than this is not drawn: the face may be elsewhere by now."""
LONGEST_STALE_S = 1.5
"""On a machine whose results take long, they are drawn for longer, but never beyond this."""
LONGEST_CARRY_S = 0.35
"""Boxes are carried along by their velocity no further than this."""
CHIP_PADDING_PX = 6.0
CHIP_GAP_PX = 3.0
ICON_PX = 18
BASELINE_PX = 14
CHIP_GROUND = QColor(13, 16, 20, 225)
QUIET_INK = "#c3cbd6"


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What is drawn over the picture.

    Attributes:
        has_boxes: Whether a box stands around each face.
        has_names: Whether each face's name stands below it, with the track's number where
            no name is sure.
        has_emotions: Whether each face's emotion stands above it.
        has_landmarks: Whether the five points are drawn.
        has_track_ids: Whether the track's number stands beside the name.
        has_similarity: Whether the likeness in percent stands beside the name.
        match_threshold: Cosine similarity that counts as 50 %.
    """

    has_boxes: bool = True
    has_names: bool = True
    has_emotions: bool = True
    has_landmarks: bool = False
    has_track_ids: bool = False
    has_similarity: bool = True
    match_threshold: float = 0.40


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """From image coordinates to the view's.

    Attributes:
        target: Where the picture lies in the view.
        scale: View pixels for each image pixel.
        is_mirrored: Whether the picture is shown as in a mirror.
    """

    target: QRectF
    scale: float
    is_mirrored: bool = False

    def x(self, image_x: float) -> float:
        """Horizontal position in the view."""
        if self.is_mirrored:
            return self.target.right() - image_x * self.scale
        return self.target.left() + image_x * self.scale

    def y(self, image_y: float) -> float:
        """Vertical position in the view."""
        return self.target.top() + image_y * self.scale

    def box(self, bbox_xyxy: NDArray[np.float32]) -> QRectF:
        """A box in the view, upright whatever the mirror does."""
        x1, y1, x2, y2 = (float(v) for v in bbox_xyxy)
        corners = QRectF(QPointF(self.x(x1), self.y(y1)), QPointF(self.x(x2), self.y(y2)))
        return corners.normalized()


@dataclass(frozen=True, slots=True)
class Chip:
    """A small label: a rectangle with a text and perhaps an icon.

    Attributes:
        rect: Where, in the view.
        text: What it says.
        ink: Colour of the text, RGB hex.
        ground: Colour behind it.
        icon: Name of the icon before the text; empty for none.
        icon_colour: Its colour, RGB hex.
        has_baseline: Whether the mark of a neutral baseline follows the text.
    """

    rect: QRectF
    text: str
    ink: str
    ground: QColor
    icon: str = ""
    icon_colour: str = ""
    has_baseline: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FaceMark:
    """Everything drawn for one face.

    Attributes:
        face: The face.
        box: Its box in the view, carried along to the picture's time.
        badge: Emotion, above the box; None when it is not wanted.
        label: Name, below the box; None when it is not wanted.
        points: The landmarks in the view; empty when they are not wanted.
        has_box: Whether the box is drawn.
    """

    face: FaceResult
    box: QRectF
    badge: Chip | None
    label: Chip | None
    points: tuple[QPointF, ...]
    has_box: bool = True


def belongs_to(result: FrameResult, frame: Frame, patience_s: float = STALE_S) -> bool:
    """Whether a result may be drawn over a frame: same scene, and not too old for it.

    Args:
        result: The newest one.
        frame: The frame on show.
        patience_s: How old a result may be.
    """
    age_s = frame.time_s - result.frame.time_s
    return result.frame.scene_id == frame.scene_id and abs(age_s) <= patience_s


def patience_for(age_s: float, gap_s: float, patience_s: float) -> float:
    """How old a result may become where results come late or seldom, so that boxes do not blink.

    Args:
        age_s: Age of the newest result when it came (source time).
        gap_s: Time between it and the one before.
        patience_s: Until now.
    """
    needed_s = 1.5 * (max(age_s, 0.0) + max(gap_s, 0.0)) + 0.1
    return min(max(needed_s, 0.8 * patience_s, STALE_S), LONGEST_STALE_S)


def lay_out(
    result: FrameResult,
    frame: Frame,
    transform: ViewTransform,
    metrics: QFontMetricsF,
    options: OverlayOptions,
) -> list[FaceMark]:
    """Where everything goes for every face of a result.

    Args:
        result: The newest result; the caller has checked that it `belongs_to` the frame.
        frame: The frame on show, to whose time boxes are carried.
        transform: From image coordinates to the view's.
        metrics: Of the font that the chips are written in.
        options: What is wanted.

    Returns:
        Marks whose chips lie inside the picture and, as far as there is room, not on each other.
    """
    ahead_s = min(max(frame.time_s - result.frame.time_s, 0.0), LONGEST_CARRY_S)
    marks: list[FaceMark] = []
    taken: list[QRectF] = []
    for face in sorted(result.faces, key=lambda face: float(face.bbox_xyxy[0])):
        moved = extrapolate(face.bbox_xyxy, face.velocity_xyxy, ahead_s)
        box = transform.box(moved)
        badge = label = None
        if options.has_emotions:
            top = box.top() - CHIP_GAP_PX
            badge = _badge(face, metrics)
            badge = _placed(badge, box.left(), top, -1, transform.target, taken)
            taken.append(badge.rect)
        if options.has_names or options.has_track_ids:
            bottom = box.bottom() + CHIP_GAP_PX
            label = _label(face, metrics, options)
            label = _placed(label, box.left(), bottom, 1, transform.target, taken)
            taken.append(label.rect)
        points = _points(face, moved, transform) if options.has_landmarks else ()
        marks.append(FaceMark(face, box, badge, label, points, options.has_boxes))
    return marks


def _badge(face: FaceResult, metrics: QFontMetricsF) -> Chip:
    reading = face.emotion
    probability = shown_probability(reading)
    if reading.emotion is not None and probability is not None:
        text = f"{emotion_word(reading.emotion)} {probability * 100.0:.0f} %"
        colour = EMOTION_COLOURS[reading.emotion]
        ink = "#ffffff" if reading.gate_reason is None else QUIET_INK
        rect = _chip_rect(text, metrics, has_icon=True)
        if reading.is_corrected:
            rect.setWidth(rect.width() + BASELINE_PX + CHIP_PADDING_PX)
        symbol = EMOTION_SYMBOLS[reading.emotion]
        return Chip(rect, text, ink, CHIP_GROUND, symbol, lighter(colour), reading.is_corrected)
    text = gate_words(reading.gate_reason) if reading.gate_reason is not None else "…"
    return Chip(_chip_rect(text, metrics), text, QUIET_INK, CHIP_GROUND)


def _label(face: FaceResult, metrics: QFontMetricsF, options: OverlayOptions) -> Chip:
    parts: list[str] = []
    similarity = similarity_words(face.identity, options.match_threshold)
    if options.has_names:
        parts.append(face_title(face))
    if options.has_names and options.has_similarity and similarity:
        parts.append(similarity)
    is_numbered = options.has_names and face.identity.decision is not Decision.KNOWN
    if options.has_track_ids and not is_numbered:
        parts.append(f"#{face.track_id}")
    text = metrics.elidedText("  ".join(parts), Qt.TextElideMode.ElideMiddle, 260.0)
    ground = QColor(DECISION_COLOURS[face.identity.decision])
    ink = "#ffffff" if face.identity.decision is not Decision.UNCERTAIN else "#101418"
    if face.identity.decision is not Decision.UNCERTAIN:
        ground = ground.darker(135)
    return Chip(_chip_rect(text, metrics), text, ink, ground)


def _chip_rect(text: str, metrics: QFontMetricsF, has_icon: bool = False) -> QRectF:
    width = metrics.horizontalAdvance(text) + 2.0 * CHIP_PADDING_PX
    if has_icon:
        width += ICON_PX + CHIP_PADDING_PX
    return QRectF(0.0, 0.0, width, max(metrics.height(), ICON_PX) + CHIP_PADDING_PX)


def _placed(
    chip: Chip, left: float, edge: float, direction: int, bounds: QRectF, taken: list[QRectF]
) -> Chip:
    """The chip at an edge of its box, moved inside the picture and off other chips.

    Args:
        chip: With its size.
        left: Left edge wanted.
        edge: The chip's bottom (direction −1) or top (direction 1).
        direction: Where it may give way to: −1 upwards, 1 downwards.
        bounds: The picture.
        taken: Rectangles of the chips that stand already.
    """
    rect = QRectF(chip.rect)
    rect.moveLeft(min(max(left, bounds.left()), max(bounds.right() - rect.width(), bounds.left())))
    top = edge - rect.height() if direction < 0 else edge
    step = (rect.height() + CHIP_GAP_PX) * direction
    for attempt in range(3):
        rect.moveTop(_inside(top + attempt * step, rect.height(), bounds))
        if not any(rect.intersects(other) for other in taken):
            break
    else:
        rect.moveTop(_inside(top, rect.height(), bounds))
    return replace(chip, rect=rect)


def _inside(top: float, height: float, bounds: QRectF) -> float:
    return min(max(top, bounds.top()), max(bounds.bottom() - height, bounds.top()))


def _points(
    face: FaceResult, moved_xyxy: NDArray[np.float32], transform: ViewTransform
) -> tuple[QPointF, ...]:
    """The landmarks, carried along with the box's middle."""
    before = (face.bbox_xyxy[:2] + face.bbox_xyxy[2:]) / 2.0
    shift = (moved_xyxy[:2] + moved_xyxy[2:]) / 2.0 - before
    moved = face.kps + shift
    return tuple(QPointF(transform.x(float(x)), transform.y(float(y))) for x, y in moved)


def face_at(marks: list[FaceMark], position: QPointF) -> int | None:
    """Track id of the face under a point, the smallest box first; None beside all faces."""
    hits = [mark for mark in marks if any(rect.contains(position) for rect in _rects(mark))]
    if not hits:
        return None
    return min(hits, key=lambda mark: mark.box.width() * mark.box.height()).face.track_id


def _rects(mark: FaceMark) -> list[QRectF]:
    chips = (mark.badge, mark.label)
    return [mark.box, *(chip.rect for chip in chips if chip is not None)]


def paint_marks(
    painter: QPainter,
    marks: list[FaceMark],
    icons: Icons,
    selected_id: int | None,
    hovered_id: int | None,
) -> None:
    """Draw the marks; the selected face last, so that nothing covers it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in sorted(marks, key=lambda mark: mark.face.track_id == selected_id):
        is_selected = mark.face.track_id == selected_id
        is_hovered = mark.face.track_id == hovered_id
        if mark.has_box or is_hovered:
            _paint_box(painter, mark, is_selected, is_hovered)
        for point in mark.points:
            painter.setPen(QPen(QColor(0, 0, 0, 160), 1.0))
            painter.setBrush(QColor("#ffffff"))
            painter.drawEllipse(point, 2.0, 2.0)
        for chip in (mark.badge, mark.label):
            if chip is not None:
                _paint_chip(painter, chip, icons)


def _paint_box(painter: QPainter, mark: FaceMark, is_selected: bool, is_hovered: bool) -> None:
    colour = QColor(DECISION_COLOURS[mark.face.identity.decision])
    width = 3.0 if is_selected or is_hovered else 2.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0, 110), width + 2.0))
    painter.drawRoundedRect(mark.box, 4.0, 4.0)
    painter.setPen(QPen(colour, width))
    painter.drawRoundedRect(mark.box, 4.0, 4.0)
    if is_selected:
        painter.setPen(QPen(QColor("#ffffff"), 1.0))
        painter.drawRoundedRect(mark.box.adjusted(-3.0, -3.0, 3.0, 3.0), 6.0, 6.0)


def _paint_chip(painter: QPainter, chip: Chip, icons: Icons) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(chip.ground)
    painter.drawRoundedRect(chip.rect, 5.0, 5.0)
    text_rect = chip.rect.adjusted(CHIP_PADDING_PX, 0.0, -CHIP_PADDING_PX / 2.0, 0.0)
    if chip.icon:
        ratio = painter.device().devicePixelRatioF()
        pixmap = icons.pixmap(chip.icon, chip.icon_colour, ICON_PX, ratio)
        top = chip.rect.center().y() - ICON_PX / 2.0
        painter.drawPixmap(QPointF(text_rect.left(), top), pixmap)
        text_rect.setLeft(text_rect.left() + ICON_PX + CHIP_PADDING_PX)
    if chip.has_baseline:
        ratio = painter.device().devicePixelRatioF()
        mark = icons.pixmap("neutral-face", QUIET_INK, BASELINE_PX, ratio)
        left = chip.rect.right() - CHIP_PADDING_PX - BASELINE_PX
        painter.drawPixmap(QPointF(left, chip.rect.center().y() - BASELINE_PX / 2.0), mark)
    painter.setPen(QColor(chip.ink))
    painter.drawText(
        text_rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, chip.text
    )


def lighter(colour: str) -> str:
    """A colour made readable on the chips' dark ground."""
    shade = QColor(colour)
    return QColor.fromHslF(shade.hslHueF(), shade.hslSaturationF(), 0.70).name()
