"""The figures of a debug report as widgets: distributions, emotions, contact sheet."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from facemotion.analysis.debug_page import least_and_most
from facemotion.analysis.debug_report import DebugReport
from facemotion.ui.flow_layout import FlowLayout
from facemotion.ui.text_labels import hint, strong
from facemotion.ui.words import emotion_word

FACE_PX = 56
CHART_SIZE = QSize(220, 96)
_TEXT_PX = 18


class DistributionChart(QWidget):
    """Bars for the faces saved and a line for the training's, each to its own full height.

    Args:
        title: What is distributed.
        edges: float32 (B + 1,) of the bins.
        here: float64 (B,) share of the faces.
        training: float32 (B,) share of the training faces.
    """

    def __init__(
        self,
        title: str,
        edges: NDArray[np.float32],
        here: NDArray[np.float64],
        training: NDArray[np.float32],
    ) -> None:
        super().__init__()
        self._title = title
        self._edges = edges
        self._here = here
        self._training = training
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        middles = (edges[1:] + edges[:-1]) / 2.0
        words = self.tr("{title}: mean {here:.0f} here, {training:.0f} in training")
        self.setAccessibleName(
            words.format(
                title=title,
                here=float(middles @ here),
                training=float(middles @ training),
            )
        )
        self.setToolTip(self.accessibleName())

    def sizeHint(self) -> QSize:
        """Room for the bars, the title above and the ends below."""
        return CHART_SIZE + QSize(0, 2 * _TEXT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars, line and words."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0, _TEXT_PX, 0, -_TEXT_PX)
        top, training_top = (max(float(v.max()), 1e-9) for v in (self._here, self._training))
        step = area.width() / len(self._here)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Accent))
        for number, share in enumerate(self._here.tolist()):
            height = area.height() * share / top
            left = area.left() + number * step
            painter.drawRect(QRectF(left, area.bottom() - height, step - 1.0, height))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.5))
        heights = (self._training / training_top).tolist()
        line = [
            QPointF(area.left() + (n + 0.5) * step, area.bottom() - area.height() * height)
            for n, height in enumerate(heights)
        ]
        painter.drawPolyline(line)
        self._paint_words(painter, area)

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        above = QRectF(0, 0, self.width(), _TEXT_PX)
        below = QRectF(0, self.height() - _TEXT_PX, self.width(), _TEXT_PX)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, self._title)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{self._edges[0]:.0f}")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{self._edges[-1]:.0f}")


class DistributionRow(QWidget):
    """Light and sharpness of the faces beside the training's.

    Args:
        report: What is shown.
    """

    def __init__(self, report: DebugReport) -> None:
        super().__init__()
        layout = FlowLayout(self)
        titles = (self.tr("Brightness"), self.tr("Contrast"), self.tr("Sharpness"))
        for number, title in enumerate(titles):
            layout.addWidget(
                DistributionChart(
                    title,
                    report.reference.edges[number],
                    report.distributions[number],
                    report.reference.shares[number],
                )
            )


class EmotionTable(QWidget):
    """Each answer with its count, certainty, mean face, and the training's mean face.

    Args:
        report: What is shown.
    """

    def __init__(self, report: DebugReport) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(6)
        titles = (
            self.tr("Answer"),
            self.tr("Faces"),
            self.tr("Mean confidence"),
            self.tr("Mean gap"),
            self.tr("Mean face here"),
            self.tr("In training"),
        )
        for column, title in enumerate(titles):
            self._grid.addWidget(strong(title), 0, column)
        reference = report.reference.mean_faces
        count = str(len(report.faces))
        self._add((self.tr("all"), count, "", ""), report.mean_face, reference[0])
        for number, row in enumerate(report.emotions):
            texts = (
                emotion_word(row.emotion),
                str(len(row.rows)),
                _number(row.confidence),
                _number(row.gap),
            )
            self._add(texts, row.mean_face, reference[number + 1])
        self._grid.setColumnStretch(len(titles), 1)

    def _add(
        self,
        texts: tuple[str, ...],
        here: NDArray[np.float64] | None,
        training: NDArray[np.float32],
    ) -> None:
        row = self._grid.rowCount()
        for column, text in enumerate(texts):
            self._grid.addWidget(QLabel(text, self), row, column)
        if here is None:
            return
        words = self.tr("Mean face here: {name}").format(name=texts[0])
        self._grid.addWidget(face_label(here, words), row, len(texts))
        words = self.tr("Mean face in training: {name}").format(name=texts[0])
        self._grid.addWidget(face_label(training, words), row, len(texts) + 1)


class ContactSheet(QWidget):
    """The most and the least confident faces of each answer.

    Args:
        report: What is shown.
    """

    def __init__(self, report: DebugReport) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for row in report.emotions:
            if not len(row.rows):
                continue
            least, most = least_and_most(row)
            column.addWidget(strong(emotion_word(row.emotion)))
            for title, rows in (
                (self.tr("Most confident"), most),
                (self.tr("Least confident"), least),
            ):
                if len(rows):
                    column.addWidget(hint(title))
                    column.addWidget(_strip(report, rows))


def face_label(gray: NDArray[np.floating] | NDArray[np.uint8], words: str) -> QLabel:
    """A face as a label.

    Args:
        gray: Gray levels (48, 48).
        words: For tooltip and screen reader.
    """
    levels = np.clip(np.round(gray.astype(np.float64)), 0, 255).astype(np.uint8)
    height, width = levels.shape
    image = QImage(levels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).copy()
    label = QLabel()
    ratio = label.devicePixelRatioF()
    side = round(FACE_PX * ratio)
    how = Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(image).scaled(side, side, mode=how)
    pixmap.setDevicePixelRatio(ratio)
    label.setPixmap(pixmap)
    label.setFixedSize(FACE_PX, FACE_PX)
    label.setToolTip(words)
    label.setAccessibleName(words)
    return label


def _strip(report: DebugReport, rows: NDArray[np.int64]) -> QWidget:
    strip = QWidget()
    layout = FlowLayout(strip)
    answers = report.faces.answers
    for row in rows.tolist():
        words = f"{answers[row].max():.2f}  {report.faces.names[row]}"
        layout.addWidget(face_label(report.faces.crops[row], words))
    return strip


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "–"
