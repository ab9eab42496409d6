"""The page that stands before the first picture: what is seen, what is kept, what the law says."""

from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.paths import AppPaths
from facemotion.ui.text_labels import heading, hint, paragraph, selectable, strong

_POINTS = (
    (
        QT_TRANSLATE_NOOP("ConsentDialog", "Everything stays on this computer"),
        QT_TRANSLATE_NOOP(
            "ConsentDialog",
            "Pictures, faces and emotions are worked out here and nowhere else. No picture, no "
            "face and no statistics are sent to anybody.",
        ),
    ),
    (
        QT_TRANSLATE_NOOP("ConsentDialog", "Tell the people in view"),
        QT_TRANSLATE_NOOP(
            "ConsentDialog",
            "Whoever can be seen by the camera should know that faces are recognised and emotions "
            "estimated, before it starts. Ask before you enrol somebody by name.",
        ),
    ),
    (
        QT_TRANSLATE_NOOP("ConsentDialog", "Not for judging employees, pupils or students"),
        QT_TRANSLATE_NOOP(
            "ConsentDialog",
            "In the European Union inferring emotions at work or in education is prohibited (AI "
            "Act, Article 5), except for medical or safety reasons.",
        ),
    ),
    (
        QT_TRANSLATE_NOOP("ConsentDialog", "An estimate, not the truth"),
        QT_TRANSLATE_NOOP(
            "ConsentDialog",
            "facemotion reads the expression on a face. It cannot know what somebody feels: decide "
            "nothing about a person from it alone.",
        ),
    ),
    (
        QT_TRANSLATE_NOOP("ConsentDialog", "What is kept, and how to erase it"),
        QT_TRANSLATE_NOOP(
            "ConsentDialog",
            "Of the people whom you enrol: the name and a list of numbers for each photo; the "
            "photos only when you ask for it. Deleting a person under People erases all of it. "
            "Everybody is kept in this folder: {folder}",
        ),
    ),
)
"""Title and text of each point."""


class ConsentDialog(QDialog):
    """Shown once, before the first source is opened; accepted only with the box ticked.

    Args:
        parent: The window that it stands in front of, or None.
        data_folder: Where enrolled people are kept; the user's own folder when None.
    """

    def __init__(self, parent: QWidget | None = None, data_folder: Path | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Before you start: facemotion"))
        folder = data_folder if data_folder is not None else AppPaths.default().gallery_dir
        self._agree = QCheckBox(self.tr("I have read this and will tell the people in view"))
        self._agree.toggled.connect(self._allow_continuing)
        buttons = QDialogButtonBox()
        self._continue = QPushButton(self.tr("Continue"))
        self._continue.setDefault(True)
        self._quit = QPushButton(self.tr("Quit"))
        buttons.addButton(self._continue, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self._quit, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(heading(self.tr("Faces and feelings are private"), scale=1.6))
        layout.addWidget(
            paragraph(
                self.tr(
                    "facemotion recognises people and estimates emotions. Before it opens a camera:"
                )
            )
        )
        layout.addWidget(_scrolling(self._points_page(folder)), 1)
        layout.addWidget(self._agree)
        layout.addWidget(buttons)
        self._allow_continuing(False)
        self._agree.setFocus()
        self.resize(680, 560)

    @Slot(bool)
    def _allow_continuing(self, is_agreed: bool) -> None:
        self._continue.setEnabled(is_agreed)
        self._continue.setToolTip("" if is_agreed else self.tr("Tick the box above first"))

    def _points_page(self, folder: Path) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 4, 8, 4)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        for number, (title, text) in enumerate(_POINTS, start=1):
            row = 3 * number
            badge = heading(str(number), scale=1.5)
            badge.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
            words = self.tr(str(text)).format(folder=folder)
            grid.addWidget(badge, row, 0, 2, 1)
            grid.addWidget(strong(self.tr(str(title))), row, 1)
            grid.addWidget(selectable(hint(words)), row + 1, 1)
            grid.setRowMinimumHeight(row + 2, 8)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        return page

    def accept(self) -> None:
        """Close with consent; does nothing while the box is not ticked."""
        if self._agree.isChecked():
            super().accept()


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
