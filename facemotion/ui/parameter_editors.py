"""The right control for one parameter: tick box, list, number or text."""

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from facemotion.core.parameters import ParameterInfo

EDITOR_WIDTH_PX = 165
_LARGEST_INT = 2**31 - 1
_LARGEST_FLOAT = 1e9


class ParameterEditor(QWidget):
    """A control for one value; `make_editor` chooses the kind.

    Args:
        control: What the user changes.
        info: What is known of the parameter.
        read: Gives the control's value.
        show: Puts a value into the control.

    Signals:
        value_changed(object): The user chose another value.
    """

    value_changed = Signal(object)

    def __init__(
        self,
        control: QWidget,
        info: ParameterInfo,
        read: Callable[[], Any],
        show: Callable[[Any], object],
    ) -> None:
        super().__init__()
        self.control = control
        self._read, self._show = read, show
        control.setAccessibleName(info.label)
        control.setAccessibleDescription(info.help)
        control.setFixedWidth(EDITOR_WIDTH_PX)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The wheel scrolls the page; it changes a value only where the user is typing.
        control.installEventFilter(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(control)
        self.setFocusProxy(control)

    def value(self) -> Any:
        """The value on show."""
        return self._read()

    def set_value(self, value: Any) -> None:
        """Show a value without telling anybody."""
        self.control.blockSignals(True)
        self._show(value)
        self.control.blockSignals(False)

    @Slot()
    def _tell(self) -> None:
        self.value_changed.emit(self.value())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page unless the control has the focus."""
        if event.type() == QEvent.Type.Wheel and not self.control.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class SwitchEditor(ParameterEditor):
    """A tick box for a yes or no."""

    def __init__(self, info: ParameterInfo) -> None:
        box = QCheckBox()
        super().__init__(box, info, box.isChecked, lambda value: box.setChecked(bool(value)))
        box.setText(self.tr("On"))
        box.toggled.connect(self._tell)


class ChoiceEditor(ParameterEditor):
    """A list of the allowed values."""

    def __init__(self, info: ParameterInfo) -> None:
        self._box = QComboBox()
        super().__init__(self._box, info, self._box.currentData, self._show_choice)
        for choice in info.choices:
            words = str(choice) if str(choice) else self.tr("automatic")
            self._box.addItem(f"{words} {info.unit}".strip(), choice)
        self._box.currentIndexChanged.connect(self._tell)

    def _show_choice(self, value: Any) -> None:
        choices = [self._box.itemData(row) for row in range(self._box.count())]
        if value not in choices:
            self._box.addItem(str(value), value)
            choices.append(value)
        self._box.setCurrentIndex(choices.index(value))


class WholeNumberEditor(ParameterEditor):
    """A box for a whole number with its unit."""

    def __init__(self, info: ParameterInfo) -> None:
        box = QSpinBox()
        super().__init__(box, info, box.value, lambda value: box.setValue(int(value)))
        box.setRange(_or_else(info.minimum, -_LARGEST_INT), _or_else(info.maximum, _LARGEST_INT))
        box.setSuffix(f" {info.unit}" if info.unit else "")
        _keep_quiet_while_typing(box)
        box.valueChanged.connect(self._tell)


class NumberEditor(ParameterEditor):
    """A box for a number with its unit, with as many decimals as the range asks for."""

    def __init__(self, info: ParameterInfo, default: float) -> None:
        box = QDoubleSpinBox()
        super().__init__(
            box,
            info,
            lambda: round(box.value(), box.decimals()),
            lambda value: box.setValue(float(value)),
        )
        box.setDecimals(_decimals(info, default))
        box.setMinimum(-_LARGEST_FLOAT if info.minimum is None else info.minimum)
        box.setMaximum(_LARGEST_FLOAT if info.maximum is None else info.maximum)
        box.setSingleStep(_step(info, default))
        box.setSuffix(f" {info.unit}" if info.unit else "")
        _keep_quiet_while_typing(box)
        box.valueChanged.connect(self._tell)


class TextEditor(ParameterEditor):
    """A line of text, taken when the user leaves it."""

    def __init__(self, info: ParameterInfo) -> None:
        edit = QLineEdit()
        super().__init__(
            edit, info, lambda: edit.text().strip(), lambda value: edit.setText(str(value))
        )
        edit.setPlaceholderText(self.tr("none"))
        edit.editingFinished.connect(self._tell)


def make_editor(default: Any, info: ParameterInfo) -> ParameterEditor:
    """The control that fits a parameter.

    Args:
        default: The parameter's default; its type decides.
        info: What else is known of the parameter.
    """
    if isinstance(default, bool):
        return SwitchEditor(info)
    if info.choices:
        return ChoiceEditor(info)
    if isinstance(default, int):
        return WholeNumberEditor(info)
    if isinstance(default, float):
        return NumberEditor(info, default)
    return TextEditor(info)


def _keep_quiet_while_typing(box: QAbstractSpinBox) -> None:
    """A half-typed number is not a value yet; and the number stands clear of the edge."""
    box.lineEdit().setTextMargins(5, 0, 0, 0)
    box.setKeyboardTracking(False)
    box.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)


def _or_else(limit: float | None, otherwise: int) -> int:
    return otherwise if limit is None else int(limit)


def _span(info: ParameterInfo, default: float) -> float:
    if info.minimum is None or info.maximum is None:
        return max(abs(default) * 10.0, 1.0)
    return max(info.maximum - info.minimum, 1e-6)


def _decimals(info: ParameterInfo, default: float) -> int:
    """Enough to tell a hundredth of the range, and never fewer than the default shows."""
    by_range = max(2 - math.floor(math.log10(_span(info, default))), 0)
    shown = f"{default:.6f}".rstrip("0")
    by_default = len(shown.partition(".")[2])
    return min(max(min(by_range, 3), by_default), 6)


def _step(info: ParameterInfo, default: float) -> float:
    """One, two or five of the power of ten that crosses the range in about fifty steps."""
    wanted = _span(info, default) / 50.0
    power = 10.0 ** math.floor(math.log10(wanted))
    factor = next(factor for factor in (1.0, 2.0, 5.0, 10.0) if wanted <= factor * power * 1.0001)
    return factor * power
