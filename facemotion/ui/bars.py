"""Seven bars with the probabilities of now; they are the chart's legend as well."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from facemotion.core.labels import EMOTIONS
from facemotion.core.palette import EMOTION_SYMBOLS
from facemotion.ui.icons import Icons
from facemotion.ui.theme import emotion_ink
from facemotion.ui.words import emotion_word

ICON_PX = 14
GAP_PX = 6


class EmotionBars(QWidget):
    """A row an emotion: icon, word, bar (smoothed) with a mark (raw), percent.

    Args:
        icons: For the emotions.
        parent: Qt parent.
    """

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._smooth: NDArray[np.float32] | None = None
        self._raw: NDArray[np.float32] | None = None
        self._shown: str | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Probability of each emotion now"))
        self.setToolTip(
            self.tr("Bars: smoothed, as shown in the picture. Upright strokes: the newest reading.")
        )

    def sizeHint(self) -> QSize:
        """Seven rows."""
        return QSize(240, round(self._row_height() * len(EMOTIONS)) + 10)

    def minimumSizeHint(self) -> QSize:
        """Seven rows are not to be squeezed."""
        return QSize(180, self.sizeHint().height())

    def _row_height(self) -> float:
        return max(self.fontMetrics().height() + 1.0, ICON_PX + 2.0)

    def set_values(
        self,
        smooth: NDArray[np.float32] | None,
        raw: NDArray[np.float32] | None,
        shown: str | None,
    ) -> None:
        """Show probabilities.

        Args:
            smooth: float32 (7,) in `EMOTIONS` order, or None when there are none.
            raw: float32 (7,) of the newest reading, or None.
            shown: The emotion on show, which is written in bold; or None.
        """
        self._smooth, self._raw, self._shown = smooth, raw, shown
        if smooth is not None:
            values = (
                f"{emotion_word(n)} {p * 100:.0f} %" for n, p in zip(EMOTIONS, smooth, strict=True)
            )
            self.setAccessibleDescription(", ".join(values))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the seven rows."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        word_width = max(metrics.horizontalAdvance(emotion_word(name)) for name in EMOTIONS) + 10
        percent_width = metrics.horizontalAdvance("100 %") + 14
        for row, name in enumerate(EMOTIONS):
            top = 2.0 + row * self._row_height()
            rect = QRectF(8.0, top, self.width() - 16.0, self._row_height())
            self._paint_row(painter, rect, name, row, word_width, percent_width)

    def _paint_row(
        self,
        painter: QPainter,
        rect: QRectF,
        name: str,
        row: int,
        word_width: float,
        percent_width: float,
    ) -> None:
        value = float(self._smooth[row]) if self._smooth is not None else None
        ratio = self.devicePixelRatioF()
        pixmap = self._icons.pixmap(
            EMOTION_SYMBOLS[name], emotion_ink(name, self._icons.is_dark), ICON_PX, ratio
        )
        painter.drawPixmap(QPointF(rect.left(), rect.center().y() - ICON_PX / 2), pixmap)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Bold if name == self._shown else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        text_rect = rect.adjusted(ICON_PX + GAP_PX, 0, 0, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(text_rect, left, emotion_word(name))
        if value is not None:
            painter.drawText(rect, right, f"{value * 100.0:.0f} %")
        track = QRectF(
            text_rect.left() + word_width,
            rect.center().y() - 3.5,
            max(rect.right() - percent_width - text_rect.left() - word_width, 4.0),
            7.0,
        )
        self._paint_bar(painter, track, name, row, value)

    def _paint_bar(
        self, painter: QPainter, track: QRectF, name: str, row: int, value: float | None
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(track, 3.5, 3.5)
        if value is not None and value > 0.005:
            painter.setBrush(QColor(emotion_ink(name, self._icons.is_dark)))
            painter.drawRoundedRect(
                QRectF(track.left(), track.top(), max(track.width() * value, 7.0), 7.0), 3.5, 3.5
            )
        if self._raw is not None:
            x = track.left() + track.width() * float(self._raw[row])
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.5))
            painter.drawLine(QPointF(x, track.top() - 2.0), QPointF(x, track.bottom() + 2.0))
