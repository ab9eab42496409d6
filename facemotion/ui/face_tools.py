"""What can be done with the selected face beside looking at it: one place that makes the desks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facemotion.store.baselines import BaselineStore
from facemotion.ui.chart_desk import ChartDesk
from facemotion.ui.icons import Icons
from facemotion.ui.mini_desk import MiniDesk
from facemotion.ui.neutral_desk import NeutralDesk
from facemotion.ui.settings_keeper import SettingsKeeper

if TYPE_CHECKING:
    from facemotion.ui.main_window import MainWindow


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
    window: "MainWindow", keeper: SettingsKeeper, icons: Icons, gallery: Path
) -> FaceTools:
    """Make the desks and connect their commands.

    Args:
        window: Laid out; the desks belong to it.
        keeper: The settings.
        icons: For the mini view.
        gallery: Folder of the people enrolled.
    """
    session, board, pane = window.session, window.board, window.pane
    actions, store = window.actions_by_name, BaselineStore(gallery)
    return FaceTools(
        NeutralDesk(session, board, store, actions, keeper, pane.banner, window),
        ChartDesk(board, window.chart, actions, keeper, pane.banner, window.status, window),
        MiniDesk(session, board, pane.video, actions, icons, window),
    )
