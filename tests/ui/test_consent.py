"""The consent page and Help ▸ About."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QPushButton

from facemotion.store.paths import AppPaths
from facemotion.ui.about_dialog import AboutDialog, open_folder
from facemotion.ui.consent_dialog import ConsentDialog
from facemotion.version import __version__


def button(dialog: QDialog, words: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == words)


def all_words(dialog: QDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


@pytest.fixture
def consent(qtbot, tmp_path):
    dialog = ConsentDialog(None, tmp_path / "gallery")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_consent_needs_the_tick(consent, qtbot):
    assert not button(consent, "Continue").isEnabled()
    consent.accept()
    assert consent.isVisible()
    consent.findChild(QCheckBox).click()
    qtbot.mouseClick(button(consent, "Continue"), Qt.MouseButton.LeftButton)
    assert consent.result() == QDialog.DialogCode.Accepted


def test_consent_can_be_taken_back_before_continuing(consent):
    box = consent.findChild(QCheckBox)
    box.click()
    box.click()
    assert not button(consent, "Continue").isEnabled()


def test_quitting_is_no_consent(consent, qtbot):
    consent.findChild(QCheckBox).click()
    qtbot.mouseClick(button(consent, "Quit"), Qt.MouseButton.LeftButton)
    assert not consent.isVisible()
    assert consent.result() == QDialog.DialogCode.Rejected


def test_consent_says_what_it_must(consent, tmp_path):
    words = all_words(consent)
    for part in (
        "stays on this computer",
        "Tell the people in view",
        "AI Act",
        "medical or safety",
    ):
        assert part in words
    assert str(tmp_path / "gallery") in words


def test_consent_names_the_users_own_folder_by_default(qtbot):
    dialog = ConsentDialog()
    qtbot.addWidget(dialog)
    assert str(AppPaths.default().gallery_dir) in all_words(dialog)


@pytest.fixture
def about(qtbot, tmp_path):
    dialog = AboutDialog(AppPaths.below(tmp_path), {"Faces": "pack-1234, CPU"})
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_about_tells_version_models_folders_and_licences(about, tmp_path):
    words = all_words(about)
    paths = AppPaths.below(tmp_path)
    for part in (__version__, "pack-1234, CPU", str(paths.log_dir), str(paths.gallery_dir)):
        assert part in words
    assert "non-commercial research" in words


def test_details_are_copied_for_a_bug_report(about, qtbot):
    qtbot.mouseClick(button(about, "Copy details"), Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text == about.details()
    assert f"facemotion: {__version__}" in text
    assert "Faces: pack-1234, CPU" in text
    assert "onnxruntime: " in text


def test_about_without_models_says_so(qtbot, tmp_path):
    dialog = AboutDialog(AppPaths.below(tmp_path), {})
    qtbot.addWidget(dialog)
    assert "none loaded" in all_words(dialog)


def test_open_folder_makes_it_first(about, qtbot, monkeypatch, tmp_path):
    opened: list[Path] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())) or True
    )
    log_button = next(
        b for b in about.findChildren(QPushButton) if b.accessibleName().endswith("Log")
    )
    log_button.click()
    assert opened == [AppPaths.below(tmp_path).log_dir]
    assert opened[0].is_dir()


def test_a_system_that_cannot_show_folders_gets_a_sentence(about, monkeypatch):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    button(about, "Open folder").click()
    assert "could not be shown" in all_words(about)


def test_a_folder_that_cannot_be_made_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    (tmp_path / "file").write_text("in the way")
    assert not open_folder(tmp_path / "file" / "logs")
