import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent

from facemotion.ui.picture import Picture, render_bgra
from facemotion.ui.theme import STAGE
from facemotion.ui.video_view import VideoView
from tests.ui.results import face, frame, result

FACES = result(face(7, (40, 30, 80, 80)), face(9, (100, 30, 140, 80)))


def picture_of(some_frame, size, is_mirrored=False):
    return Picture(
        some_frame, render_bgra(some_frame.frame_bgr, size, is_mirrored), False, is_mirrored
    )


@pytest.fixture
def view(qtbot, icons):
    made = VideoView(icons)
    qtbot.addWidget(made)
    made.resize(640, 480)
    made.show()
    qtbot.waitUntil(made.isVisible)
    return made


@pytest.fixture
def filled(view):
    view.set_picture(picture_of(frame(), (640, 480)))
    view.set_result(FACES)
    view.grab()
    return view


def test_without_a_picture_the_ground_is_dark(view):
    image = view.grab().toImage()
    assert image.pixelColor(320, 240) == QColor(STAGE)
    assert view.marks == []


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (160, 120)])
def test_the_picture_fills_the_view_whatever_size_it_comes_in(view, size):
    view.set_picture(picture_of(frame(), size))
    image = view.grab().toImage()
    for x, y in ((2, 2), (637, 2), (2, 477), (637, 477), (320, 240)):
        assert image.pixelColor(x, y) == QColor(80, 80, 80)


def test_the_stage_shows_beside_a_picture_of_another_shape(view):
    view.resize(640, 600)
    view.set_picture(picture_of(frame(), (640, 480)))
    image = view.grab().toImage()
    assert image.pixelColor(320, 20) == QColor(STAGE)
    assert image.pixelColor(320, 580) == QColor(STAGE)
    assert image.pixelColor(320, 300) == QColor(80, 80, 80)


def test_nothing_of_another_scene_is_drawn(filled):
    assert len(filled.marks) == 2
    filled.set_picture(picture_of(frame(0.04, scene_id=1), (640, 480)))
    filled.grab()
    assert filled.marks == []
    filled.set_picture(None)
    filled.set_picture(picture_of(frame(), (640, 480)))
    filled.grab()
    assert filled.marks == []  # the result went with the picture


def test_boxes_are_drawn_where_the_faces_are_in_a_mirror_too(filled):
    box = next(mark for mark in filled.marks if mark.face.track_id == 7).box
    assert (box.left(), box.top(), box.width()) == (160, 120, 160)
    filled.set_picture(picture_of(frame(), (640, 480), is_mirrored=True))
    filled.grab()
    box = next(mark for mark in filled.marks if mark.face.track_id == 7).box
    assert (box.left(), box.right()) == (320, 480)


def test_mouse_and_keys_tell_what_the_user_wants(qtbot, filled):
    clicked, activated, steps, ground = [], [], [], []
    filled.face_clicked.connect(clicked.append)
    filled.face_activated.connect(activated.append)
    filled.step_wanted.connect(steps.append)
    filled.ground_clicked.connect(lambda: ground.append("click"))
    filled.ground_activated.connect(lambda: ground.append("double"))
    left = Qt.MouseButton.LeftButton
    on_face, beside = QPoint(200, 200), QPoint(600, 440)
    qtbot.mouseMove(filled, on_face)
    qtbot.mouseClick(filled, left, pos=on_face)
    qtbot.mouseDClick(filled, left, pos=on_face)
    qtbot.mouseMove(filled, beside)
    qtbot.mouseClick(filled, left, pos=beside)
    qtbot.mouseDClick(filled, left, pos=beside)
    qtbot.mouseClick(filled, Qt.MouseButton.RightButton, pos=on_face)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_X):
        qtbot.keyClick(filled, key)
    strange = QKeyEvent(QEvent.Type.KeyPress, 0x7FFFFFF, Qt.KeyboardModifier.NoModifier)
    filled.keyPressEvent(strange)
    assert (clicked, activated) == ([7], [7])
    assert ground == ["click", "double"]
    assert steps == [1, -1]


def test_the_face_under_the_pointer_is_emphasised(filled, qtbot):
    from PySide6.QtGui import QMouseEvent

    def move(x, y):
        where = QPointF(x, y)
        none = Qt.MouseButton.NoButton
        keys = Qt.KeyboardModifier.NoModifier
        filled.mouseMoveEvent(QMouseEvent(QEvent.Type.MouseMove, where, where, none, none, keys))

    move(200, 200)
    assert filled.cursor().shape() == Qt.CursorShape.PointingHandCursor
    before = filled.grab().toImage()
    move(600, 440)
    assert filled.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert filled.grab().toImage() != before
    move(200, 200)
    filled.leaveEvent(QEvent(QEvent.Type.Leave))
    assert filled.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_selected_faces_and_messages_are_seen(filled):
    plain = filled.grab().toImage()
    filled.set_selected(7)
    selected = filled.grab().toImage()
    assert selected != plain
    filled.set_message("Paused")
    assert filled.grab().toImage() != selected
    filled.set_message("")
    assert filled.grab().toImage() == selected


def test_the_focus_ring_is_for_the_keyboard(filled):
    filled.activateWindow()
    plain = filled.grab().toImage()
    filled.setFocus(Qt.FocusReason.MouseFocusReason)
    assert filled.grab().toImage() == plain
    filled.clearFocus()
    filled.setFocus(Qt.FocusReason.TabFocusReason)
    assert filled.hasFocus()
    assert filled.grab().toImage() != plain


def test_the_view_tells_its_size_and_counts_its_repaints(qtbot, view):
    sizes = []
    view.view_size_changed.connect(lambda width, height: sizes.append((width, height)))
    view.resize(500, 400)
    qtbot.waitUntil(lambda: bool(sizes))
    ratio = view.devicePixelRatioF()
    assert sizes[-1] == (round(500 * ratio), round(400 * ratio))
    count = len(sizes)
    view.changeEvent(QEvent(QEvent.Type.DevicePixelRatioChange))
    assert len(sizes) == count + 1
    for _ in range(10):
        view.repaint()
    assert view.repaints_per_s > 10.0
    assert np.isfinite(view.repaints_per_s)
