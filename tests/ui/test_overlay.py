import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from facemotion.core.palette import DECISION_COLOURS
from facemotion.core.types import Decision, GateReason
from facemotion.ui.overlay import (
    LONGEST_CARRY_S,
    LONGEST_STALE_S,
    STALE_S,
    OverlayOptions,
    ViewTransform,
    belongs_to,
    face_at,
    lay_out,
    paint_marks,
    patience_for,
)
from tests.ui.results import face, frame, known, result, uncertain

SAME = ViewTransform(QRectF(0, 0, 640, 480), 1.0)


def marks_of(newest, shown=None, transform=SAME, options=None, qapp=None):
    metrics = QFontMetricsF(qapp.font())
    shown = shown or newest.frame
    return lay_out(newest, shown, transform, metrics, options or OverlayOptions())


def test_a_result_belongs_only_to_its_own_scene_and_time():
    newest = result(time_s=1.0, scene_id=3)
    assert belongs_to(newest, frame(1.0, 3))
    assert belongs_to(newest, frame(0.99 + STALE_S, 3))
    assert not belongs_to(newest, frame(1.01 + STALE_S, 3))
    assert not belongs_to(newest, frame(1.1, 4))
    assert not belongs_to(newest, frame(0.3, 3))


def test_boxes_are_carried_along_but_not_for_ever(qapp):
    moving = result(face(velocity=(100, 0, 100, 0)), time_s=0.0, size=(640, 480))
    (mark,) = marks_of(moving, frame(0.2, size=(640, 480)), qapp=qapp)
    assert mark.box.left() == pytest.approx(60)
    (mark,) = marks_of(moving, frame(0.6, size=(640, 480)), qapp=qapp)
    assert mark.box.left() == pytest.approx(40 + 100 * LONGEST_CARRY_S)
    assert mark.box.width() == pytest.approx(40)


def test_mirror_turns_boxes_and_points(qapp):
    mirrored = ViewTransform(QRectF(0, 0, 640, 480), 1.0, is_mirrored=True)
    options = OverlayOptions(has_landmarks=True)
    (mark,) = marks_of(
        result(face(box=(100, 50, 200, 150))), transform=mirrored, options=options, qapp=qapp
    )
    assert (mark.box.left(), mark.box.right()) == (440, 540)
    assert len(mark.points) == 5
    assert mark.points[0].x() == pytest.approx(640 - 110)


def test_scale_and_offset(qapp):
    half = ViewTransform(QRectF(100, 20, 320, 240), 0.5)
    (mark,) = marks_of(result(face(box=(100, 50, 200, 150))), transform=half, qapp=qapp)
    assert mark.box == QRectF(150, 45, 50, 50)


def test_chips_say_who_and_how(qapp):
    options = OverlayOptions(has_track_ids=True, match_threshold=0.4)
    newest = result(
        face(1, (50, 100, 150, 200), identity=known("Ana", 0.5)),
        face(2, (200, 100, 300, 200), emotion="sad", identity=uncertain("Ben", 0.4)),
        face(3, (350, 100, 450, 200), emotion=None, gate=GateReason.TOO_SMALL),
        face(4, (500, 100, 600, 200), emotion=None),
    )
    ana, ben, far, new = marks_of(newest, options=options, qapp=qapp)
    assert (ana.badge.text, ana.badge.icon) == ("happy 90 %", "emotion-happy")
    assert ana.label.text == "Ana  88 %  #1"
    assert ben.label.text == "maybe Ben #2  50 %"
    assert (far.badge.text, far.badge.icon) == ("too small to read", "")
    assert far.label.text == "unknown #3"
    assert new.badge.text == "…"
    assert (
        "%"
        not in marks_of(newest, options=OverlayOptions(has_similarity=False), qapp=qapp)[
            0
        ].label.text
    )


def test_faces_without_a_sure_name_carry_the_number_of_the_list(qapp):
    newest = result(
        face(1, (50, 100, 150, 200), identity=known("Ana", 0.5)),
        face(2, (200, 100, 300, 200), identity=uncertain("Ben", 0.4)),
        face(12, (350, 100, 450, 200)),
    )
    labels = [mark.label.text for mark in marks_of(newest, qapp=qapp)]
    assert [text.split("  ")[0] for text in labels] == ["Ana", "maybe Ben #2", "unknown #12"]
    numbers = OverlayOptions(has_names=False, has_track_ids=True)
    marks = marks_of(newest, options=numbers, qapp=qapp)
    assert [mark.label.text for mark in marks] == ["#1", "#2", "#12"]


def test_chips_stay_inside_the_picture(qapp):
    corners = [(0, 0, 40, 40), (600, 0, 640, 40), (0, 440, 40, 480), (600, 440, 640, 480)]
    newest = result(*(face(i, box) for i, box in enumerate(corners, start=1)))
    for mark in marks_of(newest, qapp=qapp):
        assert SAME.target.contains(mark.badge.rect)
        assert SAME.target.contains(mark.label.rect)


def test_chips_of_neighbours_do_not_cover_each_other(qapp):
    newest = result(*(face(i, (40 + 45 * i, 200, 80 + 45 * i, 260)) for i in range(1, 4)))
    rects = [
        rect for mark in marks_of(newest, qapp=qapp) for rect in (mark.badge.rect, mark.label.rect)
    ]
    for i, rect in enumerate(rects):
        assert not any(rect.intersects(other) for other in rects[i + 1 :])


def test_long_names_are_shortened_in_the_middle(qapp):
    (mark,) = marks_of(result(face(identity=known("Maximiliane " * 8))), qapp=qapp)
    assert "…" in mark.label.text
    assert mark.label.rect.width() < 300


def test_face_at_prefers_the_smaller_box(qapp):
    newest = result(face(1, (100, 100, 400, 400)), face(2, (200, 200, 260, 260)))
    marks = marks_of(newest, qapp=qapp)
    assert face_at(marks, QPointF(230, 230)) == 2
    assert face_at(marks, QPointF(390, 390)) == 1
    assert face_at(marks, marks[0].badge.rect.center()) == 1
    assert face_at(marks, QPointF(600, 20)) is None
    assert face_at([], QPointF(0, 0)) is None


@pytest.mark.parametrize(
    ("identity", "decision"),
    [(known(), Decision.KNOWN), (uncertain(), Decision.UNCERTAIN), (None, Decision.UNKNOWN)],
)
def test_boxes_are_painted_in_the_colour_of_the_decision(qapp, icons, identity, decision):
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    marks = marks_of(result(face(1, (100, 100, 300, 300), identity=identity)), qapp=qapp)
    painter = QPainter(image)
    paint_marks(painter, marks, icons, selected_id=1, hovered_id=None)
    painter.end()
    wanted = QColor(DECISION_COLOURS[decision])
    painted = image.pixelColor(100, 200)
    distance = np.abs(np.array(painted.getRgb()[:3]) - np.array(wanted.getRgb()[:3])).max()
    assert distance < 25


def test_patience_grows_where_results_come_late_and_returns():
    assert patience_for(0.03, 0.1, STALE_S) == STALE_S
    slow = patience_for(0.35, 0.25, STALE_S)
    assert 0.6 < slow <= LONGEST_STALE_S
    assert patience_for(5.0, 5.0, slow) == LONGEST_STALE_S
    patience = LONGEST_STALE_S
    for _ in range(20):
        patience = patience_for(0.03, 0.1, patience)
    assert patience == STALE_S
    newest = result(time_s=1.0, scene_id=3)
    assert belongs_to(newest, frame(2.2, 3), LONGEST_STALE_S)
    assert not belongs_to(newest, frame(1.1, 4), LONGEST_STALE_S)
