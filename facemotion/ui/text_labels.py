"""The few kinds of text that the dialogs are made of; they follow the palette by themselves."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


def heading(text: str, parent: QWidget | None = None, scale: float = 1.35) -> QLabel:
    """A short line in bold, `scale` times the size of ordinary text."""
    label = paragraph(text, parent)
    font = QFont(label.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    return label


def paragraph(text: str, parent: QWidget | None = None) -> QLabel:
    """Ordinary text that wraps and is as tall as it needs to be."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def strong(text: str, parent: QWidget | None = None) -> QLabel:
    """A paragraph in bold, for the name of what follows."""
    label = paragraph(text, parent)
    font = QFont(label.font())
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    return label


def hint(text: str, parent: QWidget | None = None) -> QLabel:
    """A paragraph in the palette's quiet colour, for explanations under a control."""
    label = paragraph(text, parent)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label


def selectable(label: QLabel) -> QLabel:
    """Let the mouse and the keyboard select and copy the label's text."""
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def as_sentence(text: str) -> str:
    """A message with a capital first letter, unless it begins with a file's name or a number."""
    first_word = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first_word.isalpha() else text
