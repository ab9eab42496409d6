"""The chart taken elsewhere: its picture on the clipboard, its numbers in a table."""

import csv
import io
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QStatusBar, QWidget

from facemotion.core.errors import FacemotionError
from facemotion.core.labels import EMOTIONS
from facemotion.store.atomic import write_atomic
from facemotion.ui.actions import Actions
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.history import EmotionHistory
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.notice import NoticeKind
from facemotion.ui.settings_keeper import SettingsKeeper

CHART = "chart"
MESSAGE_MS = 8000
EVERYTHING_S = 1e9


class ChartDesk(QObject):
    """Copies and exports the chart of the selected face; lives in the GUI thread.

    Args:
        board: Has the selected face and its readings.
        chart: Is copied.
        actions: The window's commands.
        keeper: Says how much time the chart shows.
        banner: Says why something could not be written.
        status: Says what was done.
        window: Parent of the dialogs.
    """

    def __init__(
        self,
        board: FaceBoard,
        chart: ChartPanel,
        actions: Actions,
        keeper: SettingsKeeper,
        banner: MessageBanner,
        status: QStatusBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._board = board
        self._chart = chart
        self._actions = actions
        self._keeper = keeper
        self._banner = banner
        self._status = status
        self._window = window
        actions.connect("copy_chart", self.copy)
        actions.connect("export_chart", self.export)
        board.faces_changed.connect(self._show_possible)
        board.selection_changed.connect(self._show_possible)
        self._show_possible()

    @Slot()
    def copy(self) -> None:
        """Put the chart as it is seen on the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._chart.grab())
        self._status.showMessage(self.tr("The chart is on the clipboard"), MESSAGE_MS)

    @Slot()
    def export(self) -> None:
        """Ask for a file, and whether all that is kept or only what the chart shows goes in."""
        selected = self._board.selected
        if selected is None:
            return
        seconds = self._keeper.settings.display.chart_window_s
        shown = self.tr("Last {seconds:.0f} s (*.csv)").format(seconds=seconds)
        everything = self.tr("Everything kept (*.csv)")
        name = "".join(letter if letter.isalnum() else "-" for letter in selected.title)
        path, chosen = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export chart data"),
            f"emotion-{name.strip('-')}.csv",
            f"{shown};;{everything}",
        )
        if path:
            target = Path(path)
            target = target if target.suffix else target.with_suffix(".csv")
            self.write(target, EVERYTHING_S if chosen == everything else seconds)

    def write(self, path: Path, length_s: float) -> None:
        """Write the selected face's readings of the last so many seconds."""
        selected = self._board.selected
        history = self._board.history(selected.track_id) if selected is not None else None
        if selected is None or history is None:
            self._banner.say(
                CHART, NoticeKind.WARNING, self.tr("The face is gone, and its readings with it.")
            )
            return
        try:
            write_atomic(
                path,
                chart_to_csv(
                    history, self._board.now_s, length_s, selected.track_id, selected.title
                ),
            )
        except FacemotionError as error:
            self._banner.say(CHART, NoticeKind.ERROR, str(error))
            return
        self._banner.clear(CHART)
        self._status.showMessage(self.tr("Saved as {path}").format(path=path), MESSAGE_MS)

    @Slot()
    def _show_possible(self) -> None:
        has_face = self._board.selected is not None
        for name in ("copy_chart", "export_chart"):
            self._actions[name].setEnabled(has_face)


def chart_to_csv(
    history: EmotionHistory, until_s: float, length_s: float, track_id: int, person: str
) -> bytes:
    """One row a reading, with the columns of `timeline.csv` that a chart knows.

    Args:
        history: Of one track.
        until_s: Source time at the chart's right edge.
        length_s: How far back.
        track_id: The track's number.
        person: As shown.

    Returns:
        UTF-8; cells are empty where nothing was read.
    """
    times_s, raw, smooth = history.window(until_s, length_s)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    columns = [f"{kind}_{name}" for kind in ("raw", "smooth") for name in EMOTIONS]
    writer.writerow(["time_s", "track_id", "person", *columns])
    for row, time_s in enumerate(times_s):
        values = [*raw[row], *smooth[row]]
        if np.isfinite(values).any():
            cells = [f"{value:.4f}" if np.isfinite(value) else "" for value in values]
            writer.writerow([f"{time_s + until_s:.3f}", track_id, person, *cells])
    return text.getvalue().encode("utf-8")
