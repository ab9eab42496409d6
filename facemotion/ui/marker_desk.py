"""Markers: stamps moments by note or hotkey, and brings them to where they are shown and kept."""

import time
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QStatusBar

from facemotion.store.markers import HOTKEY_COUNT, NOTE_KIND, Marker, clean_label, hotkey_kind
from facemotion.store.settings import Settings
from facemotion.ui.actions import Actions
from facemotion.ui.change_log import MarkedMoment
from facemotion.ui.changes_panel import ChangesPanel
from facemotion.ui.chart_markers import ChartMarkers
from facemotion.ui.marker_field import MarkerField
from facemotion.ui.record_desk import RecordDesk
from facemotion.ui.session import LiveSession
from facemotion.ui.settings_keeper import SettingsKeeper
from facemotion.ui.words import duration_words

MESSAGE_MS = 4000


@dataclass(frozen=True, slots=True)
class MarkerPlaces:
    """Where markers are shown: the chart, the list of changes, and the line for notes."""

    chart: ChartMarkers
    changes: ChangesPanel
    field: MarkerField
    status: QStatusBar


@dataclass(frozen=True, slots=True)
class _Moment:
    """The moment at which a key was pressed."""

    pressed_at_s: float
    clock: datetime
    time_s: float
    source: str
    is_live: bool
    epoch: int


class MarkerDesk(QObject):
    """Between the marker commands and chart, changes and recording; GUI thread.

    Markers can be set while a source is on show, recorded or not.

    Args:
        session: Has the picture.
        record: Keeps markers in the recording, if there is one.
        places: Where markers are shown.
        actions: The window's commands.
        keeper: The settings.
        parent: Qt parent.
    """

    def __init__(
        self,
        session: LiveSession,
        record: RecordDesk,
        places: MarkerPlaces,
        actions: Actions,
        keeper: SettingsKeeper,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._record = record
        self._places = places
        self._actions = actions
        self._labels = keeper.settings.recording.marker_labels
        self._asked: _Moment | None = None
        calls = (self._stamp1, self._stamp2, self._stamp3, self._stamp4, self._stamp5)
        for number, call in enumerate(calls, 1):
            actions.connect(f"marker{number}", call)
        actions.connect("mark", self.ask)
        places.field.accepted.connect(self._on_words)
        places.field.closed.connect(self._forget_moment)
        keeper.changed.connect(self._on_settings_changed)
        for signal in (session.source_starting, session.source_stopped, session.source_failed):
            signal.connect(self._on_source_gone)
        self._show_labels()

    @Slot()
    def ask(self) -> None:
        """Stamp this moment with words that are typed now; the picture goes on meanwhile."""
        moment = self._moment()
        if moment is None or self._asked is not None:
            return
        self._asked = moment
        shown = moment.clock.strftime("%H:%M:%S")
        if not moment.is_live:
            shown = duration_words(moment.time_s)
        self._places.field.ask(self.tr("Marker at {time}").format(time=shown))

    def stamp(self, number: int) -> None:
        """Stamp this moment with a hotkey's label.

        Args:
            number: From 1.
        """
        moment = self._moment()
        if moment is not None:
            self._set(moment, self._labels[number - 1], hotkey_kind(number))

    def _moment(self) -> _Moment | None:
        frame, info = self._session.latest_frame(), self._session.source_info
        if frame is None or info is None:
            return None
        return _Moment(
            pressed_at_s=time.monotonic(),
            clock=datetime.now().astimezone(),
            time_s=frame.time_s,
            source=info.name,
            is_live=info.is_live,
            epoch=self._places.chart.epoch,
        )

    def _set(self, moment: _Moment, label: str, kind: str) -> None:
        label = clean_label(label) or self.tr("Marker")
        self._record.mark(Marker(0.0, moment.clock, label, kind), moment.pressed_at_s)
        if moment.epoch == self._places.chart.epoch:
            self._places.chart.add(moment.time_s, label)
        clock = moment.clock.replace(tzinfo=None)
        entry = MarkedMoment(clock, moment.time_s, moment.source, moment.is_live, label, kind)
        self._places.changes.add([entry])
        words = self.tr("Marker set: {label}").format(label=label)
        self._places.status.showMessage(words, MESSAGE_MS)

    @Slot(str)
    def _on_words(self, words: str) -> None:
        if self._asked is not None:
            self._set(self._asked, words, NOTE_KIND)

    @Slot()
    def _forget_moment(self) -> None:
        self._asked = None

    @Slot()
    def _on_source_gone(self) -> None:
        self._places.field.leave()

    @Slot()
    def _stamp1(self) -> None:
        self.stamp(1)

    @Slot()
    def _stamp2(self) -> None:
        self.stamp(2)

    @Slot()
    def _stamp3(self) -> None:
        self.stamp(3)

    @Slot()
    def _stamp4(self) -> None:
        self.stamp(4)

    @Slot()
    def _stamp5(self) -> None:
        self.stamp(5)

    @Slot(object, object)
    def _on_settings_changed(self, _old: Settings, new: Settings) -> None:
        if new.recording.marker_labels != self._labels:
            self._labels = new.recording.marker_labels
            self._show_labels()

    def _show_labels(self) -> None:
        for number in range(1, HOTKEY_COUNT + 1):
            self._actions.show_marker(number, self._labels[number - 1])
