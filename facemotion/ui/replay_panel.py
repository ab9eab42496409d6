"""What stands below the video while a recorded session is replayed."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from facemotion.analysis.report.people import Person
from facemotion.analysis.report.recording import Recording
from facemotion.ui.icons import Icons
from facemotion.ui.replay_chart import ReplayChart
from facemotion.ui.text_labels import strong


class ReplayPanel(QWidget):
    """Title, choice of a person, the chart of the whole recording; GUI thread.

    Args:
        icons: For the chart.
        parent: Qt parent.

    Signals:
        seek_wanted(float): The user went to a moment (s).
        end_wanted(): The user wants to see something else.
    """

    seek_wanted = Signal(float)
    end_wanted = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = ReplayChart(icons, self)
        self.chart.seek_wanted.connect(self.seek_wanted)
        self._title = strong("", self)
        self._title.setWordWrap(False)
        self._people_label = QLabel(self.tr("&Curves of"), self)
        self.people = QComboBox(self)
        self.people.setAccessibleName(self.tr("Person whose curves are shown"))
        self.people.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.people.setMaximumWidth(260)
        self._people_label.setBuddy(self.people)
        self.people.currentIndexChanged.connect(self._on_person)
        end = QPushButton(self.tr("End replay"), self)
        end.setToolTip(self.tr("Close the recording"))
        end.clicked.connect(self.end_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(10, 6, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._title, 1)
        row.addWidget(self._people_label)
        row.addWidget(self.people)
        row.addWidget(end)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.chart)

    def show_recording(self, recording: Recording, people: tuple[Person, ...]) -> None:
        """Show another recording."""
        title = self.tr("Replay: {title}").format(title=recording.title)
        metrics = self._title.fontMetrics()
        self._title.setText(metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, 380))
        self._title.setToolTip(title)
        self.chart.show_recording(recording, people)
        self.people.blockSignals(True)
        self.people.clear()
        self.people.addItems([person.label for person in people])
        self.people.blockSignals(False)
        self.people.setVisible(bool(people))
        self._people_label.setVisible(bool(people))

    @Slot(int)
    def _on_person(self, place: int) -> None:
        if place >= 0:
            self.chart.show_person(place)
