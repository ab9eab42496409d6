"""Markers on the chart: vertical lines with a word, which wander left with the curves."""

from collections import deque
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QColor, QPalette

if TYPE_CHECKING:
    import pyqtgraph

MOST_LINES = 12
"""Lines that can be on show; older markers are in the list of changes."""
LONGEST_WORDS = 14
LABEL_PLACES = (0.93, 0.76, 0.59)
"""Heights of the words, in turn, so that neighbours do not cover each other."""


class ChartMarkers:
    """Keeps the newest markers of the present pass through the source; GUI thread.

    Attributes:
        epoch: Grows whenever the markers are cleared.
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, str]] = deque(maxlen=MOST_LINES)
        self._lines: list[Any] = []
        self.epoch = 0

    @property
    def marks(self) -> list[tuple[float, str]]:
        """Source times and labels, oldest first."""
        return list(self._marks)

    def add(self, time_s: float, label: str) -> None:
        """Have a line.

        Args:
            time_s: Source time.
            label: Its words; long ones are cut.
        """
        self._marks.append((time_s, label))

    def clear(self) -> None:
        """Forget them: another source, or a jump back in time."""
        self._marks.clear()
        self.epoch += 1

    def put_on(self, plot: "pyqtgraph.PlotWidget") -> None:
        """Make the lines, hidden; their number never changes."""
        import pyqtgraph

        for place in range(MOST_LINES):
            line = pyqtgraph.InfiniteLine(
                angle=90,
                label="",
                labelOpts={
                    "position": LABEL_PLACES[place % len(LABEL_PLACES)],
                    "anchors": [(0.0, 0.5), (1.0, 0.5)],
                },
            )
            line.setVisible(False)
            plot.addItem(line)
            self._lines.append(line)

    def dress(self, palette: QPalette) -> None:
        """Take the colours of the theme."""
        import pyqtgraph

        ink = palette.color(QPalette.ColorRole.Text)
        ground = QColor(palette.color(QPalette.ColorRole.Base))
        ground.setAlpha(210)
        for line in self._lines:
            line.setPen(pyqtgraph.mkPen(ink, width=1))
            line.label.setColor(ink)
            line.label.fill = pyqtgraph.mkBrush(ground)

    def show_at(self, now_s: float, length_s: float) -> None:
        """Put the lines where they belong.

        Args:
            now_s: Source time at the right edge.
            length_s: How much time the chart shows.
        """
        for place, line in enumerate(self._lines):
            mark = self._marks[place] if place < len(self._marks) else None
            is_seen = mark is not None and -length_s <= mark[0] - now_s <= 0.0
            line.setVisible(is_seen)
            if mark is not None and is_seen:
                line.setValue(mark[0] - now_s)
                line.label.setFormat(_shortened(mark[1]))


def _shortened(label: str) -> str:
    """A label as pyqtgraph formats it: braces doubled, and not too long."""
    words = label if len(label) <= LONGEST_WORDS else f"{label[: LONGEST_WORDS - 1]}…"
    return words.replace("{", "{{").replace("}", "}}")
