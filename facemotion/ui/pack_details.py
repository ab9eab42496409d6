"""What is known about the selected pack, in full."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from facemotion.ui.pack_words import accuracy_words, measured_words
from facemotion.ui.text_labels import hint, paragraph, selectable, strong
from facemotion.vision.pack_shelf import ShelfPack
from facemotion.vision.pack_speed import PackSpeed


class PackDetails(QScrollArea):
    """Title, summary and facts of one pack; it scrolls where the window is low."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("About the selected pack"))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = strong("")
        self._summary = paragraph("")
        self._facts = {
            "licence": self._row(self.tr("Licence")),
            "accuracy": self._row(self.tr("Recognition")),
            "speed": self._row(self.tr("Speed here")),
            "strangers": self._row(self.tr("Strangers")),
            "source": self._row(self.tr("From")),
            "place": self._row(self.tr("Folder")),
        }
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2, 4, 8, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self._summary)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self._facts.values()):
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
        column.addLayout(grid)
        column.addStretch(1)
        self.setWidget(body)

    def _row(self, name: str) -> tuple[QLabel, QLabel]:
        value = selectable(paragraph(""))
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(name)
        label = hint(name)
        label.setWordWrap(False)
        return label, value

    def text(self, fact: str) -> str:
        """What is said of licence, accuracy, speed, strangers, source or place."""
        return self._facts[fact][1].text()

    @property
    def summary(self) -> str:
        """For whom the pack is, or what is wrong with it."""
        return self._summary.text()

    def show_pack(
        self, entry: ShelfPack | None, speed: PackSpeed | None, det_size: int, is_measured: bool
    ) -> None:
        """Show a pack.

        Args:
            entry: The pack, or None while there is no list yet.
            speed: What was measured of it, or None.
            det_size: Side of the picture that the detector sees, px.
            is_measured: Whether it is being timed now.
        """
        self._title.setText(entry.title if entry is not None else "")
        nothing = self.tr("The packs are being looked through…")
        self._summary.setText(self._summary_of(entry) if entry is not None else nothing)
        facts = {} if entry is None else self._facts_of(entry)
        if is_measured:
            facts["speed"] = self.tr("being measured…")
        elif speed is not None:
            facts["speed"] = measured_words(speed, det_size)
        for name, (label, value) in self._facts.items():
            value.setText(facts.get(name, ""))
            for part in (label, value):
                part.setVisible(bool(facts.get(name)))

    def _summary_of(self, entry: ShelfPack) -> str:
        if entry.problem:
            return entry.problem
        if entry.description is not None:
            return entry.description.summary
        if entry.is_builtin:
            return self.tr("Comes with the program and needs no network: small and fast.")
        if not entry.embedding_dim:
            return self.tr("Finds faces, but has no recognition model: nobody gets a name.")
        return self.tr("A pack of your own.")

    def _unknown_licence(self, entry: ShelfPack) -> str:
        return self.tr("not stated; ask whoever made it") if entry.is_installed else ""

    def _facts_of(self, entry: ShelfPack) -> dict[str, str]:
        facts = {
            "licence": entry.licence or self._unknown_licence(entry),
            "accuracy": accuracy_words(entry),
            "source": entry.source,
            "place": str(entry.folder) if entry.folder is not None else "",
        }
        if entry.embedding_dim:
            dimension = self.tr("{count} numbers a face").format(count=entry.embedding_dim)
            facts["accuracy"] = f"{facts['accuracy']}; {dimension}"
        pack = entry.pack
        if pack is not None and pack.at_1_percent is not None and pack.at_0_1_percent is not None:
            words = self.tr("1 in 100 reaches a similarity of {one:.2f}, 1 in 1000 {two:.2f}")
            facts["strangers"] = words.format(one=pack.at_1_percent, two=pack.at_0_1_percent)
        return facts
