import shutil
import zipfile

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox

from facemotion.store.session_folder import SessionStore
from facemotion.ui.replay_desk import REPLAY
from facemotion.ui.session_table import TITLE
from facemotion.vision.sources.specs import path_source
from tests.sessions import EVIL, face, make_session, write_timeline


@pytest.fixture
def opened(monkeypatch):
    urls = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url) or True)
    return urls


@pytest.fixture
def open_page(qtbot, window):
    def open_it():
        window.actions_by_name["sessions"].trigger()
        page = window.sessions.page
        qtbot.waitUntil(lambda: not page._editor.is_busy)
        return page

    return open_it


def titles(page):
    return [page.table.item(row, TITLE).text() for row in range(page.table.rowCount())]


def idle(qtbot, page):
    qtbot.waitUntil(lambda: not page._editor.is_busy, timeout=15000)


def answer(qtbot, page, words):
    box = next(iter(page.findChildren(QMessageBox)))
    button = next(button for button in box.buttons() if button.text() == words)
    button.click()
    qtbot.waitUntil(lambda: not page.findChildren(QMessageBox))


def test_an_empty_page_says_what_to_do(open_page):
    page = open_page()
    assert page._stack.currentIndex() == 1
    assert not page.replay_button.isEnabled()
    assert not page.delete_button.isEnabled()
    assert page.report_button.isEnabled()  # a report of an analysed folder can be made


def test_sessions_are_listed_newest_first_and_one_is_selected(open_page, paths):
    make_session(paths.sessions_dir)
    make_session(paths.sessions_dir, "Later", minutes=5, has_video=False)
    page = open_page()
    assert titles(page) == ["Later", "Interview/1 🙂"]
    assert page.table.item(1, 3).text() == EVIL
    assert page.table.item(1, 2).text() == "0:04"
    assert not page.replay_button.isEnabled()  # it has no video
    page.table.selectRow(1)
    assert page.replay_button.isEnabled()
    page.table.selectAll()
    assert not page.export_button.isEnabled()
    assert page.delete_button.isEnabled()


def test_who_comes_back_sees_what_was_recorded_meanwhile(qtbot, window, open_page, paths):
    page = open_page()
    window.activateWindow()
    qtbot.waitUntil(lambda: not page.isActiveWindow())
    info = make_session(paths.sessions_dir)
    page.activateWindow()
    qtbot.waitUntil(lambda: titles(page) == [info.title])


def test_a_damaged_session_is_told_and_the_others_are_listed(open_page, paths):
    info = make_session(paths.sessions_dir)
    broken = make_session(paths.sessions_dir, minutes=2)
    (broken.folder / "session.json").write_text("{")
    page = open_page()
    assert titles(page) == [info.title]
    assert page.notice.isVisible()


def test_the_report_opens_in_the_browser(qtbot, open_page, paths, opened):
    info = make_session(paths.sessions_dir)
    page = open_page()
    page.open_report.trigger()
    qtbot.waitUntil(lambda: bool(opened), timeout=15000)
    assert opened[0].toLocalFile() == str(info.folder / "report.html")
    assert (info.folder / "report.html").stat().st_size > 50_000


def test_the_report_of_an_analysed_folder(qtbot, open_page, opened, tmp_path, monkeypatch):
    write_timeline(tmp_path, [(0.0, [face(1, "Ana", "happy", "happy")])])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    open_page()._choose_folder()
    qtbot.waitUntil(lambda: bool(opened), timeout=15000)
    assert (tmp_path / "report.html").is_file()


def test_pdf_and_plots_are_saved(qtbot, open_page, paths, tmp_path, monkeypatch):
    make_session(paths.sessions_dir)
    page = open_page()
    asked = []

    def choose(_parent, _title, name, _filter):
        asked.append(name)
        return str(tmp_path / "Bericht"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    page.save_pdf.trigger()
    idle(qtbot, page)
    assert asked == ["Interview-1 🙂.pdf"]
    assert (tmp_path / "Bericht.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    page.save_plots.trigger()
    idle(qtbot, page)
    assert len(list((tmp_path / "Interview-1 🙂-plots").glob("*.png"))) == 4


def test_a_title_is_changed_in_place(qtbot, open_page, paths):
    info = make_session(paths.sessions_dir)
    page = open_page()
    page.table.item(0, TITLE).setText("A/B \\ “test” 🙂")
    idle(qtbot, page)
    assert titles(page) == ["A/B \\ “test” 🙂"]
    assert SessionStore(paths.sessions_dir).list().sessions[0].folder == info.folder
    page.table.item(0, TITLE).setText("   ")
    qtbot.waitUntil(lambda: titles(page) == ["A/B \\ “test” 🙂"])
    assert "A name is needed" in page.notice.text


def test_a_session_becomes_one_zip(qtbot, open_page, paths, tmp_path, monkeypatch):
    info = make_session(paths.sessions_dir)
    page = open_page()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a"), ""))
    page.export_button.click()
    idle(qtbot, page)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert f"{info.folder.name}/timeline.csv" in archive.namelist()


def test_a_session_is_deleted_for_good_when_the_user_says_so(qtbot, open_page, paths):
    info = make_session(paths.sessions_dir)
    page = open_page()
    page.delete_button.click()
    answer(qtbot, page, "Cancel")
    assert info.folder.is_dir()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    answer(qtbot, page, "Delete")
    idle(qtbot, page)
    assert not info.folder.exists()
    assert titles(page) == []
    assert page._stack.currentIndex() == 1


def test_a_folder_that_vanished_is_told_and_leaves_the_list(qtbot, open_page, paths, opened):
    info = make_session(paths.sessions_dir)
    page = open_page()
    shutil.rmtree(info.folder)
    page.folder_button.click()
    idle(qtbot, page)
    assert opened == []
    assert "not there any more" in page.notice.text
    assert titles(page) == []


def test_a_folder_that_vanishes_while_its_report_is_made(qtbot, open_page, paths):
    info = make_session(paths.sessions_dir)
    page = open_page()
    shutil.rmtree(info.folder)
    page._editor.make_page(info.folder)
    qtbot.waitUntil(lambda: titles(page) == [], timeout=15000)
    assert "timeline.csv" in page.notice.text


# ----- replay


@pytest.fixture
def replay(qtbot, window, open_page, paths):
    info = make_session(paths.sessions_dir)
    page = open_page()
    page.replay_button.click()
    qtbot.waitUntil(lambda: bool(window.pane.video.marks), timeout=15000)
    return info


def test_a_replay_shows_what_was_recorded_without_models(qtbot, window, replay):
    assert window.session.models_info is None
    assert not window.sessions.page.isVisible()
    names = {each.face.identity.name for each in window.board.faces}
    assert names == {EVIL, ""}
    panel = window.sessions.replay.panel
    assert panel.isVisible()
    assert panel.people.itemText(0) == EVIL


def test_a_click_on_the_chart_goes_to_that_moment(qtbot, window, replay):
    chart = window.sessions.replay.panel.chart
    window.session.pause()
    place = QPoint(round(chart._x(3.0)), 20)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: abs(window.session.latest_frame().time_s - 3.0) < 0.15)

    def emotion():
        return {each.face.emotion.emotion for each in window.board.faces}

    qtbot.waitUntil(lambda: "happy" in emotion())
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.session.latest_frame().time_s < 0.2)
    qtbot.waitUntil(lambda: "neutral" in emotion())
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: 0.9 < window.session.latest_frame().time_s < 1.3)


def test_the_chart_is_drawn_in_both_themes(qtbot, window, replay):
    chart = window.sessions.replay.panel.chart
    light = chart.grab().toImage()
    window._keeper.update("display", theme="dark")
    qtbot.waitUntil(lambda: chart.grab().toImage().pixel(2, 2) != light.pixel(2, 2))


def test_another_source_ends_the_replay(qtbot, window, replay, clip):
    window.sources.show_source(path_source(clip))
    assert window.sessions.replay.folder is None
    assert not window.sessions.replay.panel.isVisible()
    qtbot.waitUntil(lambda: window.session.latest_frame() is not None)
    qtbot.wait(250)
    assert window.board.faces == []


def test_the_end_button_closes_the_recording(qtbot, window, replay):
    window.sessions.replay.panel.end_wanted.emit()
    assert window.sources.spec is None
    assert not window.sessions.replay.panel.isVisible()


def test_an_annotated_video_shows_its_own_boxes(qtbot, window, open_page, paths):
    info = make_session(paths.sessions_dir)
    (info.folder / "clean.mp4").rename(info.folder / "annotated.mp4")
    open_page().replay_button.click()
    qtbot.waitUntil(lambda: bool(window.pane.video.marks), timeout=15000)
    assert not window.pane.video._is_overlay_shown
    window.sessions.replay.end()
    assert window.pane.video._is_overlay_shown


def test_deleting_the_session_on_show_ends_the_replay(qtbot, window, replay, open_page):
    page = open_page()
    page.delete_button.click()
    answer(qtbot, page, "Delete")
    idle(qtbot, page)
    assert window.sessions.replay.folder is None
    assert not replay.folder.exists()


def test_a_session_whose_folder_goes_during_the_replay(qtbot, window, replay, open_page):
    shutil.rmtree(replay.folder)
    window.sessions.replay.start(replay.folder)
    qtbot.waitUntil(lambda: bool(window.pane.banner.text(REPLAY)), timeout=15000)
    page = open_page()
    assert titles(page) == []


def test_a_session_without_video_says_so(qtbot, window, paths):
    info = make_session(paths.sessions_dir, has_video=False)
    window.sessions.replay.start(info.folder)
    qtbot.waitUntil(lambda: bool(window.pane.banner.text(REPLAY)), timeout=15000)
