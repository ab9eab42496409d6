"""Enrol in the dialog, start anew, be recognised: real photos, real models, real threads."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from facemotion.core.quality import QualityGates
from facemotion.core.types import Decision
from facemotion.store.gallery import GalleryStore
from facemotion.store.settings import Settings
from facemotion.ui.enrolment_dialog import EnrolmentDialog
from facemotion.ui.face_chooser import FaceChooser
from facemotion.ui.model_request import ModelRequest
from facemotion.ui.photo_tile import TileState
from facemotion.ui.session import LiveSession
from facemotion.vision.pipeline import PipelineParams
from facemotion.vision.sources.specs import open_source, parse_source

LOAD_MS = 60_000


@pytest.fixture
def start_session(qtbot, shared_pack):
    """Starts sessions as the application does, one after another."""
    sessions = []

    def start(store):
        session = LiveSession(open_source, store.index)
        sessions.append(session)
        session.load_models(
            ModelRequest(
                pack_dir=shared_pack,
                pack_roots=(),
                emotion_path=None,
                provider="CPU",
                det_size=320,
                det_threshold=0.5,
                threads=1,
                params=PipelineParams(),
                photo_gates=QualityGates(),
            )
        )
        qtbot.waitUntil(lambda: session.models_info is not None, timeout=LOAD_MS)
        return session

    yield start
    for session in sessions:
        assert session.shutdown()


@pytest.fixture
def people(shared_dir):
    return shared_dir / "media" / "people"


def open_dialog(qtbot, session, store, page):
    dialog = EnrolmentDialog(session, store, Settings(), initial_page=page)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: not dialog.editor.is_busy)
    return dialog


def save(qtbot, dialog, name):
    dialog.panel.name_field.line_edit().insert(name)
    qtbot.mouseClick(dialog.panel.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.editor.is_busy and not dialog.shots(), timeout=LOAD_MS)


def identity_in(qtbot, session, picture):
    """Who the session says is in a picture file."""
    session.start(parse_source(str(picture)))
    qtbot.waitUntil(
        lambda: (
            session.latest_result() is not None
            and session.latest_result().frame.name == picture.name
            and len(session.latest_result().faces) == 1
        ),
        timeout=LOAD_MS,
    )
    return session.latest_result().faces[0].identity


def other_view(path, target):
    """The same person as a mirror, smaller and darker, with room around."""
    picture = cv2.flip(cv2.imread(str(path)), 1)
    small = cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    dark = np.clip(small.astype(np.float32) * 0.75, 0, 255).astype(np.uint8)
    framed = cv2.copyMakeBorder(dark, 40, 40, 90, 30, cv2.BORDER_REPLICATE)
    assert cv2.imwrite(str(target), framed)
    return target


def test_enrolled_from_photos_recognised_after_a_restart(qtbot, start_session, people, tmp_path):
    store = GalleryStore(tmp_path / "gallery")
    session = start_session(store)
    dialog = open_dialog(qtbot, session, store, "files")
    for name, photo in (("Ana", "person_4.png"), ("田中", "person_5.png")):
        dialog.files_page.add_paths([people / photo])
        qtbot.waitUntil(lambda: len(dialog.shots()) == 1, timeout=LOAD_MS)
        save(qtbot, dialog, name)
    assert dialog.close()
    assert session.shutdown()

    again = start_session(GalleryStore(tmp_path / "gallery"))
    for name, photo in (("Ana", "person_4.png"), ("田中", "person_5.png")):
        found = identity_in(qtbot, again, other_view(people / photo, tmp_path / photo))
        assert (found.decision, found.name) == (Decision.KNOWN, name)
    stranger = identity_in(qtbot, again, people / "person_3.png")
    assert stranger.decision is not Decision.KNOWN


def test_real_photos_are_accepted_and_rejected_with_reasons(qtbot, start_session, people, tmp_path):
    store = GalleryStore(tmp_path / "gallery")
    dialog = open_dialog(qtbot, start_session(store), store, "files")
    photo = cv2.imread(str(people / "person_6.png"))
    other = cv2.resize(cv2.imread(str(people / "person_4.png")), photo.shape[1::-1])
    made = {
        "blurred.png": cv2.GaussianBlur(photo, (0, 0), 25),
        "grey.png": np.full((300, 300, 3), 128, np.uint8),
        "small.png": cv2.resize(photo, None, fx=0.05, fy=0.05, interpolation=cv2.INTER_AREA),
        "two.png": np.hstack([photo, other]),
    }
    for name, picture in made.items():
        assert cv2.imwrite(str(tmp_path / name), picture)
    (tmp_path / "text.jpg").write_text("no picture")
    names = ["blurred.png", "grey.png", "small.png", "two.png", "text.jpg", "missing.png"]
    dialog.files_page.add_paths([*(tmp_path / name for name in names), people / "person_6.png"])
    board = dialog.files_page.board
    qtbot.waitUntil(lambda: board.waiting_count == 0, timeout=LOAD_MS)
    tiles = {tile.title: tile for tile in board.tiles()}
    assert tiles["person_6.png"].state is TileState.ACCEPTED
    assert all(tiles[name].state is TileState.REJECTED for name in names)
    assert "no face" in tiles["grey.png"].words
    assert "several faces (2)" in tiles["two.png"].words
    assert "text.jpg" in tiles["text.jpg"].words
    assert "There is no file" in tiles["missing.png"].words

    qtbot.mouseClick(tiles["two.png"].choose_button(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.findChild(FaceChooser) is not None, timeout=LOAD_MS)
    qtbot.keyClick(dialog.findChild(FaceChooser).view, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: tiles["two.png"].state is TileState.ACCEPTED, timeout=LOAD_MS)
    assert len(dialog.shots()) == 2
    assert dialog.panel.notice.text == ""
    dialog.close()


def test_enrolled_from_the_running_video_recognised_after_a_restart(
    qtbot, start_session, shared_dir, tmp_path
):
    store = GalleryStore(tmp_path / "gallery")
    session = start_session(store)
    dialog = open_dialog(qtbot, session, store, "camera")
    clip = shared_dir / "media" / "one_person_sad_then_happy.mp4"
    session.set_looping(True)
    session.start(parse_source(str(clip)))
    qtbot.waitUntil(lambda: len(dialog.camera_page.board.shots()) > 0, timeout=LOAD_MS)
    session.stop()
    save(qtbot, dialog, "Maria")
    assert dialog.close()
    assert session.shutdown()

    again = start_session(GalleryStore(tmp_path / "gallery"))
    again.set_looping(True)
    again.start(parse_source(str(clip)))

    def is_known():
        result = again.latest_result()
        return result is not None and any(face.identity.name == "Maria" for face in result.faces)

    qtbot.waitUntil(is_known, timeout=LOAD_MS)
    again.stop()
