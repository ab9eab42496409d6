"""The middle of the window: messages, the picture or what stands in its place, the controls."""

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from facemotion.ui.actions import Actions
from facemotion.ui.icons import Icons
from facemotion.ui.message_banner import MessageBanner
from facemotion.ui.start_page import StartMessage, StartPage
from facemotion.ui.transport_bar import TransportBar
from facemotion.ui.video_view import VideoView


class LivePane(QWidget):
    """Banner above, picture or start page in the middle, transport below; GUI thread.

    Args:
        actions: The window's commands.
        icons: For everything in it.
        parent: Qt parent.
    """

    def __init__(self, actions: Actions, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = MessageBanner(icons, self)
        self.video = VideoView(icons, self)
        self.start_page = StartPage(icons, self)
        self.transport = TransportBar(actions["play"], actions["loop"], self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.start_page)
        self._stack.addWidget(self.video)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.transport)
        self.transport.hide()

    @property
    def is_picture_shown(self) -> bool:
        """Whether the picture is on show, and not the page in its place."""
        return self._stack.currentWidget() is self.video

    def show_picture(self) -> None:
        """Show the video."""
        self._stack.setCurrentWidget(self.video)

    def show_message(self, message: StartMessage, actions: Sequence[QAction]) -> None:
        """Show a page instead of the picture.

        Args:
            message: What it says.
            actions: A button for each, the most helpful one first.
        """
        self.video.set_picture(None)
        self.transport.hide()
        self.start_page.say(message, actions)
        self._stack.setCurrentWidget(self.start_page)

    def refresh_icons(self) -> None:
        """Take the icons of a new theme."""
        self.banner.refresh_icons()
        self.start_page.refresh_icons()
