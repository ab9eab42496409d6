"""Messages between toolbar and picture: each one a sentence, with the buttons that help."""

from collections.abc import Callable

from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from facemotion.ui.icons import Icons
from facemotion.ui.notice import Notice, NoticeKind

Help = tuple[str, Callable[[], object]]


class MessageBanner(QWidget):
    """A stack of notices, one for each topic; a new sentence on a topic replaces the old one.

    Args:
        icons: For the button that takes a notice away.
        parent: Qt parent.
    """

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._notices: dict[str, Notice] = {}
        self._closers: dict[str, QToolButton] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 8, 8, 8)
        self._layout.setSpacing(4)
        self.hide()

    def say(self, topic: str, kind: NoticeKind, text: str, *helps: Help) -> None:
        """Show a sentence.

        Args:
            topic: What it is about; an older sentence about the same is replaced.
            kind: How much it matters.
            text: One or two sentences.
            helps: For each button its words and what a click calls.
        """
        notice = self._notices.get(topic)
        if notice is None:
            notice = self._notices[topic] = Notice(self)
            self._layout.addWidget(notice)
            self._add_closer(topic, notice)
        elif notice.text == text and [b.text() for b in notice.buttons] == [h[0] for h in helps]:
            return
        notice.say(kind, text, *helps)
        notice.put_last(self._closers[topic])
        self.show()

    def clear(self, topic: str) -> None:
        """Say nothing about a topic any more."""
        notice = self._notices.pop(topic, None)
        if notice is None:
            return
        self._closers.pop(topic)
        self._layout.removeWidget(notice)
        notice.hide()
        notice.deleteLater()
        self.setVisible(bool(self._notices))

    def text(self, topic: str) -> str:
        """What is said about a topic; empty when nothing is."""
        notice = self._notices.get(topic)
        return notice.text if notice is not None else ""

    def notice(self, topic: str) -> Notice | None:
        """The notice about a topic, or None."""
        return self._notices.get(topic)

    @property
    def topics(self) -> list[str]:
        """What is being talked about."""
        return list(self._notices)

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        for button in self._closers.values():
            button.setIcon(self._icons.icon("close"))

    def _add_closer(self, topic: str, notice: Notice) -> None:
        button = QToolButton(notice)
        button.setIcon(self._icons.icon("close"))
        button.setAutoRaise(True)
        button.setToolTip(self.tr("Hide this message"))
        button.setAccessibleName(self.tr("Hide this message"))
        button.clicked.connect(lambda _checked=False: self.clear(topic))
        self._closers[topic] = button
