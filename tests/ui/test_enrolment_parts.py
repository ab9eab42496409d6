"""The pieces of the enrolment dialog, one by one, without models."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QWidget

from facemotion.core.errors import GalleryError
from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.shots import Pose, ShotHint
from facemotion.core.types import EmotionReading, FaceResult, Frame, FrameResult, Identity
from facemotion.ui.background_job import BackgroundJobs
from facemotion.ui.face_chooser import FaceChooser, cut_alone
from facemotion.ui.face_preview import FacePreview
from facemotion.ui.flow_layout import FlowLayout
from facemotion.ui.name_field import NameField
from facemotion.ui.notice import Notice, NoticeKind
from facemotion.ui.photo_tile import PhotoTile, TileState
from facemotion.ui.picture import Picture
from facemotion.ui.shot_checks import Shot, find_lookalike, find_strangers
from facemotion.ui.shot_taker import LOST_AFTER_S, ShotTaker
from facemotion.ui.text_labels import as_sentence
from facemotion.ui.thumbnails import image_from_bgr, png_of_bgr, square_thumbnail
from tests.core.faces import face, near, turned_face, unit

EAST, NORTH = unit(1, 0, 0, 0), unit(0, 1, 0, 0)
THRESHOLD = 0.4


def shot(number, embedding):
    return Shot(number, f"photo {number}", np.zeros((8, 8, 3), np.uint8), embedding)


# ----- shots against each other and against the gallery


def test_shots_of_one_person_go_together():
    shots = [shot(n, near(EAST, s, NORTH)) for n, s in enumerate((1.0, 0.9, 0.7))]
    assert find_strangers(shots, THRESHOLD) == []
    assert find_strangers([], THRESHOLD) == []
    assert find_strangers(shots[:1], THRESHOLD) == []


def test_the_odd_one_is_found():
    shots = [shot(1, EAST), shot(2, NORTH), shot(3, near(EAST, 0.9, NORTH * -1))]
    assert [odd.shot_id for odd in find_strangers(shots, THRESHOLD)] == [2]


def test_of_two_that_differ_both_are_named():
    assert len(find_strangers([shot(1, EAST), shot(2, NORTH)], THRESHOLD)) == 2


def test_a_turned_face_that_resembles_one_of_the_others_stays():
    half_way = near(EAST, 0.7, NORTH)
    shots = [shot(1, EAST), shot(2, near(EAST, 0.95, NORTH)), shot(3, half_way)]
    turned = shot(4, near(half_way, 0.75, NORTH))
    assert float(turned.embedding @ EAST) < THRESHOLD
    assert find_strangers([*shots, turned], THRESHOLD) == []


def index_of(**people):
    rows = np.stack(list(people.values()))
    return GalleryIndex(rows, list(people), {name: name.title() for name in people}, "m")


def test_lookalike_is_told_with_its_percentage():
    found = find_lookalike([shot(1, near(EAST, 0.5, NORTH))], index_of(ana=EAST), THRESHOLD)
    assert (found.person_id, found.name) == ("ana", "Ana")
    assert found.percent == pytest.approx(100 / (1 + np.exp(-20 * 0.1)), abs=0.5)


def test_no_lookalike_below_the_threshold_or_without_anybody():
    probe = [shot(1, near(EAST, 0.39, NORTH))]
    assert find_lookalike(probe, index_of(ana=EAST), THRESHOLD) is None
    assert find_lookalike(probe, GalleryIndex.empty("m"), THRESHOLD) is None
    assert find_lookalike([], index_of(ana=EAST), THRESHOLD) is None
    assert find_lookalike([shot(1, EAST), shot(2, -EAST)], index_of(ana=EAST), THRESHOLD) is None


# ----- the name


@pytest.fixture
def name_field(qtbot):
    field = NameField()
    qtbot.addWidget(field)
    return field


@pytest.mark.parametrize(
    "name", ["Ana", "田中 さん", "Μαρία", "علي", "O'Neil-Smith", "👩‍🔬", "x" * 100]
)
def test_any_script_is_a_name(name_field, name):
    name_field.set_text(name)
    assert name_field.name == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [("   ", "at least one character"), ("x" * 101, "101 characters"), ("\u200b", "no visible")],
)
def test_what_is_no_name_gets_its_sentence(name_field, text, reason):
    name_field.set_text(text)
    assert name_field.name is None
    assert reason in name_field.sentence


def test_an_empty_field_is_not_scolded(name_field):
    assert name_field.name is None
    assert "up to 100" in name_field.sentence


def test_a_taken_name_is_told_whatever_its_case(name_field):
    name_field.set_taken_names(["Ana"])
    name_field.set_text("ANA")
    assert name_field.taken_name() == "Ana"
    assert "are added to Ana" in name_field.sentence
    name_field.set_text("Anna")
    assert name_field.taken_name() is None


def test_the_count_appears_near_the_end(name_field):
    name_field.set_text("x" * 90)
    assert name_field.sentence == "90 of 100 characters"


# ----- the taker


def result_of(*faces, time_s=0.0, index=0):
    rng = np.random.default_rng(0)
    noise = rng.integers(60, 200, (480, 640, 3)).astype(np.uint8)
    entries = tuple(
        FaceResult(
            number,
            detection.bbox_xyxy,
            np.zeros(4, np.float32),
            detection.kps,
            detection.det_score,
            Identity(),
            EmotionReading(),
            0.0,
        )
        for number, detection in enumerate(faces, start=1)
    )
    return FrameResult(Frame(noise, time_s, index), entries)


def offer_for(taker, faces, start_s, duration_s=1.0):
    states = []
    for step in range(int(duration_s * 10)):
        states.append(taker.offer(result_of(*faces, time_s=start_s + step / 10, index=step)))
    return states


def test_a_head_that_turns_gives_one_shot_a_pose():
    taker = ShotTaker()
    poses = {
        Pose.FRONTAL: turned_face(),
        Pose.LEFT: turned_face(yaw_deg=25),
        Pose.RIGHT: turned_face(yaw_deg=-25),
        Pose.UP: turned_face(pitch_deg=20),
        Pose.DOWN: turned_face(pitch_deg=-20),
    }
    taken = []
    for number, detection in enumerate(poses.values()):
        for state in offer_for(taker, [detection], 2.0 * number):
            taken += state.shots
    assert [each.pose for each in taken] == list(poses)
    assert state.hint is ShotHint.DONE
    assert state.wanted is None
    assert all(each.crop_bgr.size for each in taken)


def test_a_removed_pose_is_asked_for_again():
    taker = ShotTaker()
    first = [shot for state in offer_for(taker, [turned_face()], 0.0) for shot in state.shots]
    assert [each.pose for each in first] == [Pose.FRONTAL]
    taker.retake(Pose.FRONTAL)
    again = [shot for state in offer_for(taker, [turned_face()], 2.0) for shot in state.shots]
    assert [each.pose for each in again] == [Pose.FRONTAL]


def test_of_several_faces_one_has_to_be_chosen():
    taker = ShotTaker()
    here, there = face(60, 200, 90), face(420, 200, 90)
    state = taker.offer(result_of(here, there))
    assert state.hint is ShotHint.SEVERAL_FACES
    assert state.followed_id is None
    assert taker.take_now() is None
    taker.choose(2)
    state = taker.offer(result_of(here, there, time_s=0.1))
    assert state.followed_id == 2
    crop = taker.take_now().crop_bgr
    assert crop.shape[0] < 300


def test_a_chosen_face_that_stays_away_is_let_go():
    taker = ShotTaker()
    here, there = face(60, 200, 90), face(420, 200, 90)
    taker.choose(2)
    taker.offer(result_of(here, there, time_s=10.0))
    alone = taker.offer(result_of(here, time_s=10.5))
    assert alone.hint is ShotHint.NO_FACE
    assert taker.is_chosen(2)
    later = taker.offer(result_of(here, time_s=10.5 + LOST_AFTER_S))
    assert not taker.is_chosen(2)
    assert later.followed_id == 1


def test_nobody_is_chosen_in_another_source():
    taker = ShotTaker()
    taker.choose(2)
    taker.release()
    assert taker.offer(result_of(face())).followed_id == 1


# ----- cutting and choosing a face


def test_other_faces_are_painted_over():
    photo = np.zeros((200, 400, 3), np.uint8)
    photo[60:140, 60:140] = 255
    photo[60:140, 150:230] = (np.indices((80, 80)).sum(axis=0) % 2 * 200)[..., None]
    faces = [face(60, 60, 80), face(150, 60, 80)]
    alone = cut_alone(photo, faces, 0)
    assert (alone == 255).sum() == 80 * 80 * 3
    assert not (alone == 200).any()
    assert photo[60:140, 150:230].max() == 200


def test_a_face_is_chosen_by_click_keys_and_number(qtbot):
    photo = np.full((200, 400, 3), 90, np.uint8)
    faces = [face(40, 60, 80), face(260, 60, 80)]
    for act in (
        lambda view: qtbot.mouseClick(
            view, Qt.MouseButton.LeftButton, pos=view.face_rect(1).center().toPoint()
        ),
        lambda view: (
            qtbot.keyClick(view, Qt.Key.Key_Right),
            qtbot.keyClick(view, Qt.Key.Key_Return),
        ),
        lambda view: qtbot.keyClick(view, Qt.Key.Key_2),
    ):
        chooser = FaceChooser(7, photo, faces)
        qtbot.addWidget(chooser)
        chosen = []
        chooser.face_chosen.connect(lambda tile, crop, heard=chosen: heard.append((tile, crop)))
        chooser.show()
        act(chooser.view)
        assert chosen[0][0] == 7
        assert np.array_equal(chosen[0][1], cut_alone(photo, faces, 1))


def test_a_click_beside_every_face_chooses_nothing(qtbot):
    chooser = FaceChooser(
        7, np.zeros((200, 400, 3), np.uint8), [face(40, 60, 80), face(260, 60, 80)]
    )
    qtbot.addWidget(chooser)
    chosen = []
    chooser.face_chosen.connect(lambda *_: chosen.append(True))
    chooser.show()
    qtbot.mouseClick(chooser.view, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.keyClick(chooser.view, Qt.Key.Key_9)
    assert chosen == []
    chooser.reject()


# ----- the preview


@pytest.fixture
def preview(qtbot):
    widget = FacePreview()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    frame = Frame(np.full((480, 640, 3), 70, np.uint8), 0.0, 0)
    widget.show_picture(Picture(frame, np.full((480, 640, 4), 70, np.uint8)))
    return widget


def green_pixels(widget, area):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    rgb = pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)
    part = rgb[area.top() : area.bottom(), area.left() : area.right()]
    return int(((part[..., 1] - part[..., 0]) > 60).sum())


def test_a_face_is_hit_where_it_is_drawn_also_mirrored(preview):
    result = result_of(face(100, 100, 80), face(400, 100, 80))
    preview.show_faces(result.faces, None)
    assert preview.face_at(QPointF(140, 140)) == 1
    assert preview.face_at(QPointF(300, 140)) is None
    preview.set_mirrored(True)
    assert preview.face_at(QPointF(140, 140)) is None
    assert preview.face_at(QPointF(640 - 140, 140)) == 1
    assert preview.face_rect(2).center().x() == pytest.approx(640 - 440, abs=1)
    assert preview.face_rect(9) is None


def test_the_arc_of_a_pose_fills_where_the_nose_goes(preview):
    """The person's left is on the right of a plain picture, and on the left of a mirrored one."""
    result = result_of(face(280, 200, 80))
    preview.show_faces(result.faces, 1)
    preview.show_progress({"left": 1.0}, "right")
    left, right = QRect(0, 0, 320, 480), QRect(320, 0, 320, 480)
    assert green_pixels(preview, right) > 100
    assert green_pixels(preview, left) == 0
    preview.set_mirrored(True)
    assert green_pixels(preview, left) > 100
    assert green_pixels(preview, right) == 0


def test_the_ring_of_a_close_face_stays_in_view(preview):
    result = result_of(face(330, 20, 300))
    preview.show_faces(result.faces, 1)
    preview.show_progress(dict.fromkeys(("left", "right", "up", "down"), 1.0), "")
    margin = QRect(634, 0, 6, 480)
    assert green_pixels(preview, QRect(0, 0, 640, 480)) > 500
    assert green_pixels(preview, margin) == 0


def test_a_click_tells_the_face(preview, qtbot):
    clicked = []
    preview.face_clicked.connect(clicked.append)
    preview.show_faces(result_of(face(100, 100, 80)).faces, None)
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton, pos=QPoint(140, 140))
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton, pos=QPoint(500, 400))
    assert clicked == [1]


def test_a_number_chooses_the_face_counted_from_the_left_as_seen(preview, qtbot):
    clicked = []
    preview.face_clicked.connect(clicked.append)
    preview.show_faces(result_of(face(400, 100, 80), face(100, 100, 80)).faces, None)
    qtbot.keyClick(preview, Qt.Key.Key_1)
    preview.set_mirrored(True)
    qtbot.keyClick(preview, Qt.Key.Key_1)
    qtbot.keyClick(preview, Qt.Key.Key_3)
    qtbot.keyClick(preview, Qt.Key.Key_A)
    assert clicked == [2, 1]


def test_without_a_picture_nothing_can_be_hit(preview):
    preview.show_faces(result_of(face()).faces, None)
    preview.show_picture(None)
    preview.show_message("No picture")
    assert preview.face_at(QPointF(140, 140)) is None
    assert not preview.grab().isNull()


# ----- tiles, notices, layout, pictures, jobs


def test_a_tile_tells_its_state_in_words_and_is_removed_by_key(qtbot):
    tile = PhotoTile(5, "a very long file name that has no room.png")
    qtbot.addWidget(tile)
    tile.show()
    assert tile.state is TileState.WAITING
    tile.show_image(QImage())
    tile.show_state(TileState.REJECTED, "several faces", is_choosable=True)
    assert tile.words == "✗ several faces"
    assert "several faces" in tile.accessibleName()
    assert tile.is_choosable
    removed, wanted = [], []
    tile.remove_wanted.connect(removed.append)
    tile.choice_wanted.connect(wanted.append)
    qtbot.mouseClick(tile.choose_button(), Qt.MouseButton.LeftButton)
    qtbot.keyClick(tile, Qt.Key.Key_Delete)
    qtbot.mouseClick(tile.remove_button(), Qt.MouseButton.LeftButton)
    qtbot.keyClick(tile, Qt.Key.Key_A)
    assert (removed, wanted) == ([5, 5], [5])
    assert not tile.grab().isNull()


def test_a_notice_says_acts_and_is_silent_again(qtbot):
    notice = Notice()
    qtbot.addWidget(notice)
    done = []
    notice.say(NoticeKind.WARNING, "Look here.", ("Do it", lambda: done.append(1)))
    notice.show()
    assert notice.text == "Look here."
    assert notice.accessibleName() == "Please check: Look here."
    qtbot.mouseClick(notice.buttons[0], Qt.MouseButton.LeftButton)
    assert done == [1]
    assert not notice.grab().isNull()
    notice.clear()
    assert notice.text == ""
    assert notice.buttons == []


def test_rows_break_where_the_width_ends(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    flow = FlowLayout(page, gap_px=10)
    for _ in range(5):
        box = QFrame()
        box.setFixedSize(100, 50)
        flow.addWidget(box)
    assert flow.heightForWidth(330) == 50 * 2 + 10
    assert flow.heightForWidth(100) == 50 * 5 + 10 * 4
    flow.setGeometry(QRect(0, 0, 330, 200))
    assert [flow.itemAt(i).geometry().topLeft() for i in (0, 2, 3)] == [
        QPoint(0, 0),
        QPoint(220, 0),
        QPoint(0, 60),
    ]
    assert flow.minimumSize().width() == 100
    assert flow.takeAt(4) is not None
    assert (flow.count(), flow.itemAt(9), flow.takeAt(9)) == (4, None, None)


def test_colours_and_pixels_survive_the_way_to_qt_and_to_png():
    frame = np.zeros((3, 5, 3), np.uint8)
    frame[1, 2] = (10, 20, 230)
    image = image_from_bgr(frame[:, ::1])
    assert image.pixelColor(2, 1).getRgb()[:3] == (230, 20, 10)
    back = QImage.fromData(png_of_bgr(frame), "PNG")
    assert back.pixelColor(2, 1).getRgb()[:3] == (230, 20, 10)
    strided = image_from_bgr(np.zeros((6, 10, 3), np.uint8)[::2, ::2])
    assert (strided.width(), strided.height()) == (5, 3)


def test_a_thumbnail_is_square_at_any_ratio(qapp):
    pixmap = square_thumbnail(image_from_bgr(np.full((50, 200, 3), 200, np.uint8)), 40, 2.0, 4.0)
    assert (pixmap.width(), pixmap.height()) == (80, 80)
    assert not square_thumbnail(QImage(), 40, 1.0, 4.0).isNull()


def test_jobs_tell_results_sentences_and_surprises_in_order(qtbot):
    jobs = BackgroundJobs()
    told, busy = [], []
    jobs.busy_changed.connect(busy.append)

    def refuse():
        raise GalleryError("not like this.")

    def lose_disk():
        raise OSError(28, "No space left on device", "people")

    def surprise():
        raise RuntimeError("odd")

    for work in (lambda: 1, refuse, lose_disk, surprise, lambda: None):
        jobs.start(work, told.append, told.append)
    qtbot.waitUntil(lambda: not jobs.is_busy)
    assert told[0] == 1
    assert told[1] == "not like this."
    assert told[2] == "No space left on device (people)."
    assert "odd" in told[3]
    assert told[4] is None
    assert busy == [True, False]
    assert jobs.wait()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a name is needed.", "A name is needed."), ("x.zip is bad.", "x.zip is bad."), ("", "")],
)
def test_sentences_begin_with_a_capital_letter(text, sentence):
    assert as_sentence(text) == sentence
