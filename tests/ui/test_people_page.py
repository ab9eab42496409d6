"""Managing people: the real store, the real table, the real questions."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox, QPushButton

from facemotion.core.baseline import NeutralBaseline
from facemotion.store.baselines import BaselineStore
from facemotion.store.gallery import GalleryStore
from facemotion.ui.gallery_editor import GalleryEditor, NewFace
from facemotion.ui.people_page import PeoplePage
from facemotion.ui.people_table import ADDED, NAME, NEUTRAL, PHOTOS, SHOTS, STATE

MODEL = "tester-00000000"


def embeddings(count, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def store(tmp_path):
    return GalleryStore(tmp_path / "gallery")


@pytest.fixture
def editor(qtbot, store):
    made = GalleryEditor(store)
    yield made
    assert made.wait()
    qtbot.waitUntil(lambda: not made.is_busy)


@pytest.fixture
def page(qtbot, editor):
    made = PeoplePage(editor)
    qtbot.addWidget(made)
    made.set_model(MODEL, 16)
    made.show()
    return made


def settle(qtbot, editor):
    qtbot.waitUntil(lambda: not editor.is_busy)


def fill(qtbot, editor, store, *names):
    people = [
        store.enrol(name, embeddings(3, seed), MODEL) for seed, name in enumerate(names, start=1)
    ]
    editor.reload()
    settle(qtbot, editor)
    return people


def names_shown(page):
    return [page.table.item(row, NAME).text() for row in range(page.table.rowCount())]


def answer(page, words):
    """Press a button of the question that is open."""
    box = page.findChildren(QMessageBox)[-1]
    next(b for b in box.buttons() if b.text().replace("&", "") == words).click()


def test_nobody_enrolled_offers_the_first_step(page, qtbot):
    asked = []
    page.enrolment_wanted.connect(lambda: asked.append(True))
    start = next(b for b in page.findChildren(QPushButton) if b.text() == "Enrol somebody")
    assert start.isVisible()
    assert not page.table.isVisible()
    assert not page.export_button.isEnabled()
    assert page.import_button.isEnabled()
    qtbot.mouseClick(start, Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_rows_tell_what_is_known(page, editor, store, qtbot):
    store.enrol("Ana", embeddings(3), MODEL, [b"\x89PNG\r\n\x1a\n123"])
    store.enrol("Μαρία", embeddings(2, 5), "other-11111111")
    editor.reload()
    settle(qtbot, editor)
    table = page.table
    assert [table.item(0, column).text() for column in (NAME, SHOTS, PHOTOS, STATE)] == [
        "Ana",
        "3",
        "yes",
        "ready",
    ]
    assert table.item(0, ADDED).text()
    assert table.item(1, STATE).text() == "needs new photos"
    assert "other-11111111" in table.item(1, STATE).toolTip()
    page.set_model(None, 0)
    assert table.item(0, STATE).text() == "no model loaded"


def test_only_what_is_possible_can_be_pressed(page, editor, store, qtbot):
    fill(qtbot, editor, store, "Ana", "Bo", "Cy")
    page.table.selectRow(0)
    possible = (page.add_button, page.rename_button, page.merge_button, page.delete_button)
    assert [b.isEnabled() for b in possible] == [True, True, False, True]
    page.table.selectAll()
    assert [b.isEnabled() for b in possible] == [False, False, False, True]


def test_rename_in_place(page, editor, store, qtbot):
    (ana,) = fill(qtbot, editor, store, "Ana")
    page.table.selectRow(0)
    qtbot.mouseClick(page.rename_button, Qt.MouseButton.LeftButton)
    field = page.table.findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "Anna-Maria")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names_shown(page) == ["Anna-Maria"] and not editor.is_busy)
    assert store.load().by_id(ana.person_id).name == "Anna-Maria"
    assert page.table.selected_ids() == [ana.person_id]


@pytest.mark.parametrize(
    ("typed", "reason"), [("Bo", "Bo is enrolled already"), ("x" * 101, "101")]
)
def test_a_name_that_cannot_be_is_refused_and_the_old_one_stays(
    page, editor, store, qtbot, typed, reason
):
    fill(qtbot, editor, store, "Ana", "Bo")
    page.table.item(0, NAME).setText(typed)
    qtbot.waitUntil(lambda: bool(page.notice.text) and not editor.is_busy)
    assert reason in page.notice.text
    assert names_shown(page) == ["Ana", "Bo"]


@pytest.mark.parametrize(("words", "left"), [("Delete", ["Bo"]), ("Cancel", ["Ana", "Bo"])])
def test_deleting_is_confirmed_and_really_deletes(page, editor, store, qtbot, words, left):
    ana, _ = fill(qtbot, editor, store, "Ana", "Bo")
    page.table.select_person(ana.person_id)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    box = page.findChild(QMessageBox)
    assert "Ana" in box.text()
    assert "cannot be undone" in box.informativeText()
    answer(page, words)
    settle(qtbot, editor)
    assert names_shown(page) == left
    assert (store.folder / ana.person_id).exists() is ("Ana" in left)


def test_merging_keeps_the_name_chosen(page, editor, store, qtbot):
    fill(qtbot, editor, store, "Ana", "Anna")
    page.table.selectAll()
    qtbot.mouseClick(page.merge_button, Qt.MouseButton.LeftButton)
    answer(page, "Anna")
    settle(qtbot, editor)
    assert names_shown(page) == ["Anna"]
    assert store.load().people[0].embedding_count == 6


def test_add_photos_names_the_person(page, editor, store, qtbot):
    asked = []
    page.photos_wanted.connect(asked.append)
    (ana,) = fill(qtbot, editor, store, "Ana")
    page.table.selectRow(0)
    qtbot.mouseClick(page.add_button, Qt.MouseButton.LeftButton)
    assert asked == [ana.person_id]


def test_export_and_import_as_one_file(page, editor, store, qtbot, tmp_path, monkeypatch):
    fill(qtbot, editor, store, "Ana", "Bo")
    target = tmp_path / "everybody"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(target), ""))
    qtbot.mouseClick(page.export_button, Qt.MouseButton.LeftButton)
    settle(qtbot, editor)
    written = target.with_suffix(".zip")
    assert written.is_file()
    assert "2 people" in page.notice.text

    editor.delete([person.person_id for person in editor.contents.people])
    settle(qtbot, editor)
    assert names_shown(page) == []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(written), ""))
    qtbot.mouseClick(page.import_button, Qt.MouseButton.LeftButton)
    settle(qtbot, editor)
    assert names_shown(page) == ["Ana", "Bo"]
    assert "2 people were imported: Ana, Bo." in page.notice.text


def test_importing_needs_a_model_and_a_gallery(page, editor, qtbot, tmp_path):
    page.set_model(None, 0)
    page.import_file(tmp_path / "x.zip")
    assert "model pack first" in page.notice.text
    page.set_model(MODEL, 16)
    wrong = tmp_path / "x.zip"
    wrong.write_bytes(b"no zip")
    page.import_file(wrong)
    settle(qtbot, editor)
    assert "x.zip cannot be read" in page.notice.text


def test_a_vector_of_another_length_is_refused(page, editor, qtbot, tmp_path):
    np.save(tmp_path / "Ana.npy", embeddings(1)[0, :8])
    page.import_file(tmp_path / "Ana.npy")
    settle(qtbot, editor)
    assert "another model" in page.notice.text
    assert names_shown(page) == []


def test_a_damaged_person_is_reported(page, editor, store, qtbot):
    ana, _ = fill(qtbot, editor, store, "Ana", "Bo")
    (store.folder / ana.person_id / "person.json").write_text(json.dumps({"name": "Ana"}))
    editor.reload()
    settle(qtbot, editor)
    assert names_shown(page) == ["Bo"]
    assert "could not be read" in page.notice.text
    assert "set aside" in page.notice.text


def test_an_unwritable_gallery_gives_a_sentence(editor, store, qtbot, tmp_path):
    told = []
    editor.failed.connect(told.append)
    store.folder.parent.mkdir(parents=True, exist_ok=True)
    store.folder.write_text("a file where the folder should be")
    editor.enrol("Ana", NewFace(embeddings(1), MODEL))
    settle(qtbot, editor)
    assert told
    assert str(store.folder) in told[0]


def test_somebody_of_another_model_is_enrolled_anew(editor, store, qtbot):
    person = store.enrol("Ana", embeddings(2), "other-11111111")
    editor.reload()
    settle(qtbot, editor)
    heard = []
    editor.person_enrolled.connect(heard.append)
    editor.add_to(person.person_id, NewFace(embeddings(3, 7), MODEL))
    settle(qtbot, editor)
    now = store.load().by_id(person.person_id)
    assert (now.model_id, now.embedding_count, now.name) == (MODEL, 3, "Ana")
    assert heard == [person.person_id]


def test_a_neutral_face_is_shown_and_can_be_forgotten(page, editor, store, qtbot):
    ana, _ben = fill(qtbot, editor, store, "Ana", "Ben")
    probs = np.full((20, 7), 1 / 7, np.float32)
    BaselineStore(store.folder).save(ana.person_id, NeutralBaseline.of(probs, "emotion-1"))
    editor.reload()
    settle(qtbot, editor)
    assert [page.table.item(row, NEUTRAL).text() for row in range(2)] == ["yes", "no"]
    page.table.selectRow(1)
    assert not page.neutral_button.isEnabled()
    page.table.selectRow(0)
    assert page.neutral_button.isEnabled()
    changed = []
    editor.gallery_changed.connect(lambda: changed.append(True))
    page.neutral_button.click()
    settle(qtbot, editor)
    assert page.table.item(0, NEUTRAL).text() == "no"
    assert not page.neutral_button.isEnabled()
    assert "Ana" in page.notice.text
    assert changed == [True]
    assert BaselineStore(store.folder).load() == {}
