"""The style sheet's part for fields, boxes, lists and tabs, which Fusion draws without edges."""

from typing import TYPE_CHECKING

from facemotion.store.paths import resource_path

if TYPE_CHECKING:
    from facemotion.ui.theme import ThemeColours


def control_rules(colours: "ThemeColours") -> str:
    """Rules whose edges have a contrast of about 3 : 1, in either theme."""
    c = colours
    kind = "dark" if c.is_dark else "light"
    check, up, down = (
        resource_path(f"icons/control-{name}-{kind}.svg").as_posix()
        for name in ("check", "up", "down")
    )
    return f"""
QLineEdit, QAbstractSpinBox, QComboBox {{ background: {c.base}; color: {c.text};
    border: 1px solid {c.disabled}; border-radius: 5px; padding: 3px 6px; min-height: 18px;
    selection-background-color: {c.accent}; selection-color: {c.accent_text}; }}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{ border: 2px solid {c.accent};
    padding: 2px 5px; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {c.disabled};
    background: {c.window}; border-color: {c.line}; }}
QAbstractItemView QLineEdit {{ padding: 0 4px; border-radius: 0; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border;
    width: 20px; border: none; background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
    background: {c.selection}; }}
QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right;
    width: 22px; border: none; }}
QComboBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {c.raised}; border: 1px solid {c.line};
    border-radius: 0; selection-background-color: {c.selection}; selection-color: {c.text}; }}
QCheckBox {{ spacing: 8px; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {c.disabled};
    border-radius: 4px; background: {c.base}; }}
QCheckBox::indicator:hover {{ border-color: {c.accent}; }}
QCheckBox::indicator:focus {{ border: 2px solid {c.accent}; width: 14px; height: 14px; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
    image: url("{check}"); }}
QCheckBox::indicator:checked:focus {{ border-color: {c.text}; }}
QCheckBox::indicator:disabled {{ border-color: {c.line}; background: {c.window}; }}
QCheckBox::indicator:checked:disabled {{ border-color: {c.disabled}; background: {c.disabled}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; top: -1px; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {c.quiet}; padding: 7px 14px; border: none;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom: 2px solid {c.accent}; }}
QTabBar::tab:focus {{ background: {c.selection}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QProgressBar {{ background: {c.line}; border: none; border-radius: 3px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
"""
