"""A whole recording as one chart: a person's curves, everybody's emotions, markers, the present."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from facemotion.analysis.report.decimation import thin_out
from facemotion.analysis.report.people import Person
from facemotion.analysis.report.recording import Recording
from facemotion.core.labels import EMOTIONS
from facemotion.ui.icons import Icons
from facemotion.ui.theme import emotion_ink
from facemotion.ui.words import duration_words

CURVES_PX = 84
LANE_PX = 13
LANE_GAP_PX = 4
AXIS_PX = 20
LEFT_PX = 104
"""Room for the names."""
RIGHT_PX = 14
MOST_LANES = 4
STEP_S = 1.0
UNSETTLED = "#8b95a3"
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """Smoothed probabilities of one person.

    Attributes:
        times_s: float64 (M,).
        values: float32 (M, 7); NaN between two stays.
    """

    times_s: NDArray[np.float64]
    values: NDArray[np.float32]


class ReplayChart(QWidget):
    """The chart of a recording; GUI thread.

    Args:
        icons: Knows whether the theme is dark.
        parent: Qt parent.

    Signals:
        seek_wanted(float): The user went to a moment (s).
    """

    seek_wanted = Signal(float)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._recording: Recording | None = None
        self._people: tuple[Person, ...] = ()
        self._shown = 0
        self._length_s = 1.0
        self._now_s = 0.0
        self._curve: _Curve | None = None
        self._ground: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Chart of the recording"))
        self.setToolTip(self.tr("Click or drag, or use the arrow keys, to go to another moment"))

    def sizeHint(self) -> QSize:
        """As high as its lanes need."""
        lanes = min(len(self._people), MOST_LANES)
        return QSize(480, CURVES_PX + lanes * (LANE_PX + LANE_GAP_PX) + AXIS_PX + 8)

    @property
    def now_s(self) -> float:
        """The moment that is marked."""
        return self._now_s

    def show_recording(self, recording: Recording, people: tuple[Person, ...]) -> None:
        """Show another recording, from its beginning."""
        self._recording, self._people = recording, people
        self._length_s = max(recording.length_s, 0.1)
        self._now_s = 0.0
        self.show_person(0)
        self.updateGeometry()

    def show_person(self, place: int) -> None:
        """Draw the curves of one of the people."""
        self._shown = place
        self._curve = self._curve_of(place)
        self._redraw()

    def set_now(self, time_s: float) -> None:
        """Mark the present moment."""
        if time_s != self._now_s:
            self._now_s = time_s
            self.update()

    # ----- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground, drawn once, and the present moment over it."""
        del event
        ratio = self.devicePixelRatioF()
        size = QSize(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        if self._ground is None or self._ground.size() != size:
            self._ground = self._paint_ground(size, ratio)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self._x(self._now_s)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.5))
        painter.drawLine(QPointF(x, 4.0), QPointF(x, self.height() - AXIS_PX))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().accent().color(), 2.0))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_ground(self, size: QSize, ratio: float) -> QImage:
        image = QImage(size, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(self.palette().color(QPalette.ColorRole.Base))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self._paint_axis(painter)
        self._paint_markers(painter)
        self._paint_curves(painter)
        self._paint_lanes(painter)
        painter.end()
        return image

    def _paint_axis(self, painter: QPainter) -> None:
        step_s = next((s for s in TICK_STEPS_S if self._length_s / s <= 10.0), TICK_STEPS_S[-1])
        line = self.palette().color(QPalette.ColorRole.Mid)
        words = self.palette().color(QPalette.ColorRole.PlaceholderText)
        bottom = self.height() - AXIS_PX
        for time_s in range(0, int(self._length_s) + 1, step_s):
            x = self._x(time_s)
            painter.setPen(QPen(line, 1.0))
            painter.drawLine(QPointF(x, 4.0), QPointF(x, bottom))
            painter.setPen(words)
            rect = QRectF(x - 40.0, bottom + 1.0, 80.0, AXIS_PX - 2.0)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignHCenter
            if x > self.width() - 30.0:
                rect.moveRight(self.width() - 2.0)
                flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(rect, flags, duration_words(time_s))

    def _paint_markers(self, painter: QPainter) -> None:
        if self._recording is None:
            return
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QPen(ink, 1.0, Qt.PenStyle.DashLine))
        free = 0.0
        for marker in self._recording.markers:
            x = self._x(marker.time_s)
            painter.drawLine(QPointF(x, 4.0), QPointF(x, self.height() - AXIS_PX))
            words = metrics.elidedText(marker.label, Qt.TextElideMode.ElideRight, 120.0)
            width = metrics.horizontalAdvance(words)
            if x >= free and x + width + 6.0 < self.width():
                painter.drawText(QPointF(x + 4.0, 4.0 + metrics.ascent()), words)
                free = x + width + 12.0

    def _paint_curves(self, painter: QPainter) -> None:
        if self._curve is None:
            return
        times_s, values = self._curve.times_s, self._curve.values
        top, bottom = 8.0, CURVES_PX - 4.0
        x = LEFT_PX + times_s / self._length_s * self._span_px()
        breaks = np.flatnonzero(~np.isfinite(values[:, 0]))
        for place, emotion in enumerate(EMOTIONS):
            painter.setPen(QPen(QColor(emotion_ink(emotion, self._icons.is_dark)), 1.4))
            y = bottom - values[:, place] * (bottom - top)
            for part in np.split(np.arange(len(x)), breaks):
                drawn = part[np.isfinite(y[part])]
                points = [QPointF(float(x[i]), float(y[i])) for i in drawn]
                painter.drawPolyline(QPolygonF(points))

    def _paint_lanes(self, painter: QPainter) -> None:
        ink = self.palette().color(QPalette.ColorRole.Text)
        metrics = QFontMetricsF(painter.font())
        for row, person in enumerate(self._lanes()):
            top = CURVES_PX + row * (LANE_PX + LANE_GAP_PX)
            name = metrics.elidedText(person.label, Qt.TextElideMode.ElideRight, LEFT_PX - 18.0)
            rect = QRectF(10.0, top - 3.0, LEFT_PX - 14.0, LANE_PX + 6.0)
            painter.setPen(ink)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, name)
            for span in person.spans:
                left, right = self._x(span.start_s), self._x(span.end_s)
                colour = (
                    emotion_ink(EMOTIONS[span.emotion], self._icons.is_dark)
                    if span.emotion >= 0
                    else UNSETTLED
                )
                bar = QRectF(left, top, max(right - left, 1.0), LANE_PX)
                painter.fillRect(bar, QColor(colour))

    def _lanes(self) -> tuple[Person, ...]:
        """The person whose curves are shown first, then the others."""
        if not self._people:
            return ()
        shown = self._people[self._shown]
        others = [person for person in self._people if person is not shown]
        return (shown, *others[: MOST_LANES - 1])

    def _curve_of(self, place: int) -> _Curve | None:
        if self._recording is None or not self._people:
            return None
        person, timeline = self._people[place], self._recording.timeline
        begins = np.array([visit[0] for visit in person.visits])
        times_s = timeline.time_s[person.rows]
        stays = np.searchsorted(begins, times_s, side="right")
        return _Curve(*thin_out(times_s, timeline.smooth[person.rows], stays, 2000))

    def _span_px(self) -> float:
        return max(self.width() - LEFT_PX - RIGHT_PX, 1.0)

    def _x(self, time_s: float) -> float:
        return LEFT_PX + min(time_s / self._length_s, 1.0) * self._span_px()

    def _redraw(self) -> None:
        self._ground = None
        self.update()

    # ----- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the moment under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while the button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go a second, Home and End to the ends."""
        places = {
            Qt.Key.Key_Left.value: self._now_s - STEP_S,
            Qt.Key.Key_Right.value: self._now_s + STEP_S,
            Qt.Key.Key_Home.value: 0.0,
            Qt.Key.Key_End.value: self._length_s,
        }
        time_s = places.get(event.key())
        if time_s is None:
            super().keyPressEvent(event)
        else:
            self._seek(time_s)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        self._redraw()

    def _seek_to(self, x: float) -> None:
        self._seek((x - LEFT_PX) / self._span_px() * self._length_s)

    def _seek(self, time_s: float) -> None:
        self._now_s = min(max(time_s, 0.0), self._length_s)
        self.update()
        self.seek_wanted.emit(self._now_s)
