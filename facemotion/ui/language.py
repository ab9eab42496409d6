"""The language of the window: a translation that comes with the program, else English."""

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from facemotion.store.paths import resource_path

SYSTEM = "system"


def install_translation(app: QCoreApplication, language: str) -> str:
    """Use a language from now on; to be called before the window is built.

    Args:
        app: The application.
        language: A code such as "de" or "pt_BR", or "system" for the system's language.

    Returns:
        A sentence when a language that was asked for by name is not there; else empty.
    """
    code = QLocale.system().name() if language == SYSTEM else language.replace("-", "_")
    if code.partition("_")[0] in ("en", "C"):
        return ""
    for name in (code, code.partition("_")[0]):
        translator = QTranslator(app)
        if _load(translator, name):
            app.installTranslator(translator)
            return ""
    if language == SYSTEM:
        return ""
    return f"There is no translation into “{language}” yet, so the window speaks English."


def _load(translator: QTranslator, name: str) -> bool:
    try:
        path = resource_path(f"translations/facemotion_{name}.qm")
    except FileNotFoundError:
        return False
    return translator.load(str(path))
