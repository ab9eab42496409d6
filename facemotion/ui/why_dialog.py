"""A small window that says why a face is unsure or unknown, for as long as the face is there."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from facemotion.ui.text_labels import heading, paragraph, selectable, strong
from facemotion.ui.why import Reason


class WhyDialog(QDialog):
    """Two reasons, each with a button to its setting; GUI thread.

    Args:
        parent: The window that it belongs to, or None.

    Attributes:
        track_id: The face that it is about.

    Signals:
        setting_wanted(str, str): Group and name of a setting that the user wants to see.
    """

    setting_wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Why? facemotion"))
        self.track_id = 0
        self._title = heading("")
        self._who = _Answer(self.tr("Who"), self)
        self._how = _Answer(self.tr("Emotion"), self)
        for answer in (self._who, self._how):
            answer.setting_wanted.connect(self.setting_wanted)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._who)
        layout.addWidget(self._how)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.resize(460, 250)

    @property
    def text(self) -> str:
        """Everything that it says."""
        return " ".join((self._title.text(), self._who.sentence, self._how.sentence))

    def show_reasons(self, title: str, identity: Reason, emotion: Reason) -> None:
        """Say what decided.

        Args:
            title: Who the face is.
            identity: Why it has that name, or none.
            emotion: Why it has that emotion, or none.
        """
        self._title.setText(title)
        self._who.show_reason(identity)
        self._how.show_reason(emotion)

    def show_gone(self) -> None:
        """The face has left; what was said last stays."""
        words = self.tr("{title} (has left the picture)")
        if not self._title.text().endswith(words.partition("{title}")[2]):
            self._title.setText(words.format(title=self._title.text()))


class _Answer(QWidget):
    """One reason.

    Signals:
        setting_wanted(str, str): The button was pressed.
    """

    setting_wanted = Signal(str, str)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._reason = Reason("")
        self._text = selectable(paragraph(""))
        self._button = QPushButton(self.tr("Show the setting"))
        self._button.setAutoDefault(False)
        self._button.setAccessibleName(self.tr("Show the setting: {title}").format(title=title))
        self._button.clicked.connect(self._want_setting)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(strong(title))
        layout.addWidget(self._text)
        layout.addWidget(self._button)

    @property
    def sentence(self) -> str:
        """What it says."""
        return self._reason.sentence

    def show_reason(self, reason: Reason) -> None:
        """Say a reason; the button is there when a setting decides."""
        if reason == self._reason:
            return
        self._reason = reason
        self._text.setText(reason.sentence)
        self._button.setVisible(bool(reason.group))

    @Slot()
    def _want_setting(self) -> None:
        self.setting_wanted.emit(self._reason.group, self._reason.name)
