"""What can be done with the selected face beside looking at it: one place that makes the desks."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QMainWindow, QStatusBar

from facemotion.store.baselines import BaselineStore
from facemotion.ui.actions import Actions
from facemotion.ui.chart_desk import ChartDesk
from facemotion.ui.chart_panel import ChartPanel
from facemotion.ui.face_board import FaceBoard
from facemotion.ui.icons import Icons
from facemotion.ui.live_pane import LivePane
from facemotion.ui.mini_desk import MiniDesk
from facemotion.ui.neutral_desk import NeutralDesk
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper


@dataclass(frozen=True, slots=True, eq=False)
class FaceTools:
    """The desks, all of which belong to the window.

    Attributes:
        neutral: Takes, keeps and forgets neutral faces.
        charts: Copies and exports the chart.
        mini: Shows the mini view in the window's place.
    """

    neutral: NeutralDesk
    charts: ChartDesk
    mini: MiniDesk

    def end(self) -> None:
        """Take the mini view away and let writing come to its end."""
        self.mini.discard()
        self.neutral.wait()


def make_face_tools(
    session: LiveSession,
    board: FaceBoard,
    pane: LivePane,
    chart: ChartPanel,
    actions: Actions,
    keeper: SettingsKeeper,
    icons: Icons,
    status: QStatusBar,
    gallery: Path,
    window: QMainWindow,
) -> FaceTools:
    """Make the desks and connect their commands.

    Args:
        session: Reads the faces.
        board: Who is here, and who is selected.
        pane: Has the picture and the banner.
        chart: Of the selected face.
        actions: The window's commands.
        keeper: The settings.
        icons: For the mini view.
        status: Says what was done.
        gallery: Folder of the people enrolled.
        window: Qt parent.
    """
    store = BaselineStore(gallery)
    return FaceTools(
        NeutralDesk(session, board, store, actions, keeper, pane.banner, window),
        ChartDesk(board, chart, actions, keeper, pane.banner, status, window),
        MiniDesk(session, board, pane.video, actions, icons, window),
    )
