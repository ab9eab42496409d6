"""The model page against a real HTTP server that misbehaves: nothing freezes or is half there."""

import dataclasses
import os

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox

from facemotion.store.licences import AcceptedLicences
from facemotion.ui.licence_dialog import LicenceDialog
from facemotion.ui.model_page import ModelPage
from facemotion.ui.notice import NoticeKind
from facemotion.ui.pack_progress import PackProgress, TransferRate
from facemotion.ui.pack_speeds import PackSpeeds, SpeedTerms
from facemotion.ui.pack_table import ACCURACY, LICENCE, NAME, SIZE, SPEED, STATE
from facemotion.ui.pack_words import remaining_words, size_words
from facemotion.ui.pack_work import PackWork
from facemotion.vision import pack_shelf
from facemotion.vision.download import DownloadProgress
from facemotion.vision.pack_speed import PackSpeed
from facemotion.vision.packs import find_packs, open_pack
from tests.vision.pack_server import IMPATIENT, PackServer, zipped_pack
from tests.vision.tiny_models import write_pack

WAIT_MS = 20_000
TERMS = SpeedTerms(det_size=320, provider="CPU", threads=1)


@pytest.fixture
def server():
    with PackServer() as running:
        yield running


@pytest.fixture
def tiny(tmp_path):
    return write_pack(tmp_path / "made")


@pytest.fixture
def description(server, tiny, monkeypatch):
    made = zipped_pack(server, tiny)
    monkeypatch.setattr(pack_shelf, "CATALOGUE", (made,))
    return made


@pytest.fixture
def work(qtbot, paths, description):
    made = PackWork(paths, IMPATIENT)
    yield made
    assert made.shutdown()
    qtbot.waitUntil(lambda: not made.is_busy and not made.measured and made.downloading is None)


@pytest.fixture
def page(qtbot, work):
    made = ModelPage(work, TERMS)
    qtbot.addWidget(made)
    work.failed.connect(lambda words: made.notice.say(NoticeKind.ERROR, words))
    work.succeeded.connect(lambda words: made.notice.say(NoticeKind.INFO, words))
    made.show()
    work.reload()
    settle(qtbot, work)
    return made


def settle(qtbot, work):
    """Wait until nothing is under way."""

    def is_quiet():
        return not work.is_busy and not work.measured and work.downloading is None

    qtbot.waitUntil(lambda: is_quiet() and bool(work.shelf), timeout=WAIT_MS)


def accept(page, description):
    licence = description.licence
    page._work.licences.accept(licence.key, licence.title)


def row_of(page, pack_id):
    page.table.select_pack(pack_id)
    rows = page.table.selectionModel().selectedRows()
    return rows[0].row()


def cell(page, pack_id, column):
    return page.table.item(row_of(page, pack_id), column).text()


def press(box, words):
    next(b for b in box.buttons() if b.text().replace("&", "") == words).click()


def begin(page, description, plan=""):
    """Download a pack with its licence accepted; the server does as planned."""
    accept(page, description)
    page.table.select_pack(description.pack_id)
    page.download_button.click()


def test_every_pack_says_what_it_is(page, qtbot):
    assert cell(page, "builtin", STATE) == "installed"
    assert cell(page, "tiny", STATE) == "can be downloaded"
    assert cell(page, "tiny", SIZE).endswith(("kB", "MB"))
    assert cell(page, "tiny", LICENCE) == "research only"
    assert "LFW" in cell(page, "tiny", ACCURACY)
    assert not page.use_button.isEnabled()
    assert page.download_button.isEnabled()
    assert not page.remove_button.isEnabled()
    assert "non-commercial" in page.details.text("licence")
    page.table.select_pack("builtin")
    assert page.use_button.isEnabled()
    assert not page.download_button.isEnabled()
    assert not page.remove_button.isEnabled(), "what comes with the program stays"


def test_installed_packs_are_timed_by_themselves_and_the_figure_is_kept(page, work, paths, qtbot):
    assert " ms" in cell(page, "builtin", SPEED)
    assert "320 px" in page.details.text("speed")
    built_in = next(entry for entry in work.shelf if entry.is_builtin)
    again = PackSpeeds(paths.data_dir / "pack_speeds.json")
    assert again.find(built_in.pack, TERMS) == work.speed(built_in.pack, TERMS)
    assert again.find(built_in.pack, dataclasses.replace(TERMS, det_size=640)) is None
    page.measure_button.click()
    assert work.measured == "builtin"
    assert "being measured" in page.details.text("speed")
    assert not page.measure_button.isEnabled()
    settle(qtbot, work)


def test_speeds_that_cannot_be_read_or_kept_are_measured_anew(tmp_path, tiny, caplog):
    path = tmp_path / "speeds.json"
    path.write_text('{"a": 1}')
    speeds = PackSpeeds(path)
    assert "cannot be read" in caplog.text
    speed, pack = PackSpeed(1.0, None, "CPU"), open_pack(tiny)
    speeds.keep(pack, TERMS, speed)
    assert PackSpeeds(path).find(pack, TERMS) == speed
    lost = PackSpeeds(tmp_path / "no folder" / "speeds.json")
    lost.keep(pack, TERMS, speed)
    assert lost.find(pack, TERMS) == speed


def test_the_licence_comes_first_and_a_refusal_asks_for_nothing(
    page, work, server, description, paths, qtbot
):
    page.table.select_pack("tiny")
    page.download_button.click()
    dialog = page.findChild(LicenceDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()
    assert work.downloading is None
    assert server.seen == []
    assert AcceptedLicences(paths.licences_file).keys() == frozenset()
    qtbot.waitUntil(lambda: page.findChild(LicenceDialog) is None)
    page.download_button.click()
    page.findChild(LicenceDialog).accept()
    assert AcceptedLicences(paths.licences_file).keys() == {description.licence.key}
    settle(qtbot, work)
    assert cell(page, "tiny", STATE) == "installed"


def test_a_licence_that_cannot_be_kept_stops_the_download(page, work, server, paths, description):
    paths.licences_file.mkdir()
    page.download(description)
    page.findChild(LicenceDialog).accept()
    assert "Cannot write" in page.notice.text
    assert work.downloading is None
    assert server.seen == []


def test_download_and_install(page, work, description, paths, qtbot):
    told = []
    work.installed.connect(told.append)
    begin(page, description)
    assert not page.download_button.isEnabled()
    assert page.progress.isVisible()
    assert "Tiny pack" in page.progress.text
    assert "downloading" in cell(page, "tiny", STATE)
    settle(qtbot, work)
    assert [pack.folder for pack in told] == [paths.packs_dir / "tiny"]
    assert not page.progress.isVisible()
    assert cell(page, "tiny", STATE) == "installed"
    assert page.use_button.isEnabled()
    assert page.remove_button.isEnabled()


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        (["status 404"], "error 404"),
        (["status 500"] * 9, "error 500"),
        (["declare 7"], "bytes instead of"),
        (["cut 2000"] + ["status 503"] * 9, "error 503"),
        (["stall 0"] * 9, "it does not answer"),
        (["garbage"] * 9, "the connection broke"),
    ],
)
def test_a_server_that_fails_is_named_with_what_to_do(
    page, work, server, description, paths, qtbot, plans, said
):
    server.plans.extend(plans)
    begin(page, description)
    settle(qtbot, work)
    assert said in page.notice.text
    assert "ry again" in page.notice.text
    assert page.notice.kind is NoticeKind.ERROR
    assert find_packs([paths.packs_dir]) == []
    assert os.listdir(paths.packs_dir) == [".partial"]
    assert page.download_button.isEnabled()


def test_a_wrong_file_is_not_installed(page, work, server, description, paths, qtbot):
    server.files["/tiny.zip"] = bytes(description.download_bytes)
    begin(page, description)
    settle(qtbot, work)
    assert "not the file that we know" in page.notice.text
    assert find_packs([paths.packs_dir]) == []
    assert cell(page, "tiny", STATE) == "can be downloaded"


def test_a_connection_that_is_cut_goes_on_by_itself(page, work, server, description, qtbot):
    server.plans.extend(["cut 3000", "cut 2000"])
    begin(page, description)
    settle(qtbot, work)
    assert cell(page, "tiny", STATE) == "installed"
    assert server.ranges[:2] == ["", "bytes=3000-"]


def test_the_window_lives_while_the_server_is_silent_and_cancel_is_quick(
    page, work, server, description, qtbot, monkeypatch
):
    monkeypatch.setattr(work, "_patience", dataclasses.replace(IMPATIENT, read_s=60.0))
    ticks = []
    beat = QTimer(interval=10)
    beat.timeout.connect(lambda: ticks.append(True))
    beat.start()
    server.plans.append("stall 4000")
    begin(page, description)
    qtbot.waitUntil(server.stalled.is_set, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "4 kB of" in page.progress.text, timeout=WAIT_MS)
    before = len(ticks)
    qtbot.waitUntil(lambda: len(ticks) > before + 5)
    page.table.select_pack("builtin")
    assert page.use_button.isEnabled(), "other packs can be used meanwhile"
    page.progress.cancel_button.click()
    assert "stopping" in page.progress.text
    settle(qtbot, work)
    beat.stop()
    assert "was stopped" in page.notice.text
    assert "% downloaded" in cell(page, "tiny", STATE)


def test_go_on_and_discard(page, work, server, description, paths, qtbot):
    server.plans.extend(["cut 4000"] + ["status 404"] * 2)
    begin(page, description)
    settle(qtbot, work)
    page.table.select_pack("tiny")
    assert page.download_button.text() == "Go on"
    assert page.discard_button.isVisible()
    server.plans.clear()
    server.seen.clear()
    page.download_button.click()
    settle(qtbot, work)
    assert server.ranges == ["bytes=4000-"]
    assert cell(page, "tiny", STATE) == "installed"
    assert not page.discard_button.isVisible()


def test_discard_after_a_question(page, work, server, description, qtbot):
    server.plans.extend(["cut 4000"] + ["status 404"] * 2)
    begin(page, description)
    settle(qtbot, work)
    page.table.select_pack("tiny")
    page.discard_button.click()
    press(page.findChildren(QMessageBox)[-1], "Discard")
    settle(qtbot, work)
    assert "deleted" in page.notice.text
    assert cell(page, "tiny", STATE) == "can be downloaded"
    assert page.download_button.text() == "Download…"


def test_one_download_at_a_time(page, work, server, description, tiny, qtbot, monkeypatch):
    other = dataclasses.replace(description, pack_id="other", title="Other pack")
    monkeypatch.setattr(pack_shelf, "CATALOGUE", (description, other))
    work.reload()
    settle(qtbot, work)
    server.plans.append("stall 100")
    begin(page, description)
    page.table.select_pack("other")
    assert not page.download_button.isEnabled()
    assert "One download" in page.download_button.toolTip()
    work.download(other)
    assert work.downloading == description
    work.cancel()
    settle(qtbot, work)


def test_removal_asks_and_spares_the_pack_in_use(page, work, paths, tiny, qtbot):
    write_pack(paths.packs_dir / "mine")
    work.set_in_use(paths.packs_dir / "mine")
    settle(qtbot, work)
    assert cell(page, "mine", STATE) == "in use"
    assert not page.remove_button.isEnabled()
    assert not page.use_button.isEnabled()
    work.set_in_use(None)
    settle(qtbot, work)
    page.table.select_pack("mine")
    page.remove_button.click()
    page.findChildren(QMessageBox)[-1].reject()
    settle(qtbot, work)
    assert (paths.packs_dir / "mine").is_dir()
    page.remove_button.click()
    press(page.findChildren(QMessageBox)[-1], "Remove")
    settle(qtbot, work)
    assert not (paths.packs_dir / "mine").exists()
    assert "was removed" in page.notice.text
    assert page.table.rowCount() == 2


def test_a_pack_that_went_away_meanwhile_is_said(page, work, paths, qtbot):
    folder = write_pack(paths.packs_dir / "mine")
    work.reload()
    settle(qtbot, work)
    entry = next(each for each in work.shelf if each.pack_id == "mine")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    work.remove(entry)
    settle(qtbot, work)
    assert "mine is no pack" in page.notice.text
    assert all(each.pack_id != "mine" for each in work.shelf)


def test_a_damaged_pack_says_so_and_can_be_had_again(page, work, paths, description, qtbot):
    begin(page, description)
    settle(qtbot, work)
    (paths.packs_dir / "tiny" / "rec_tiny.onnx").write_bytes(
        (write_pack(paths.data_dir / "other", 32) / "rec_tiny.onnx").read_bytes()
    )
    (paths.packs_dir / "broken").mkdir()
    (paths.packs_dir / "broken" / "det.onnx").write_bytes(b"no model")
    work.reload()
    settle(qtbot, work)
    assert cell(page, "broken", STATE) == "has a problem"
    assert "damaged" in page.details.summary
    assert not page.use_button.isEnabled()
    assert page.remove_button.isEnabled()
    assert cell(page, "tiny", STATE) == "has a problem"
    assert "changed or damaged" in page.details.summary
    again = page.table.rowCount() - 1
    assert page.table.item(again, STATE).text() == "can be downloaded"
    page.table.selectRow(again)
    page.download_button.click()
    settle(qtbot, work)
    assert cell(page, "tiny", STATE) == "installed"
    assert "changed" not in page.details.summary


def test_a_pack_without_names_is_used_only_after_a_question(page, work, paths, qtbot):
    write_pack(paths.packs_dir / "finder", has_recogniser=False)
    work.reload()
    settle(qtbot, work)
    assert cell(page, "finder", ACCURACY) == "names nobody"
    wanted = []
    page.use_wanted.connect(wanted.append)
    page.table.select_pack("finder")
    page.use_button.click()
    assert wanted == []
    press(page.findChildren(QMessageBox)[-1], "Use without names")
    assert [entry.pack_id for entry in wanted] == ["finder"]
    page.table.select_pack("builtin")
    page.use_button.click()
    assert [entry.pack_id for entry in wanted] == ["finder", "builtin"]


def test_a_pack_that_cannot_be_timed_is_said_once(page, work, paths, qtbot):
    folder = write_pack(paths.packs_dir / "lame")
    data = bytearray((folder / "det_tiny.onnx").read_bytes())
    (folder / "det_tiny.onnx").write_bytes(data.replace(b"AveragePool", b"AverageFool"))
    work.reload()
    settle(qtbot, work)
    assert "lame cannot be timed" in page.notice.text
    assert cell(page, "lame", SPEED) == ""
    assert cell(page, "lame", NAME) == "lame"


def test_closing_stops_a_download_that_hangs(qtbot, paths, server, description):
    work = PackWork(paths)
    work.licences.accept(description.licence.key, description.licence.title)
    server.plans.append("stall 3000")
    work.download(description)
    qtbot.waitUntil(server.stalled.is_set, timeout=WAIT_MS)
    assert work.shutdown()
    qtbot.waitUntil(lambda: work.downloading is None and not work.is_busy, timeout=WAIT_MS)


def test_an_unexpected_error_of_a_download_is_a_sentence(
    page, work, description, qtbot, monkeypatch
):
    def break_down(*_args):
        raise RuntimeError("never thought of")

    monkeypatch.setattr("facemotion.ui.pack_download.install_pack", break_down)
    begin(page, description)
    settle(qtbot, work)
    assert "unexpected error" in page.notice.text


def test_rate_and_words():
    rate = TransferRate()
    assert rate.per_s() == 0.0
    for second in range(12):
        rate.add(1000 * second, float(second))
    assert rate.per_s() == 1000.0
    rate.add(5, 13.0)
    assert rate.per_s() == 0.0, "it began anew"
    assert [size_words(size) for size in (13_000, 3_300_000, 15_000_000, 1_200_000_000)] == [
        "13 kB",
        "3.3 MB",
        "15 MB",
        "1.2 GB",
    ]
    assert remaining_words(0.2) == "about 1 s left"
    assert remaining_words(600.0) == "about 10 min left"


def test_progress_says_how_fast_and_how_long(qtbot, description, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("facemotion.ui.pack_progress.time.monotonic", lambda: now[0])
    bar = PackProgress()
    qtbot.addWidget(bar)

    def show(received, note=""):
        progress = DownloadProgress("tiny.zip", received, 30_000_000, note)
        bar.show_download(description, progress, is_stopping=False)
        return bar.text

    bar.show_download(description, None, is_stopping=False)
    assert "asking the server" in bar.text
    assert show(0) == "Tiny pack: 0 kB of 30 MB"
    now[0] += 2.0
    assert show(4_000_000).endswith("4.0 MB of 30 MB, 2.0 MB a second, about 13 s left")
    assert show(4_000_000, "waiting for host: cut").endswith("waiting for host: cut")
    assert show(30_000_000, "checking").endswith("checking the file…")
    bar.show_download(None, None, is_stopping=False)
    assert bar.text == ""
