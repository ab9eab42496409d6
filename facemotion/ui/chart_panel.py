"""The selected face's probabilities over the last seconds, and bars for now."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from facemotion.core.labels import EMOTIONS
from facemotion.ui.bars import EmotionBars
from facemotion.ui.chart_markers import ChartMarkers
from facemotion.ui.history import EmotionHistory
from facemotion.ui.icons import Icons
from facemotion.ui.presence import PresentFace
from facemotion.ui.theme import emotion_ink

if TYPE_CHECKING:
    import pyqtgraph

REFRESH_MS = 80
BUILD_MS = 500
"""When the plot is made at the latest, after the panel was shown."""
TICK_STEPS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
MOST_TICKS = 4
RAW_ALPHA = 80
PLOT_HEIGHT_PX = 150
LEAST_PLOT_HEIGHT_PX = 112


class ChartPanel(QWidget):
    """Seven curves and seven bars; GUI thread.

    The curves are redrawn by a timer, whatever the rate of the readings.

    Args:
        icons: For the emotions.
        parent: Qt parent.
    """

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._window_s = 30.0
        self._history: EmotionHistory | None = None
        self._present: PresentFace | None = None
        self._now_s = 0.0
        self._plot: pyqtgraph.PlotWidget | None = None
        self._raw_curves: list[Any] = []
        self._smooth_curves: list[Any] = []
        self._markers = ChartMarkers()
        self._bars = EmotionBars(icons, self)
        self._note = QLabel(self)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._note.setText(self.tr("The curves of the selected face appear here."))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._note, 1)
        self._layout.addWidget(self._bars)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        self._build_timer = QTimer(self, singleShot=True, interval=BUILD_MS)
        self._build_timer.timeout.connect(self.build_plot)
        self._is_dirty = False

    def sizeHint(self) -> QSize:
        """Curves above, bars below."""
        return QSize(320, PLOT_HEIGHT_PX + self._bars.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The curves may be low, the bars keep their rows."""
        return QSize(200, LEAST_PLOT_HEIGHT_PX + self._bars.sizeHint().height())

    @property
    def bars(self) -> EmotionBars:
        """The bars for now."""
        return self._bars

    @property
    def point_count(self) -> int:
        """Readings that the smoothed curves show; 0 before the first one is drawn."""
        times_s = self._smooth_curves[0].getData()[0] if self._smooth_curves else None
        return 0 if times_s is None else len(times_s)

    def set_window(self, seconds: float) -> None:
        """How much time the curves show."""
        self._window_s = seconds
        self._set_time_axis()
        self._is_dirty = True

    def show_face(
        self, present: PresentFace | None, history: EmotionHistory | None, now_s: float
    ) -> None:
        """Show a face's readings.

        Args:
            present: The face, or None when nobody is selected.
            history: Its readings so far, or None.
            now_s: Source time at the right edge.
        """
        if now_s < self._now_s:
            self._markers.clear()  # time went back: they lie in another pass
        self._present, self._history, self._now_s = present, history, now_s
        self._is_dirty = True
        if present is None:
            self._bars.set_values(None, None, None)
        else:
            reading = present.face.emotion
            self._bars.set_values(reading.probs, reading.raw_probs, reading.emotion)

    @property
    def markers(self) -> ChartMarkers:
        """The vertical lines."""
        return self._markers

    def build_soon(self) -> None:
        """Make the plot once what is waiting is done."""
        self._build_timer.start(0)

    @Slot()
    def build_plot(self) -> None:
        """Make the plot; apart from the constructor because pyqtgraph takes long to import."""
        if self._plot is not None:
            return
        import pyqtgraph

        plot = pyqtgraph.PlotWidget(self)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setYRange(-0.08, 1.08, padding=0.0)  # type: ignore[reportCallIssue]
        plot.getAxis("left").setTicks([[(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]])
        for side in ("left", "bottom"):
            plot.getAxis(side).setStyle(tickLength=-4, maxTickLevel=0, hideOverlappingLabels=False)
        plot.plotItem.setContentsMargins(2, 6, 18, 0)  # pyright: ignore[reportOptionalMemberAccess]
        plot.showGrid(x=False, y=True, alpha=0.25)
        plot.setToolTip(
            self.tr("Strong lines: smoothed probabilities. Faint lines: each single reading.")
        )
        plot.setAccessibleName(self.tr("Probability curves of the selected face"))
        for _ in EMOTIONS:
            self._raw_curves.append(plot.plot(connect="finite"))
        for _ in EMOTIONS:
            self._smooth_curves.append(plot.plot(connect="finite"))
        self._markers.put_on(plot)
        self._plot = plot
        self._set_time_axis()
        self._dress()
        self._layout.replaceWidget(self._note, plot)
        self._layout.setStretchFactor(plot, 1)
        self._note.hide()
        self._timer.start()

    def _set_time_axis(self) -> None:
        if self._plot is None:
            return
        length_s = self._window_s
        self._plot.setXRange(-length_s, 0.0, padding=0.0)  # type: ignore[reportCallIssue]
        step_s = next((s for s in TICK_STEPS_S if length_s / s <= MOST_TICKS), TICK_STEPS_S[-1])
        ticks = [(0.0, self.tr("now"))]
        for place in range(1, int(length_s // step_s) + 1):
            seconds = place * step_s
            words = self.tr("{seconds:.0f} s").format(seconds=seconds)
            ticks.append((-seconds, f"−{words}"))
        self._plot.getAxis("bottom").setTicks([ticks])

    def _dress(self) -> None:
        """Take the colours of the theme."""
        if self._plot is None:
            return
        import pyqtgraph

        palette = self.palette()
        self._plot.setBackground(palette.color(QPalette.ColorRole.Base))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(palette.color(QPalette.ColorRole.PlaceholderText))
            axis.setTickFont(self.font())
        for row, emotion in enumerate(EMOTIONS):
            colour = emotion_ink(emotion, self._icons.is_dark)
            faint = QColor(colour)
            faint.setAlpha(RAW_ALPHA)
            # Wider lines leave Qt's fast path: one repaint then costs fifty times as much.
            self._raw_curves[row].setPen(pyqtgraph.mkPen(faint, width=1))
            self._smooth_curves[row].setPen(pyqtgraph.mkPen(colour, width=1))
        self._markers.dress(palette)
        self._is_dirty = True

    @Slot()
    def _refresh(self) -> None:
        if not self._is_dirty or self._plot is None or not self.isVisible():
            return
        self._is_dirty = False
        if self._history is None:
            times_s = np.zeros(0)
            raw = smooth = np.zeros((0, len(EMOTIONS)), np.float32)
        else:
            times_s, raw, smooth = self._history.window(self._now_s, self._window_s)
        for row in range(len(EMOTIONS)):
            self._raw_curves[row].setData(times_s, raw[:, row])
            self._smooth_curves[row].setData(times_s, smooth[:, row])
        self._markers.show_at(self._now_s, self._window_s)

    def showEvent(self, event: QShowEvent) -> None:
        """See to it that there is a plot soon."""
        super().showEvent(event)
        if self._plot is None:
            self._build_timer.start(BUILD_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        """Make no plot for a window that is being closed."""
        super().hideEvent(event)
        self._build_timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
