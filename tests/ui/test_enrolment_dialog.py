"""The enrolment dialog: what it says and does in every situation, models and camera played."""

import dataclasses

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox

from facemotion.core.types import EmotionReading, FaceResult, Frame, FrameResult, Identity
from facemotion.store.gallery import GalleryStore
from facemotion.store.settings import PrivacySettings, Settings
from facemotion.ui.enrolment_dialog import EnrolmentDialog
from facemotion.ui.enrolment_files_page import MOST_PHOTOS
from facemotion.ui.face_chooser import FaceChooser
from facemotion.ui.gallery_editor import NewFace
from facemotion.ui.notice import NoticeKind
from facemotion.ui.photo_tile import TileState
from tests.core.faces import face, near, turned_face, unit
from tests.fakes import FAKE_MODEL, FakeSession, models_info

EAST, NORTH, UP = unit(1, 0, 0, 0), unit(0, 1, 0, 0), unit(0, 0, 1, 0)


@pytest.fixture
def session(qtbot):
    return FakeSession()


@pytest.fixture
def store(tmp_path):
    return GalleryStore(tmp_path / "gallery")


@pytest.fixture
def open_dialog(qtbot, session, store):
    made = []

    def make(page="files", settings=None):
        dialog = EnrolmentDialog(session, store, settings or Settings(), initial_page=page)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitUntil(lambda: not dialog.editor.is_busy)
        made.append(dialog)
        return dialog

    yield make
    for dialog in made:
        dialog.close()
        qtbot.waitUntil(lambda each=dialog: not each.editor.is_busy)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    paths = [folder / f"{name}.png" for name in ("front", "left", "right", "ünïcode")]
    for path in paths:
        path.write_bytes(cv2.imencode(".png", np.full((40, 40, 3), 90, np.uint8))[1].tobytes())
    return paths


def settle(qtbot, dialog):
    qtbot.waitUntil(lambda: not dialog.editor.is_busy)


def press(dialog, words):
    """Press a button of the notice or of the question on show."""
    boxes = [box for box in dialog.findChildren(QMessageBox) if box.isVisible()]
    buttons = boxes[-1].buttons() if boxes else dialog.panel.notice.buttons
    next(b for b in buttons if b.text().replace("&", "") == words).click()


def add_accepted(dialog, session, paths, *embeddings):
    dialog.files_page.add_paths(paths[: len(embeddings)])
    job_id = max(session.jobs)
    for embedding in embeddings:
        session.accept_photo(job_id, embedding)


def result_of(*detections, time_s=0.0, index=0):
    pixels = np.random.default_rng(0).integers(60, 200, (480, 640, 3)).astype(np.uint8)
    faces = tuple(
        FaceResult(
            number,
            each.bbox_xyxy,
            np.zeros(4, np.float32),
            each.kps,
            each.det_score,
            Identity(),
            EmotionReading(),
            0.0,
        )
        for number, each in enumerate(detections, start=1)
    )
    return FrameResult(Frame(pixels, time_s, index), faces)


def watch(session, *detections, start_s=0.0, count=10):
    for step in range(count):
        time_s = start_s + step / 10
        session.give_result(result_of(*detections, time_s=time_s, index=round(time_s * 10)))


# ----- photos


def test_photos_are_enrolled_under_a_name(open_dialog, session, store, photos, qtbot):
    dialog = open_dialog()
    heard, changed = [], []
    dialog.person_enrolled.connect(heard.append)
    dialog.gallery_changed.connect(lambda: changed.append(True))
    dialog.files_page.add_paths(photos[:3])
    assert [tile.state for tile in dialog.files_page.board.tiles()] == [TileState.WAITING] * 3
    assert dialog.files_page.words == "Examining: 3 to go"
    assert dialog.panel.state_words == "The photos are being examined."
    for embedding in (EAST, near(EAST, 0.9, NORTH), near(EAST, 0.8, NORTH)):
        session.accept_photo(1, embedding)
    assert dialog.files_page.words == "3 accepted"
    assert dialog.panel.state_words == "Type a name."
    qtbot.keyClicks(dialog.panel.name_field.line_edit(), "Ana")
    assert dialog.panel.state_words == "Ready: 3 shots"
    qtbot.keyClick(dialog.panel.name_field.line_edit(), Qt.Key.Key_Return)
    settle(qtbot, dialog)
    (person,) = store.load().people
    assert (person.name, person.embedding_count, person.has_photos) == ("Ana", 3, False)
    assert heard == [person.person_id]
    assert changed == [True]
    assert dialog.panel.notice.text == "Ana is enrolled, 3 shots saved."
    assert dialog.shots() == []
    assert dialog.panel.name is None
    press(dialog, "Show people")
    assert dialog.page == "people"
    assert dialog.people_page.table.selected_ids() == [person.person_id]
    assert not dialog.panel.isVisible()


def test_every_rejection_tells_its_reason(open_dialog, session, photos):
    dialog = open_dialog()
    dialog.files_page.add_paths(photos)
    for reason in ("no face was found", "several faces (2)", "the face is too blurred"):
        session.reject_photo(1, reason, [face(), face(200)] if "several" in reason else ())
    session.accept_photo(1, EAST)
    tiles = dialog.files_page.board.tiles()
    assert [tile.words for tile in tiles] == [
        "✗ no face was found",
        "✗ several faces (2)",
        "✗ the face is too blurred",
        "✓ accepted",
    ]
    assert [tile.is_choosable for tile in tiles] == [False, True, False, False]
    assert dialog.files_page.words == "1 accepted, 3 rejected. Three to five good photos are best."


def test_the_face_meant_is_chosen_and_examined_alone(open_dialog, session, photos, qtbot):
    dialog = open_dialog()
    dialog.files_page.add_paths(photos[:1])
    session.reject_photo(1, "several faces (2)", [face(0, 0, 12), face(20, 5, 12)])
    (tile,) = dialog.files_page.board.tiles()
    qtbot.mouseClick(tile.choose_button(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.findChild(FaceChooser) is not None)
    qtbot.keyClick(dialog.findChild(FaceChooser).view, Qt.Key.Key_2)
    (crop,) = session.jobs[2]
    assert crop.shape[0] < 40
    assert tile.state is TileState.WAITING
    session.accept_photo(2, EAST)
    assert tile.state is TileState.ACCEPTED
    assert len(dialog.shots()) == 1


def test_a_photo_that_vanished_before_the_choice_gives_a_sentence(
    open_dialog, session, photos, qtbot
):
    dialog = open_dialog()
    dialog.files_page.add_paths(photos[:1])
    session.reject_photo(1, "several faces (2)", [face(), face(200)])
    photos[0].unlink()
    qtbot.mouseClick(dialog.files_page.board.tiles()[0].choose_button(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(dialog.files_page.notice.text))
    assert "There is no file" in dialog.files_page.notice.text


def test_a_chosen_face_that_is_still_refused_offers_no_second_choice(open_dialog, session, photos):
    dialog = open_dialog()
    (tile_id,) = dialog.files_page.board.add([("crop", np.zeros((9, 9, 3), np.uint8))])
    session.reject_photo(1, "several faces (2)", [face(), face(200)])
    assert not dialog.files_page.board.tiles()[0].is_choosable
    dialog.files_page.board.choice_wanted.emit(tile_id)
    assert dialog.findChild(FaceChooser) is None


def test_a_photo_removed_while_it_is_examined_is_forgotten(open_dialog, session, photos, qtbot):
    dialog = open_dialog()
    dialog.files_page.add_paths(photos[:2])
    first, _ = dialog.files_page.board.tiles()
    qtbot.mouseClick(first.remove_button(), Qt.MouseButton.LeftButton)
    session.accept_photo(1, EAST)
    assert dialog.shots() == []
    session.accept_photo(1, NORTH)
    assert [shot.title for shot in dialog.shots()] == ["left.png"]
    session.accept_photo(99, EAST)
    assert len(dialog.shots()) == 1


def test_repeats_empty_folders_and_too_many_are_told(open_dialog, photos, tmp_path):
    dialog = open_dialog()
    page = dialog.files_page
    page.add_paths([photos[0].parent])
    assert page.board.count == 4
    page.add_paths(photos)
    assert page.board.count == 4
    (tmp_path / "nothing").mkdir()
    page.add_paths([tmp_path / "nothing"])
    assert page.notice.text == "No pictures are in nothing."
    page.add_paths(tmp_path / f"{number}.png" for number in range(MOST_PHOTOS))
    assert page.board.count == MOST_PHOTOS
    assert "4 were left out" in page.notice.text


def test_choosing_files_in_the_file_dialog(open_dialog, photos, qtbot, monkeypatch):
    dialog = open_dialog()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(photos[3])], ""))
    qtbot.mouseClick(dialog.files_page.choose_button, Qt.MouseButton.LeftButton)
    assert [tile.title for tile in dialog.files_page.board.tiles()] == ["ünïcode.png"]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    dialog.files_page.choose_button.click()
    assert dialog.files_page.board.count == 1


def drop_arguments(paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def test_files_are_dropped(open_dialog, photos):
    page = open_dialog().files_page
    data, buttons, keys = drop_arguments(photos)
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(5, 5), action, data, buttons, keys)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    assert not page.grab().isNull()
    page.dragLeaveEvent(QDragLeaveEvent())
    page.dropEvent(QDropEvent(QPointF(5, 5), action, data, buttons, keys))
    assert page.board.count == 4
    text = QMimeData()
    text.setText("no file")
    refused = QDragEnterEvent(QPoint(5, 5), action, text, buttons, keys)
    refused.ignore()
    page.dragEnterEvent(refused)
    assert not refused.isAccepted()


# ----- models that are missing, fail or change


def test_photos_wait_for_a_model(open_dialog, session, photos):
    session.models_info = None
    dialog = open_dialog()
    dialog.files_page.add_paths(photos[:1])
    assert "waits for a model" in dialog.files_page.board.tiles()[0].words
    assert session.jobs == {}
    session.use_models(models_info())
    session.accept_photo(1, EAST)
    assert len(dialog.shots()) == 1


def test_other_models_examine_everything_again(open_dialog, session, photos):
    dialog = open_dialog()
    add_accepted(dialog, session, photos, EAST)
    session.use_models(models_info("other-11111111"))
    assert dialog.shots() == []
    session.accept_photo(1, NORTH)
    assert dialog.shots() == []
    session.accept_photo(2, UP)
    assert np.array_equal(dialog.shots()[0].embedding, UP)
    session.use_models(models_info("other-11111111"))
    assert len(dialog.shots()) == 1


def test_refusals_and_failures_end_the_waiting(open_dialog, session, photos):
    dialog = open_dialog()
    dialog.files_page.add_paths(photos[:2])
    session.photos_refused.emit(1, "No face model is loaded.")
    session.inference_failed.emit("Reading faces stopped.")
    words = [tile.words for tile in dialog.files_page.board.tiles()]
    assert words == ["✗ No face model is loaded.", "✗ Reading faces stopped."]


# ----- warnings


def enrolled(store, name, embedding, model_id=FAKE_MODEL):
    return store.enrol(name, embedding[None], model_id)


def test_a_lookalike_is_told_and_the_photos_can_go_there(
    open_dialog, session, store, photos, qtbot
):
    ana = enrolled(store, "Ana", EAST)
    dialog = open_dialog()
    add_accepted(dialog, session, photos, near(EAST, 0.45, NORTH))
    assert dialog.panel.notice.text == (
        "This looks like Ana (73 %). Add these photos to Ana instead?"
    )
    press(dialog, "Add to Ana")
    assert dialog.panel.target.person_id == ana.person_id
    assert dialog.panel.notice.text == ""
    assert dialog.panel.save_button.text() == "Add photos"
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    (person,) = store.load().people
    assert (person.name, person.embedding_count) == ("Ana", 2)
    assert dialog.panel.target is None


@pytest.mark.parametrize(
    ("words", "names"),
    [("Save as Bo", ["Ana", "Bo"]), ("Add to Ana", ["Ana"]), ("Cancel", ["Ana"])],
)
def test_saving_a_lookalike_under_another_name_is_asked(
    open_dialog, session, store, photos, qtbot, words, names
):
    enrolled(store, "Ana", EAST)
    dialog = open_dialog()
    add_accepted(dialog, session, photos, near(EAST, 0.9, NORTH))
    dialog.panel.name_field.set_text("Bo")
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    press(dialog, words)
    settle(qtbot, dialog)
    assert [person.name for person in store.load().people] == names
    counts = {person.name: person.embedding_count for person in store.load().people}
    assert counts["Ana"] == (2 if words == "Add to Ana" else 1)
    assert len(dialog.shots()) == (1 if words == "Cancel" else 0)


def test_a_refused_lookalike_is_not_named_again(open_dialog, session, store, photos, qtbot):
    enrolled(store, "Ana", EAST)
    dialog = open_dialog()
    add_accepted(dialog, session, photos, near(EAST, 0.9, NORTH))
    press(dialog, "No, somebody else")
    assert dialog.panel.notice.text == ""
    dialog.panel.name_field.set_text("Bo")
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert [person.name for person in store.load().people] == ["Ana", "Bo"]


def test_no_warning_when_it_is_meant_or_switched_off(open_dialog, session, store, photos):
    enrolled(store, "Ana", EAST)
    dialog = open_dialog()
    add_accepted(dialog, session, photos, EAST)
    dialog.panel.name_field.set_text("ana")
    assert dialog.panel.notice.text == ""
    assert dialog.panel.save_button.text() == "Add photos"
    dialog.panel.name_field.set_text("Bo")
    assert "looks like Ana" in dialog.panel.notice.text
    quiet = dataclasses.replace(Settings().enrolment, is_duplicate_warned=False)
    dialog.apply_settings(dataclasses.replace(Settings(), enrolment=quiet))
    assert dialog.panel.notice.text == ""


def test_photos_for_one_that_look_like_another(open_dialog, session, store, photos):
    enrolled(store, "Ana", EAST)
    bo = enrolled(store, "Bo", NORTH)
    dialog = open_dialog()
    dialog.add_photos_to(bo.person_id)
    assert dialog.page == "files"
    add_accepted(dialog, session, photos, EAST)
    assert "more like Ana (100 %) than like Bo" in dialog.panel.notice.text
    dialog.panel.clear_target()
    assert "looks like Ana" in dialog.panel.notice.text


def test_shots_of_two_people_stop_the_saving(open_dialog, session, store, photos, qtbot):
    dialog = open_dialog()
    dialog.panel.name_field.set_text("Ana")
    add_accepted(dialog, session, photos, EAST, near(EAST, 0.9, NORTH), UP)
    assert dialog.panel.notice.text == "This does not look like the other shots: right.png."
    assert not dialog.panel.save_button.isEnabled()
    press(dialog, "Remove it")
    assert dialog.panel.notice.text == ""
    assert len(dialog.shots()) == 2
    assert dialog.panel.save_button.isEnabled()


def test_of_two_strangers_the_user_decides(open_dialog, session, photos):
    dialog = open_dialog()
    dialog.panel.name_field.set_text("Ana")
    add_accepted(dialog, session, photos, EAST, UP)
    assert "do not look like one person: front.png, left.png" in dialog.panel.notice.text
    press(dialog, "It is the same person")
    assert dialog.panel.save_button.isEnabled()
    dialog.files_page.board.clear()
    add_accepted(dialog, session, photos, NORTH, UP)
    assert "do not look like one person" in dialog.panel.notice.text


# ----- saving


def test_photos_are_kept_only_when_asked(open_dialog, session, store, photos, qtbot):
    dialog = open_dialog()
    assert not dialog.panel.keep_photos.isChecked()
    dialog.panel.keep_photos.click()
    dialog.panel.name_field.set_text("Ana")
    add_accepted(dialog, session, photos, EAST, near(EAST, 0.9, NORTH))
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    (person,) = store.load().people
    kept = store.photos(person.person_id)
    assert len(kept) == 2
    assert cv2.imread(str(kept[0])).shape == (160, 160, 3)


def test_the_setting_decides_how_the_tick_begins(open_dialog):
    keeping = dataclasses.replace(Settings(), privacy=PrivacySettings(keep_photos=True))
    dialog = open_dialog(settings=keeping)
    assert dialog.panel.keep_photos.isChecked()
    dialog.panel.keep_photos.click()
    dialog.apply_settings(keeping)
    assert not dialog.panel.keep_photos.isChecked()
    dialog.apply_settings(Settings())
    dialog.apply_settings(keeping)
    assert dialog.panel.keep_photos.isChecked()


def test_somebody_of_another_pack_is_enrolled_anew(open_dialog, session, store, photos, qtbot):
    ana = enrolled(store, "Ana", unit(1, 2, 3, 4, 5), "other-11111111")
    dialog = open_dialog("people")
    dialog.people_page.table.select_person(ana.person_id)
    qtbot.mouseClick(dialog.people_page.add_button, Qt.MouseButton.LeftButton)
    assert dialog.page == "files"
    add_accepted(dialog, session, photos, EAST)
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    (person,) = store.load().people
    assert (person.person_id, person.model_id) == (ana.person_id, FAKE_MODEL)


def test_a_disk_that_refuses_loses_nothing(open_dialog, session, store, photos, qtbot):
    dialog = open_dialog()
    dialog.panel.name_field.set_text("Ana")
    add_accepted(dialog, session, photos, EAST)
    store.folder.write_text("a file where the folder should be")
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert str(store.folder) in dialog.panel.notice.text
    assert dialog.panel.notice.kind is NoticeKind.ERROR
    assert len(dialog.shots()) == 1
    store.folder.unlink()
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert store.load().people[0].name == "Ana"


def test_a_person_deleted_meanwhile_is_no_target_any_more(open_dialog, store, qtbot):
    ana = enrolled(store, "Ana", EAST)
    dialog = open_dialog()
    dialog.add_photos_to(ana.person_id)
    dialog.add_photos_to("nobody")
    assert dialog.panel.target is not None
    store.delete(ana.person_id)
    dialog.editor.reload()
    settle(qtbot, dialog)
    assert dialog.panel.target is None


@pytest.mark.parametrize(("words", "is_open"), [("Discard", False), ("Cancel", True)])
def test_closing_with_unsaved_shots_is_asked(open_dialog, session, photos, qtbot, words, is_open):
    dialog = open_dialog()
    add_accepted(dialog, session, photos, EAST)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    press(dialog, words)
    assert dialog.isVisible() is is_open
    assert len(dialog.shots()) == (1 if is_open else 0)


def test_closing_with_nothing_unsaved_is_not_asked(open_dialog, qtbot):
    dialog = open_dialog()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


# ----- camera


def test_the_camera_page_says_what_is_missing(open_dialog, session, qtbot):
    dialog = open_dialog("camera")
    page = dialog.camera_page
    assert "No source is running" in page.notice.text
    assert not page.take_button.isEnabled()
    session.open_source("camera")
    assert page.notice.text == ""
    assert page.take_button.isEnabled()
    session.pause(True)
    assert "paused" in page.notice.text
    session.pause(False)
    session.use_models(models_info(""))
    assert "cannot tell people apart" in page.notice.text
    session.use_models(None)
    assert "No face model is loaded" in page.notice.text
    session.use_models(models_info())
    session.open_source("image")
    assert "still picture" in page.notice.text
    session.close_source()
    qtbot.mouseClick(page.notice.buttons[0], Qt.MouseButton.LeftButton)
    assert dialog.page == "files"


def test_a_head_that_turns_is_enrolled(open_dialog, session, store, qtbot):
    dialog = open_dialog("camera")
    page = dialog.camera_page
    session.open_source("camera")
    poses = [
        turned_face(),
        turned_face(yaw_deg=25),
        turned_face(yaw_deg=-25),
        turned_face(pitch_deg=20),
        turned_face(pitch_deg=-20),
    ]
    for number, detection in enumerate(poses):
        watch(session, detection, start_s=2.0 * number)
        session.accept_photo(number + 1, near(EAST, 1.0 - 0.05 * number, NORTH))
    assert [tile.title for tile in page.board.tiles()] == ["Front", "Left", "Right", "Up", "Down"]
    assert page.hint == "Done. Type the name below."
    qtbot.keyClicks(dialog.panel.name_field.line_edit(), "Ana")
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert store.load().people[0].embedding_count == 5
    assert page.hint == "Press Start for the next person."
    watch(session, turned_face(), start_s=20.0)
    assert page.board.count == 0
    assert not page.take_button.isEnabled()
    assert page.restart_button.text() == "Start"
    qtbot.mouseClick(page.restart_button, Qt.MouseButton.LeftButton)
    watch(session, turned_face(), start_s=30.0)
    assert page.board.count == 1


def test_hints_are_told_in_words(open_dialog, session):
    page = open_dialog("camera").camera_page
    session.open_source("camera")
    session.give_result(result_of(index=1))
    assert page.hint == "Come into the picture."
    session.give_result(result_of(face(300, 200, 40), index=2, time_s=0.1))
    assert page.hint == "Come closer."
    session.give_result(result_of(face(60, 200, 90), face(400, 200, 90), index=3, time_s=0.2))
    assert page.hint == "Several people: click on one, or type its number."


def test_a_click_chooses_the_face(open_dialog, session, qtbot):
    page = open_dialog("camera").camera_page
    session.open_source("demo")
    pair = (face(60, 150, 130), face(400, 150, 130))
    session.give_result(result_of(*pair, index=1))
    centre = page.preview.face_rect(2).center().toPoint()
    qtbot.mouseClick(page.preview, Qt.MouseButton.LeftButton, pos=centre)
    watch(session, *pair, start_s=1.0)
    assert [tile.title for tile in page.board.tiles()] == ["Front"]
    centre = page.preview.face_rect(1).center().toPoint()
    qtbot.mouseClick(page.preview, Qt.MouseButton.LeftButton, pos=centre)
    assert page.board.count == 0


def test_a_shot_that_cannot_be_used_is_taken_again(open_dialog, session):
    page = open_dialog("camera").camera_page
    session.open_source("camera")
    watch(session, turned_face())
    session.reject_photo(1, "the face is too blurred")
    assert page.board.count == 0
    assert "the face is too blurred. It is taken again" in page.notice.text
    watch(session, turned_face(), start_s=2.0)
    assert page.board.count == 1
    assert page.notice.text == ""


def test_a_shot_is_taken_at_once_on_request(open_dialog, session, qtbot):
    page = open_dialog("camera").camera_page
    session.open_source("camera")
    qtbot.mouseClick(page.take_button, Qt.MouseButton.LeftButton)
    assert page.board.count == 0
    session.give_result(result_of(turned_face(yaw_deg=12), index=1))
    qtbot.mouseClick(page.take_button, Qt.MouseButton.LeftButton)
    assert [tile.title for tile in page.board.tiles()] == ["Shot 1"]
    session.reject_photo(1, "the face is too blurred")
    assert page.board.tiles()[0].state is TileState.REJECTED


def test_nothing_is_taken_while_the_page_is_not_shown(open_dialog, session):
    dialog = open_dialog("files")
    session.open_source("camera")
    watch(session, turned_face())
    assert dialog.camera_page.board.count == 0
    dialog.show_page("camera")
    watch(session, turned_face(), start_s=5.0)
    assert dialog.camera_page.board.count == 1


def test_only_cameras_are_mirrored(open_dialog, session):
    dialog = open_dialog("camera")
    preview = dialog.camera_page.preview
    session.open_source("camera")
    session.give_result(result_of(face(60, 200, 90), index=1))
    mirrored_x = preview.face_rect(1).center().x()
    session.open_source("video")
    session.give_result(result_of(face(60, 200, 90), index=1, time_s=1.0))
    assert preview.face_rect(1).center().x() < preview.width() / 2 < mirrored_x
    plain = dataclasses.replace(Settings().display, is_mirrored=False)
    session.open_source("camera")
    dialog.apply_settings(dataclasses.replace(Settings(), display=plain))
    assert preview.face_rect(1).center().x() < preview.width() / 2


def test_shots_of_camera_and_photos_are_saved_together(open_dialog, session, store, photos, qtbot):
    dialog = open_dialog("camera")
    session.open_source("camera")
    watch(session, turned_face())
    session.accept_photo(1, EAST)
    dialog.show_page("files")
    add_accepted(dialog, session, photos, near(EAST, 0.9, NORTH))
    dialog.panel.name_field.set_text("Ana")
    assert dialog.panel.state_words == "Ready: 2 shots"
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert store.load().people[0].embedding_count == 2


def test_enrolling_from_an_empty_list_goes_where_a_picture_is(open_dialog, session):
    dialog = open_dialog("people")
    dialog.people_page.enrolment_wanted.emit()
    assert dialog.page == "files"
    session.open_source("camera")
    dialog.people_page.enrolment_wanted.emit()
    assert dialog.page == "camera"


def test_it_is_not_modal(open_dialog):
    assert not open_dialog("camera").isModal()


def test_a_dialog_that_is_deleted_while_busy_leaves_nothing_behind(qtbot, session, store, photos):
    """As the main window does it: deleted at closing, with photos and a change under way."""
    dialog = EnrolmentDialog(session, store, Settings(), initial_page="files")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    is_gone, changed = [], []
    dialog.destroyed.connect(lambda: is_gone.append(True))
    dialog.gallery_changed.connect(lambda: changed.append(True))
    dialog.files_page.add_paths(photos)
    dialog.editor.enrol("Ana", NewFace(EAST[None], FAKE_MODEL))
    dialog.close()
    qtbot.waitUntil(lambda: bool(is_gone))
    for _ in photos:
        session.accept_photo(1, EAST)
    session.open_source("camera")
    watch(session, turned_face())
    session.use_models(models_info("other-11111111"))
    assert [person.name for person in store.load().people] == ["Ana"]
    assert changed == [True]
