"""Help ▸ About: version, models in use, where things are kept, licences."""

import logging
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from facemotion.store.paths import AppPaths
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.text_labels import heading, hint, paragraph, selectable, strong
from facemotion.version import __version__

_LOGGER = logging.getLogger(__name__)

_TAGLINE = QT_TRANSLATE_NOOP(
    "AboutDialog",
    "Watches a camera, a video or photos, finds every face, says who it is and how the person "
    "feels. Everything stays on this computer.",
)

_PARTS = (
    (
        "PySide6-Essentials",
        QT_TRANSLATE_NOOP("AboutDialog", "Qt for Python: windows and video input"),
        "LGPL-3.0",
    ),
    (
        "av",
        QT_TRANSLATE_NOOP("AboutDialog", "PyAV and FFmpeg: reading and writing video"),
        "BSD-3-Clause, LGPL-2.1",
    ),
    (
        "insightface",
        QT_TRANSLATE_NOOP("AboutDialog", "detection and recognition models' format"),
        "MIT",
    ),
    ("numpy", QT_TRANSLATE_NOOP("AboutDialog", "arrays"), "BSD-3-Clause"),
    ("onnxruntime", QT_TRANSLATE_NOOP("AboutDialog", "running the models"), "MIT"),
    ("opencv-python", QT_TRANSLATE_NOOP("AboutDialog", "cameras and pictures"), "Apache-2.0"),
    ("platformdirs", QT_TRANSLATE_NOOP("AboutDialog", "where files belong"), "MIT"),
    ("pyqtgraph", QT_TRANSLATE_NOOP("AboutDialog", "charts"), "MIT"),
    ("tomli-w", QT_TRANSLATE_NOOP("AboutDialog", "writing the settings"), "MIT"),
    ("tqdm", QT_TRANSLATE_NOOP("AboutDialog", "progress on a terminal"), "MPL-2.0, MIT"),
)
"""Distribution, what facemotion uses it for, its licence."""

_PACK_LICENCE = QT_TRANSLATE_NOOP(
    "AboutDialog",
    "facemotion itself is free software under the MIT licence. Model packs have their own "
    "licences: those that InsightFace publishes are for non-commercial research only.",
)


class AboutDialog(QDialog):
    """What this program is, what it runs with and where it keeps things.

    Args:
        paths: The user's folders.
        models_info: What each model does → its id and provider, as text; empty when none is
            loaded.
        parent: The window that it belongs to, or None.
    """

    def __init__(
        self, paths: AppPaths, models_info: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About facemotion"))
        self._paths = paths
        self._models = dict(models_info)
        self._notice = Notice()
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.addTab(self._models_page(), self.tr("&Models and versions"))
        tabs.addTab(self._files_page(), self.tr("&Files"))
        tabs.addTab(self._licences_page(), self.tr("&Licences"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.setSpacing(10)
        layout.addWidget(selectable(heading(f"facemotion {__version__}", scale=1.7)))
        layout.addWidget(hint(self.tr(str(_TAGLINE))))
        layout.addWidget(tabs, 1)
        layout.addWidget(self._notice)
        layout.addWidget(self._button_row())
        self.resize(640, 460)

    def details(self) -> str:
        """Version, system, parts and models, one a line, as pasted into a bug report."""
        lines = [f"{name}: {text}" for name, text in (*self._version_rows(), *self._model_rows())]
        lines += [f"{name}: {_version_of(name)}" for name, _, _ in _PARTS]
        return "\n".join(lines)

    def _version_rows(self) -> tuple[tuple[str, str], ...]:
        return (
            ("facemotion", __version__),
            (self.tr("Python"), platform.python_version()),
            (self.tr("System"), platform.platform()),
        )

    def _model_rows(self) -> tuple[tuple[str, str], ...]:
        if not self._models:
            return ((self.tr("Models"), self.tr("none loaded: install a model pack first")),)
        return tuple(self._models.items())

    def _models_page(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(4, 12, 4, 4)
        form.setVerticalSpacing(8)
        for name, text in (*self._model_rows(), *self._version_rows()):
            form.addRow(QLabel(f"{name}:"), selectable(paragraph(text)))
        return page

    def _files_page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(4, 12, 4, 4)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for row, (title, use, folder) in enumerate(self._folders()):
            grid.addWidget(strong(title), 3 * row, 0)
            grid.addWidget(selectable(hint(f"{use} {folder}")), 3 * row + 1, 0)
            button = QPushButton(self.tr("Open folder"))
            button.setAutoDefault(False)
            button.setAccessibleName(self.tr("Open the folder of {title}").format(title=title))
            button.clicked.connect(lambda _checked=False, place=folder: self._open(place))
            grid.addWidget(button, 3 * row, 1, 2, 1)
            grid.setRowMinimumHeight(3 * row + 2, 10)
        grid.setRowStretch(grid.rowCount(), 1)
        return page

    def _open(self, folder: Path) -> None:
        self._notice.clear()
        if not open_folder(folder):
            words = self.tr("{folder} could not be shown. Open it in your file manager.")
            self._notice.say(NoticeKind.WARNING, words.format(folder=folder))

    def _folders(self) -> tuple[tuple[str, str, Path], ...]:
        paths = self._paths
        return (
            (
                self.tr("Log"),
                self.tr("What to attach to a bug report; it holds no pictures:"),
                paths.log_dir,
            ),
            (
                self.tr("People"),
                self.tr("One folder for every enrolled person:"),
                paths.gallery_dir,
            ),
            (self.tr("Model packs"), self.tr("Where imported packs are kept:"), paths.packs_dir),
            (self.tr("Settings"), self.tr("One text file:"), paths.config_dir),
        )

    def _licences_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(4, 12, 4, 4)
        layout.addWidget(paragraph(self.tr(str(_PACK_LICENCE))))
        table = QTableWidget(len(_PARTS), 4)
        table.setAccessibleName(self.tr("Parts of facemotion and their licences"))
        table.setHorizontalHeaderLabels(
            [self.tr("Part"), self.tr("Version"), self.tr("Licence"), self.tr("Used for")]
        )
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        for row, (name, use, licence) in enumerate(_PARTS):
            for column, text in enumerate((name, _version_of(name), licence, self.tr(str(use)))):
                table.setItem(row, column, QTableWidgetItem(text))
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        layout.addWidget(table, 1)
        return page

    def _button_row(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        copy = buttons.addButton(self.tr("Copy details"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(self.tr("Copy versions and models as text, for a bug report"))
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy_details)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        return buttons

    @Slot()
    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.details())


def open_folder(folder: Path) -> bool:
    """Show a folder in the system's file manager, making it first when it is missing.

    Returns:
        Whether the system could show it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _LOGGER.warning("cannot make %s: %s", folder, error)
        return False
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "bundled"
