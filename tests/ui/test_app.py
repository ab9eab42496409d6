"""Starting and ending the program."""

import os
import subprocess
import sys
import threading
import time

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QMessageBox, QPushButton

from facemotion import app as app_module
from facemotion.store.layout import LayoutStore
from facemotion.store.paths import AppPaths
from facemotion.ui.consent_dialog import ConsentDialog
from facemotion.ui.crash_reporter import CrashReporter
from facemotion.ui.start_desk import PROBLEMS
from tests.ui.programs import close_when_open

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.usefixtures("impatience"),
]


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_importing_the_application_needs_neither_torch_nor_the_models_libraries():
    code = (
        "import sys, facemotion.app;"
        "print([n for n in ('torch', 'onnxruntime', 'insightface', 'pyqtgraph', 'av',"
        " 'scipy', 'PySide6.QtMultimedia', 'multiprocessing', 'urllib.request',"
        " 'facemotion.analysis.batch', 'facemotion.vision.video_writer') if n in sys.modules])"
    )
    done = run_python(code)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have one")
def test_without_a_display_it_says_so_and_ends():
    done = run_python(
        "import sys; from facemotion.app import main; sys.exit(main([]))",
        DISPLAY="",
        WAYLAND_DISPLAY="",
        QT_QPA_PLATFORM="",
    )
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert "analyze" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_window_opens_on_the_source_asked_for_and_ends_with_0(qapp, consent, shared_pack):
    os.environ["QT_QPA_FONTDIR"] = "/nowhere"
    seen = []

    def has_result(window):
        result = window.session.latest_result()
        if result is not None and result.faces:
            seen.append(window.session.source_info.name)
        return bool(seen)

    timer = close_when_open(has_result)
    assert app_module.main(["--source", "demo", "--pack", str(shared_pack)]) == 0
    timer.stop()
    assert seen == ["Demo"]
    assert "QT_QPA_FONTDIR" not in os.environ
    assert AppPaths.default().log_file.is_file()


def test_wrong_arguments_have_a_sentence(capsys, consent):
    assert app_module.main(["--source", "gopher://x/y"]) == 2
    assert "gopher" in capsys.readouterr().err


def test_without_folders_the_window_opens_and_says_what_is_not_kept(qapp, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path / "file"))
    texts = []

    def accept(window):
        asked = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConsentDialog)]
        for dialog in asked:
            dialog.findChild(QCheckBox).setChecked(True)
            dialog.accept()
        texts.append(window.pane.banner.text("folders"))
        return window.session.is_busy

    timer = close_when_open(accept)
    assert app_module.main(["--source", "demo"]) == 0
    timer.stop()
    assert "FACEMOTION_HOME" in texts[0]
    assert "is not kept" in texts[0]
    assert str(tmp_path / "file" / "config") in texts[0]


def test_without_a_terminal_the_sentence_stands_in_a_box(qapp, monkeypatch):
    said = []
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(QMessageBox, "critical", lambda _parent, _title, text: said.append(text))
    assert app_module.main(["--source", "gopher://x/y"]) == 2
    assert "gopher" in said[0]


def test_a_language_without_translation_is_named(qapp, consent):
    texts = []

    def read(window):
        texts.append(window.pane.banner.text(PROBLEMS))
        return True

    timer = close_when_open(read)
    assert app_module.main(["--language", "tlh"]) == 0
    timer.stop()
    assert "tlh" in texts[0]


def test_unreadable_settings_are_announced(qapp, consent):
    AppPaths.default().settings_file.write_text("no toml =")
    texts = []

    def read(window):
        texts.append(window.pane.banner.text(PROBLEMS))
        return True

    timer = close_when_open(read)
    assert app_module.main([]) == 0
    timer.stop()
    assert "damaged" in texts[0]


@pytest.mark.parametrize("is_accepted", [True, False])
def test_consent_is_asked_once_before_anything_is_opened(qapp, is_accepted):
    opened = []

    def answer():
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, ConsentDialog) and widget.isVisible():
                opened.append(widget.parent().session.is_busy)
                widget.findChild(QCheckBox).setChecked(is_accepted)
                widget.accept() if is_accepted else widget.reject()

    asker = QTimer()
    asker.setInterval(20)
    asker.timeout.connect(answer)
    asker.start()
    closer = close_when_open(lambda window: window.session.is_busy) if is_accepted else None
    assert app_module.main(["--source", "demo"]) == 0
    assert opened == [False]
    assert LayoutStore(AppPaths.default().data_dir).is_consent_given() is is_accepted
    if is_accepted:
        assert app_module.main(["--source", "demo"]) == 0
        assert opened == [False]
    asker.stop()
    if closer is not None:
        closer.stop()


def test_an_unexpected_error_is_logged_and_shown_and_the_program_goes_on(
    qtbot, qapp, tmp_path, caplog, monkeypatch
):
    opened = []
    monkeypatch.setattr(
        "facemotion.ui.crash_reporter.QDesktopServices.openUrl", lambda url: opened.append(url)
    )
    reporter = CrashReporter(tmp_path)
    hooks = (sys.excepthook, threading.excepthook)
    reporter.install()
    try:
        try:
            raise RuntimeError("nobody expected this")
        except RuntimeError:
            sys.excepthook(*sys.exc_info())
        worker = threading.Thread(target=lambda: 1 / 0)
        worker.start()
        worker.join()
    finally:
        reporter.uninstall()
    assert (sys.excepthook, threading.excepthook) == hooks
    qtbot.waitUntil(lambda: reporter.box is not None)
    assert "nobody expected this" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    box = reporter.box
    assert isinstance(box, QMessageBox)
    assert "nobody expected this" in box.detailedText()
    buttons = {b.text().replace("&", ""): b for b in box.findChildren(QPushButton)}
    buttons["Copy details"].click()
    assert "nobody expected this" in QApplication.clipboard().text()
    buttons["Open log folder"].click()
    assert opened[0].toLocalFile() == str(tmp_path)
    assert box.isVisible()
    buttons["Close"].click()
    qtbot.waitUntil(lambda: reporter.box is None)
    reporter.deleteLater()


def test_a_thread_that_hangs_does_not_keep_the_process(tmp_path):
    code = (
        "import logging; logging.basicConfig();"
        "from facemotion.app import _leave_at_once; _leave_at_once(0); print('still here')"
    )
    begin_s = time.monotonic()
    done = run_python(code)
    assert done.returncode == 0
    assert "still here" not in done.stdout
    assert "did not end" in done.stderr
    assert time.monotonic() - begin_s < 30.0
