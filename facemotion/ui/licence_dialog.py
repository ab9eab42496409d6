"""A pack's licence, shown before the pack is downloaded."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from facemotion.ui.pack_words import size_words
from facemotion.ui.text_labels import heading, hint, paragraph, selectable, strong
from facemotion.vision.pack_catalogue import PackDescription


class LicenceDialog(QDialog):
    """Says under which terms a pack may be used, and asks whether they are accepted.

    Args:
        description: The pack.
        parent: The window that waits for the answer.
    """

    def __init__(self, description: PackDescription, parent: QWidget) -> None:
        super().__init__(parent)
        licence = description.licence
        self.setWindowTitle(self.tr("Licence: facemotion"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(10)
        layout.addWidget(
            heading(self.tr("Before {title} is downloaded").format(title=description.title))
        )
        layout.addWidget(strong(licence.title))
        layout.addWidget(selectable(paragraph(licence.text)))
        layout.addWidget(self._link(licence.url))
        layout.addWidget(hint(self._what_comes(description)))
        layout.addStretch(1)
        layout.addWidget(self._buttons())
        self.setFixedWidth(520)

    def _link(self, url: str) -> QLabel:
        label = QLabel(self.tr("In full: {link}").format(link=f'<a href="{url}">{url}</a>'))
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setOpenExternalLinks(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        return label

    def _what_comes(self, description: PackDescription) -> str:
        words = self.tr(
            "{size} are downloaded from {source} and checked. Your answer is kept beside the "
            "settings with today's date, so that you are asked once for this licence."
        )
        return words.format(size=size_words(description.download_bytes), source=description.source)

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        accept = buttons.addButton(
            self.tr("Accept and download"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        refuse = buttons.addButton(
            self.tr("Do not download"), QDialogButtonBox.ButtonRole.RejectRole
        )
        accept.setAutoDefault(False)
        refuse.setDefault(True)
        refuse.setFocus()
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons
