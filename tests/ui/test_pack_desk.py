"""Packs in the real window: imported, switched while it runs, and people read again."""

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from facemotion.store.gallery import GalleryStore
from facemotion.store.licences import AcceptedLicences
from facemotion.ui import pack_work
from facemotion.ui.licence_dialog import LicenceDialog
from facemotion.ui.model_desk import IMPORT, MODELS
from facemotion.ui.people_table import NAME
from facemotion.ui.people_table import STATE as PERSON_STATE
from facemotion.ui.reembedding_desk import PEOPLE
from facemotion.vision import pack_shelf
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.specs import parse_source
from tests.vision.pack_server import IMPATIENT, PackServer, zipped_pack
from tests.vision.tiny_models import blank, put_face, write_pack

WAIT_MS = 20_000


@pytest.fixture
def server():
    with PackServer() as running:
        yield running


@pytest.fixture
def description(server, tmp_path, monkeypatch):
    made = zipped_pack(server, write_pack(tmp_path / "made"))
    monkeypatch.setattr(pack_shelf, "CATALOGUE", (made,))
    monkeypatch.setattr(pack_work, "END_MS", 5000)
    return made


@pytest.fixture
def store(paths):
    return GalleryStore(paths.gallery_dir)


def loaded(qtbot, window, name):
    """Wait until a pack runs."""

    def is_there():
        info = window.session.models_info
        return info is not None and info.pack_dir.name == name

    qtbot.waitUntil(is_there, timeout=WAIT_MS)


def start(qtbot, window, name="builtin"):
    window.models.load()
    loaded(qtbot, window, name)
    return window


def open_page(qtbot, window):
    window.actions_by_name["models"].trigger()
    page = window.packs.page
    assert page.isVisible()
    settle(qtbot, window)
    return page


def settle(qtbot, window):
    work = window.packs.work

    def is_quiet():
        return not work.is_busy and not work.measured and work.downloading is None

    qtbot.waitUntil(lambda: is_quiet() and bool(work.shelf), timeout=WAIT_MS)


def press(notice, words):
    next(each for each in notice.buttons if each.text() == words).click()


def photo(person, has_face=True):
    picture = blank(640, 640)
    if has_face:
        put_face(picture, 8, 8, person)
    return cv2.imencode(".png", picture)[1].tobytes()


def enrol(store, name, photos=None):
    rows = np.eye(3, 128, dtype=np.float32)
    return store.enrol(name, rows, "another-00000000", photos)


def test_a_pack_is_downloaded_and_used_without_a_restart(qtbot, window, server, description, paths):
    start(qtbot, window)
    window.sources.show_source(parse_source("demo"))
    page = open_page(qtbot, window)
    assert page.table.selected().pack_id == "builtin"
    assert page.table.selected().is_in_use
    page.table.select_pack("tiny")
    page.download_button.click()
    page.findChild(LicenceDialog).accept()
    settle(qtbot, window)
    assert AcceptedLicences(paths.licences_file).keys() == {description.licence.key}
    assert "is installed" in page.notice.text
    assert window.session.models_info.pack_dir.name == "builtin", "nothing changes by itself"
    press(page.notice, "Use it")
    loaded(qtbot, window, "tiny")
    settle(qtbot, window)
    assert "in use" in page.notice.text
    assert page.table.selected().is_in_use
    assert window._keeper.settings.detection.pack == "tiny"
    assert "Tiny pack" in window.status.text
    page.table.select_pack("builtin")
    page.use_button.click()
    loaded(qtbot, window, "builtin")
    assert window._keeper.settings.detection.pack == "builtin"


def test_a_pack_that_cannot_be_loaded_leaves_the_old_one(qtbot, window, paths):
    start(qtbot, window)
    folder = write_pack(paths.packs_dir / "lame")
    model = folder / "rec_tiny.onnx"
    model.write_bytes(model.read_bytes().replace(b"MatMul", b"MutMal"))
    page = open_page(qtbot, window)
    page.table.select_pack("lame")
    page.use_button.click()
    qtbot.waitUntil(lambda: "cannot be used" in page.notice.text, timeout=WAIT_MS)
    loaded(qtbot, window, "builtin")
    assert window._keeper.settings.detection.pack == ""
    assert window.pane.banner.text(MODELS) == ""
    assert "the pack before stays in use" in page.notice.text


def test_an_imported_pack_waits_to_be_chosen(qtbot, window, tmp_path, monkeypatch):
    start(qtbot, window)
    source = write_pack(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a: str(source))
    window.actions_by_name["import_folder"].trigger()
    banner = window.pane.banner
    qtbot.waitUntil(lambda: "is installed" in banner.text(IMPORT), timeout=WAIT_MS)
    assert "stays in use" in banner.text(IMPORT)
    assert window.session.models_info.pack_dir.name == "builtin"
    press(banner.notice(IMPORT), "Use it")
    loaded(qtbot, window, "mine")
    qtbot.waitUntil(lambda: "in use" in banner.text(IMPORT))
    window.packs.import_from(source)
    qtbot.waitUntil(lambda: "installed and in use" in banner.text(IMPORT), timeout=WAIT_MS)
    settle(qtbot, window)


def test_a_detector_alone_never_takes_the_names_by_itself(qtbot, window, make_window, tmp_path):
    start(qtbot, window)
    window.packs.import_from(write_pack(tmp_path / "finder", has_recogniser=False))
    banner = window.pane.banner
    qtbot.waitUntil(lambda: "names nobody" in banner.text(IMPORT), timeout=WAIT_MS)
    assert [each.text() for each in banner.notice(IMPORT).buttons] == ["Model packs…"]
    settle(qtbot, window)
    start(qtbot, make_window(), "builtin")


def test_a_file_that_is_no_pack_is_refused_on_the_page(qtbot, window, tmp_path, monkeypatch):
    start(qtbot, window)
    page = open_page(qtbot, window)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"not a zip")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(bad), ""))
    page.import_button.menu().actions()[0].trigger()
    settle(qtbot, window)
    assert "bad.zip" in page.notice.text
    assert window.pane.banner.text(IMPORT) == ""


def test_what_the_user_chooses_counts_more_than_the_command_line(
    qtbot, make_window, paths, tmp_path, monkeypatch
):
    write_pack(paths.packs_dir / "mine")
    elsewhere = write_pack(tmp_path / "elsewhere")
    monkeypatch.setenv("FACEMOTION_PACK", str(elsewhere))
    window = make_window()
    start(qtbot, window, "elsewhere")
    page = open_page(qtbot, window)
    page.table.select_pack("mine")
    page.use_button.click()
    loaded(qtbot, window, "mine")
    settle(qtbot, window)
    assert "FACEMOTION_PACK counts first" in page.notice.text
    page.table.select_pack("elsewhere")
    assert page.table.selected() is None or page.table.selected().pack_id == "mine"
    window._keeper.update("detection", pack=str(elsewhere))
    loaded(qtbot, window, "elsewhere")


def test_a_download_goes_on_behind_the_closed_page_and_ends_with_the_window(
    qtbot, window, server, description
):
    start(qtbot, window)
    page = open_page(qtbot, window)
    server.plans.append("stall 3000")
    window.packs.work.licences.accept(description.licence.key, description.licence.title)
    page.download(description)
    qtbot.waitUntil(server.stalled.is_set, timeout=WAIT_MS)
    page.close()
    banner = window.pane.banner
    assert "in the background" in banner.text(IMPORT)
    press(banner.notice(IMPORT), "Model packs…")
    assert page.isVisible()
    assert banner.text(IMPORT) == ""
    ends = []
    window.closed.connect(ends.append)
    window.close()
    assert ends == [True]
    settle(qtbot, window)


def test_the_banner_of_a_missing_pack_opens_the_page(qtbot, window, description, monkeypatch):
    monkeypatch.setattr("facemotion.ui.model_desk.pack_roots", lambda paths: (paths.packs_dir,))
    window.models.load()
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(MODELS)), timeout=WAIT_MS)
    press(banner.notice(MODELS), "Model packs…")
    page = window.packs.page
    settle(qtbot, window)
    page._work._patience = IMPATIENT
    page.table.select_pack("tiny")
    page.download_button.click()
    page.findChild(LicenceDialog).accept()
    loaded(qtbot, window, "tiny")
    settle(qtbot, window)
    assert "installed and in use" in page.notice.text, "the first one is used at once"
    assert banner.text(MODELS) == ""


def test_where_nothing_ran_before_the_page_says_why(qtbot, window, paths, monkeypatch):
    monkeypatch.setattr("facemotion.ui.model_desk.pack_roots", lambda paths: ())
    window.models.load()
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(MODELS)), timeout=WAIT_MS)
    model = write_pack(paths.packs_dir / "lame") / "rec_tiny.onnx"
    model.write_bytes(model.read_bytes().replace(b"MatMul", b"MutMal"))
    page = open_page(qtbot, window)
    page.table.select_pack("lame")
    page.use_button.click()
    qtbot.waitUntil(lambda: "rec_tiny.onnx is damaged" in page.notice.text, timeout=WAIT_MS)
    assert "rec_tiny.onnx is damaged" in banner.text(MODELS)
    assert window.session.models_info is None


# ----- people of another pack


def test_after_a_switch_kept_photos_are_read_again_by_one_click(qtbot, window, paths, store):
    folder = write_pack(paths.packs_dir / "tiny")
    start(qtbot, window)
    enrol(store, "Ana", (photo(1), photo(1, has_face=False)))
    enrol(store, "Ben", (photo(2, has_face=False),))
    enrol(store, "Chloe")
    banner = window.pane.banner
    page = open_page(qtbot, window)
    page.table.select_pack("tiny")
    page.use_button.click()
    loaded(qtbot, window, "tiny")
    qtbot.waitUntil(lambda: bool(banner.text(PEOPLE)), timeout=WAIT_MS)
    assert banner.text(PEOPLE).startswith("3 of 3 people")
    assert "Photos of 2 are kept" in banner.text(PEOPLE)
    press(banner.notice(PEOPLE), "Read kept photos")
    assert window.packs.reembedding.is_running
    qtbot.waitUntil(lambda: not window.packs.reembedding.is_running, timeout=WAIT_MS)
    assert "Recognised with this pack now: Ana." in banner.text(PEOPLE)
    assert "New photos are needed of: Ben, Chloe." in banner.text(PEOPLE)
    people = {person.name: person for person in store.load().people}
    assert people["Ana"].model_id == open_pack(folder).model_id
    assert people["Ana"].embedding_count == 1
    assert people["Chloe"].model_id == "another-00000000"
    settle(qtbot, window)


def test_the_page_of_people_reads_them_again_and_shows_it(qtbot, window, paths, store):
    write_pack(paths.packs_dir / "tiny")
    enrol(store, "Ana", (photo(1),))
    window._keeper.update("detection", pack="tiny")
    start(qtbot, window, "tiny")
    banner = window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(PEOPLE)), timeout=WAIT_MS)
    press(banner.notice(PEOPLE), "Show people")
    dialog = window.dialogs.enrolment
    people = dialog.people_page
    qtbot.waitUntil(lambda: people.table.rowCount() == 1)
    assert people.table.item(0, PERSON_STATE).text() == "needs new photos"
    press(people.other_pack_notice, "Read kept photos")
    qtbot.waitUntil(lambda: not window.packs.reembedding.is_running, timeout=WAIT_MS)
    assert "Recognised with this pack now: Ana." in people.notice.text
    qtbot.waitUntil(lambda: people.table.item(0, PERSON_STATE).text() == "ready")
    assert people.other_pack_notice.text == ""
    assert people.table.item(0, NAME).text() == "Ana"
    dialog.close()


def test_nobody_is_bothered_at_the_start_while_somebody_is_recognised(qtbot, window, paths, store):
    folder = write_pack(paths.packs_dir / "tiny")
    enrol(store, "Ana")
    store.enrol("Ben", np.eye(3, 16, dtype=np.float32), open_pack(folder).model_id, None)
    window._keeper.update("detection", pack="tiny")
    sizes = []
    window.session.gallery_loaded.connect(sizes.append)
    start(qtbot, window, "tiny")
    qtbot.waitUntil(lambda: sizes == [1], timeout=WAIT_MS)
    jobs = window.packs.reembedding._jobs
    qtbot.waitUntil(lambda: not jobs.is_busy)
    assert window.pane.banner.text(PEOPLE) == ""


def test_reading_again_can_be_stopped_and_can_fail(qtbot, window, paths, store, monkeypatch):
    write_pack(paths.packs_dir / "tiny")
    for number in range(8):
        enrol(store, f"Person {number}", (photo(number),))
    window._keeper.update("detection", pack="tiny")
    start(qtbot, window, "tiny")
    reembedding, banner = window.packs.reembedding, window.pane.banner
    qtbot.waitUntil(lambda: bool(banner.text(PEOPLE)), timeout=WAIT_MS)
    reembedding.start()
    reembedding.cancel()
    qtbot.waitUntil(lambda: not reembedding.is_running, timeout=WAIT_MS)
    assert "stopped before the end" in banner.text(PEOPLE)

    def break_down(*_args, **_more):
        raise RuntimeError("never thought of")

    monkeypatch.setattr("facemotion.ui.reembedding_desk.open_pack", break_down)
    reembedding.start()
    qtbot.waitUntil(lambda: not reembedding.is_running, timeout=WAIT_MS)
    assert "unexpected error" in banner.text(PEOPLE)
    assert [each.text() for each in banner.notice(PEOPLE).buttons] == ["Try again"]
