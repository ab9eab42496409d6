"""The part of the analysis dialog that says where the results go and what they are."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from facemotion.analysis.batch import processor_count
from facemotion.ui.analysis_choice import MOST_FPS, AnalysisChoice

EVERY_FRAME, CHOSEN_RATE = range(2)
_USUAL_FPS = 10.0


class AnalysisForm(QWidget):
    """Folder, outputs, rate, processes.

    Args:
        choice: What is shown first.
        parent: Qt parent.

    Signals:
        changed(): Something else was chosen.
    """

    changed = Signal()

    def __init__(self, choice: AnalysisChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = QLineEdit(str(choice.folder))
        self.folder.setAccessibleName(self.tr("Output folder"))
        self.folder.setToolTip(self.tr("Each input gets a folder of its own in here"))
        self.choose_button = QPushButton(self.tr("Choose…"))
        self.choose_button.setAccessibleName(self.tr("Choose the output folder"))
        self.choose_button.setAutoDefault(False)
        self.kinds = {
            "csv": self._check(
                self.tr("Table (CSV)"), self.tr("timeline.csv: a row for each face and frame read")
            ),
            "jsonl": self._check(
                self.tr("JSON Lines"), self.tr("timeline.jsonl: the same rows for programs")
            ),
            "video": self._check(
                self.tr("Annotated video or pictures"),
                self.tr("The frames with boxes, names and emotions; without them it is faster"),
            ),
        }
        self.rate = QComboBox()
        self.rate.addItems([self.tr("every frame"), self.tr("at most")])
        self.rate.setAccessibleName(self.tr("Frames that are read"))
        self.rate.setToolTip(self.tr("Boxes are carried along between the frames that are read"))
        self.fps = QDoubleSpinBox()
        self.fps.setRange(0.1, MOST_FPS)
        self.fps.setDecimals(1)
        self.fps.setSuffix(self.tr(" a second"))
        self.fps.setAccessibleName(self.tr("Frames read a second, at most"))
        self.processes = QSpinBox()
        self.processes.setRange(1, max(processor_count(), 8))
        self.processes.setAccessibleName(self.tr("Inputs analysed at the same time"))
        self.processes.setToolTip(
            self.tr("Each takes about a processor and 400 MB; the results are the same")
        )
        self.again = self._check(
            self.tr("Redo what is done already"),
            self.tr("Otherwise results that answer the same question are kept as they are"),
        )
        self._lay_out()
        self._show(choice)
        self._connect()

    def choice(self) -> AnalysisChoice:
        """What is chosen now."""
        return AnalysisChoice(
            folder=Path(self.folder.text().strip()).expanduser(),
            outputs=tuple(kind for kind, box in self.kinds.items() if box.isChecked()),
            fps=self.fps.value() if self.rate.currentIndex() == CHOSEN_RATE else None,
            process_count=self.processes.value(),
            is_again=self.again.isChecked(),
        )

    def set_folder(self, folder: Path) -> None:
        """Choose another output folder."""
        self.folder.setText(str(folder))

    def _show(self, choice: AnalysisChoice) -> None:
        for kind, box in self.kinds.items():
            box.setChecked(kind in choice.outputs)
        self.rate.setCurrentIndex(EVERY_FRAME if choice.fps is None else CHOSEN_RATE)
        self.fps.setValue(choice.fps or _USUAL_FPS)
        self.fps.setVisible(choice.fps is not None)
        self.processes.setValue(choice.process_count)
        self.again.setChecked(choice.is_again)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        rows = (
            (self.tr("&Results in"), [self.folder, self.choose_button]),
            (self.tr("&Write"), list(self.kinds.values())),
            (self.tr("Rea&d"), [self.rate, self.fps]),
        )
        for row, (words, widgets) in enumerate(rows):
            label = QLabel(words)
            label.setBuddy(widgets[0])
            line = QHBoxLayout()
            line.setSpacing(12)
            for widget in widgets:
                line.addWidget(widget, 1 if widget is self.folder else 0)
            if row == 2:
                at_once = QLabel(self.tr("At the &same time"))
                at_once.setBuddy(self.processes)
                for widget in (at_once, self.processes, self.again):
                    line.addWidget(widget)
            if row:
                line.addStretch(1)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addLayout(line, row, 1)

    def _connect(self) -> None:
        self.choose_button.clicked.connect(self._choose_folder)
        self.rate.currentIndexChanged.connect(self._on_rate_changed)
        self.folder.textChanged.connect(self.changed)
        for box in (*self.kinds.values(), self.again):
            box.toggled.connect(self.changed)
        for spin in (self.fps, self.processes):
            spin.valueChanged.connect(self.changed)

    def _check(self, words: str, tip: str) -> QCheckBox:
        box = QCheckBox(words)
        box.setToolTip(tip)
        return box

    @Slot(int)
    def _on_rate_changed(self, index: int) -> None:
        self.fps.setVisible(index == CHOSEN_RATE)
        self.changed.emit()

    @Slot()
    def _choose_folder(self) -> None:
        start = self.choice().folder
        while not start.is_dir() and start != start.parent:
            start = start.parent
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder for the results"), str(start)
        )
        if chosen:
            self.set_folder(Path(chosen))
