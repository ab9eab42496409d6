"""Questions before something that cannot be undone; they never block the event loop."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

Answer = tuple[str, QMessageBox.ButtonRole, Callable[[], object]]
"""The button's words, its role, and what is called when it is chosen."""


def ask(parent: QWidget, title: str, text: str, answers: Sequence[Answer]) -> QMessageBox:
    """Open a question over a window; Cancel is always there and is the default.

    Args:
        parent: The window that waits for the answer.
        title: The question itself.
        text: What will happen, in full sentences.
        answers: The buttons beside Cancel.

    Returns:
        The open box, which deletes itself when it is answered.
    """
    no_button = QMessageBox.StandardButton.NoButton
    box = QMessageBox(
        QMessageBox.Icon.Warning, parent.window().windowTitle(), title, no_button, parent
    )
    box.setInformativeText(text)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    calls: dict[QAbstractButton, Callable[[], object]] = {}
    for words, role, call in answers:
        button = box.addButton(words, role)
        button.setAutoDefault(False)
        calls[button] = call
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    cancel.setFocus()
    box.finished.connect(lambda _result: _answer(box, calls))
    box.open()
    return box


def _answer(box: QMessageBox, calls: dict[QAbstractButton, Callable[[], object]]) -> None:
    call = calls.get(box.clickedButton())
    if call is not None:
        call()
