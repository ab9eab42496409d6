from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

from facemotion.ui import language
from facemotion.ui.language import install_translation


@pytest.fixture
def german(qapp, monkeypatch):
    """Qt's own German stands in for ours; every translator is taken out again."""
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))

    def find(name):
        if name == "translations/facemotion_de.qm":
            return folder / "qtbase_de.qm"
        raise FileNotFoundError(name)

    monkeypatch.setattr(language, "resource_path", find)
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)


def cancel():
    return QCoreApplication.translate("QPlatformTheme", "Cancel")


@pytest.mark.parametrize("code", ["de", "de_AT", "de-CH"])
def test_a_language_that_is_there_is_used(qapp, german, code):
    assert cancel() == "Cancel"
    assert install_translation(qapp, code) == ""
    assert cancel() == "Abbrechen"


@pytest.mark.parametrize("code", ["en", "en_GB", "C", "system"])
def test_english_needs_no_file(qapp, code):
    assert install_translation(qapp, code) == ""
    assert cancel() == "Cancel"


def test_a_language_that_is_not_there_is_named(qapp):
    assert "“tlh”" in install_translation(qapp, "tlh")
