"""Replays a recorded session in the main window: its video, with what was recorded over it."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from facemotion.analysis.report.people import Person, gather_people
from facemotion.analysis.report.recording import Recording, read_recording
from facemotion.core.errors import OutputError
from facemotion.store.session_folder import ANNOTATED_NAME, CLEAN_NAME
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.icons import Icons
from facemotion.ui.live_pane import LivePane
from facemotion.ui.notice import NoticeKind
from facemotion.ui.recorded_results import RecordedResults
from facemotion.ui.replay_panel import ReplayPanel
from facemotion.ui.session import LiveSession
from facemotion.ui.source_desk import SourceDesk
from facemotion.vision.sources.specs import SourceSpec, path_source

REPLAY = "replay"


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A recording that is ready to be replayed.

    Attributes:
        recording: With its timeline.
        people: Whose lanes are drawn.
        video: The file.
        results: What is shown over it.
    """

    recording: Recording
    people: tuple[Person, ...]
    video: Path
    results: RecordedResults


class ReplayDesk(QObject):
    """Between a recorded session, the live session and the chart below the video; GUI thread.

    Faces are not read while a session is replayed: boxes, names, curves and changes are those of
    the timeline. An annotated video shows its own boxes, so none are drawn over it.

    Args:
        session: Plays the video and takes the recorded results.
        pane: Gets the chart below the video.
        sources: Opens the video; another source ends the replay.
        icons: For the chart.
        parent: Qt parent.

    Signals:
        began(): A recorded session is on show.
    """

    began = Signal()

    def __init__(
        self,
        session: LiveSession,
        pane: LivePane,
        sources: SourceDesk,
        icons: Icons,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._pane = pane
        self._sources = sources
        self._icons = icons
        self._panel: ReplayPanel | None = None
        self._replay: Replay | None = None
        self._spec: SourceSpec | None = None
        self._jobs = BackgroundJobs(self)
        sources.source_changed.connect(self._on_source_changed)
        session.position_changed.connect(self._on_position)

    @property
    def folder(self) -> Path | None:
        """Folder of the session that is replayed, or None."""
        return self._replay.recording.folder if self._replay is not None else None

    @property
    def panel(self) -> ReplayPanel | None:
        """The chart below the video; None before the first replay."""
        return self._panel

    def wait(self) -> None:
        """Let reading come to its end, at the end of the window's life."""
        self._jobs.wait()

    def start(self, folder: Path) -> None:
        """Read a session's timeline in the background, then replay it."""
        self._jobs.start(lambda: load_replay(folder), self._begin, self._refuse)

    @Slot()
    def end(self) -> None:
        """Close the recording."""
        if self._replay is not None:
            self._sources.close_source()

    def _begin(self, replay: Replay) -> None:
        self._pane.banner.clear(REPLAY)
        panel = self._panel or self._make_panel()
        panel.show_recording(replay.recording, replay.people)
        self._spec = path_source(replay.video)
        self._replay = replay
        self._session.set_recorded(replay.results)
        self._pane.video.set_overlay_shown(replay.video.name != ANNOTATED_NAME)
        self._sources.show_source(self._spec)
        panel.show()
        self.began.emit()

    def _refuse(self, sentence: str) -> None:
        self._pane.banner.say(REPLAY, NoticeKind.ERROR, sentence)

    def _make_panel(self) -> ReplayPanel:
        panel = ReplayPanel(self._icons, self._pane)
        panel.seek_wanted.connect(self._session.seek)
        panel.end_wanted.connect(self.end)
        layout = self._pane.layout()
        if layout is not None:
            layout.addWidget(panel)
        self._panel = panel
        return panel

    @Slot(object)
    def _on_source_changed(self, spec: SourceSpec | None) -> None:
        if self._replay is None or spec is self._spec:
            return
        self._replay = self._spec = None
        self._session.set_recorded(None)
        self._pane.video.set_overlay_shown(True)
        if self._panel is not None:
            self._panel.hide()

    @Slot(float)
    def _on_position(self, time_s: float) -> None:
        if self._replay is not None and self._panel is not None:
            self._panel.chart.set_now(time_s)


def load_replay(folder: Path) -> Replay:
    """Read what a replay needs; the clean video when there is one, else the annotated one.

    Raises:
        OutputError: The timeline or the video is missing.
    """
    recording = read_recording(folder)
    video = next(
        (path for name in (CLEAN_NAME, ANNOTATED_NAME) if (path := folder / name).is_file()), None
    )
    if video is None:
        raise OutputError(
            f"There is no video in {folder}. Its report still shows what was recorded."
        )
    people = gather_people(recording).people
    return Replay(recording, people, video, RecordedResults(recording.timeline, video.name))
