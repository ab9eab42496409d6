"""The self-test's inner half, in this process: its checks pass, and each of them can fail."""

import json
import sys
from argparse import Namespace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QLabel

from facemotion import self_test
from facemotion.core.types import EmotionReading, FaceResult, Frame, Identity
from facemotion.self_test import SelfTest
from facemotion.store.paths import AppPaths
from facemotion.ui.witness import contrast_of

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def paths():
    made = AppPaths.default()
    made.create()
    return made


@pytest.fixture
def make_test(qapp, paths):
    """Self-tests whose windows are closed at the end."""
    made = []

    def make():
        made.append(SelfTest(paths))
        return made[-1]

    yield make
    for test in made:
        test._window.close()
        test._session.shutdown()
        test._window.deleteLater()
    qapp.processEvents()


def face(box=(10.0, 10.0, 50.0, 60.0)):
    box = np.array(box, np.float32)
    zeros = np.zeros(4, np.float32)
    points = np.zeros((5, 2), np.float32)
    return FaceResult(1, box, zeros, points, 0.9, Identity(), EmotionReading(), 0.0)


FRAME = Frame(np.zeros((100, 200, 3), np.uint8), 0.0, 0)


@pytest.mark.slow
def test_every_check_passes_and_the_report_is_written(qapp, paths, monkeypatch, tmp_path):
    monkeypatch.setattr(self_test, "PLAY_S", 1.5)
    report_file = tmp_path / "report.json"
    code = self_test.run(Namespace(report=str(report_file), pack=None))
    report = json.loads(report_file.read_text("utf-8"))
    assert report["problems"] == []
    assert code == 0
    assert all(check["passed"] for check in report["checks"].values())
    assert report["checks"]["recognition"]["name"] == self_test.PERSON
    assert len(list(paths.gallery_dir.glob("*/person.json"))) == 1


@pytest.mark.slow
def test_missing_models_fail_what_needs_them(make_test, monkeypatch):
    monkeypatch.setattr(self_test, "PLAY_S", 1.0)
    monkeypatch.setattr("facemotion.ui.model_desk.emotion_model", lambda: None)
    monkeypatch.setattr(self_test, "contrast_of", lambda _image: 0.0)
    test = make_test()
    test.run()
    problems = " ".join(test.problems)
    assert "emotion model (models/emotion.onnx) is missing" in problems
    assert "is blank" in problems
    assert "not possible without models" in problems
    assert test.checks["video files"]["passed"]
    assert test.checks["end"]["passed"]


def test_what_does_not_come_is_named_with_the_reason(make_test, monkeypatch):
    monkeypatch.setattr(self_test, "PATIENCE_S", 1.0)
    test = make_test()
    test._check("a", lambda: test._wait(lambda: False, "The moon"))
    assert test.problems == ["a: The moon did not come. It was waited for 1 s."]
    test._session.models_failed.connect(test._witness.sentences.append)
    monkeypatch.setattr(self_test, "run_until", lambda *_: test._session.models_failed.emit("Why."))
    test._check("b", lambda: test._wait(lambda: False, "The sun"))
    assert test.checks["b"] == {"passed": False, "problem": "The sun did not come. Why."}


def test_a_check_that_breaks_is_a_failed_check(make_test):
    test = make_test()
    test._check("a", lambda: {"x": 1 // 0})
    assert "ZeroDivisionError" in test.problems[0]
    test._check("b", test._newest_frame)
    assert "picture is gone" in test.problems[1]


@pytest.mark.parametrize(
    "box", [(50, 10, 10, 60), (10, 10, 10, 60), (210, 10, 250, 60), (-50, 10, -5, 60)]
)
def test_a_box_that_is_none_is_refused(box):
    self_test._refuse_bad_box(face(), FRAME)
    with pytest.raises(self_test._MissingError, match="box is none"):
        self_test._refuse_bad_box(face(box), FRAME)


def test_a_face_is_cut_out_with_room_inside_of_the_picture():
    assert self_test._cut_out(FRAME, face()).shape == (90, 74, 3)
    assert self_test._cut_out(FRAME, face((0, 0, 200, 100))).shape == (100, 200, 3)


def test_a_blank_picture_has_no_contrast(qapp):
    picture = QPixmap(33, 20)
    picture.fill(QColor("#404040"))
    label = QLabel()
    label.setPixmap(picture)
    label.resize(picture.size())
    assert contrast_of(label) == 0.0
    with QPainter(picture) as painter:
        painter.setPen(QColor("white"))
        painter.drawPoint(3, 3)
    label.setPixmap(picture)
    assert contrast_of(label) > 0.0


def test_errors_that_nobody_caught_are_collected(monkeypatch):
    passed_on = []

    def hook(*details):
        passed_on.append(details[0])

    monkeypatch.setattr(sys, "excepthook", hook)
    with self_test._unexpected_errors() as errors:
        sys.excepthook(ValueError, ValueError("lost"), None)
    assert errors == ["unexpected error: ValueError: lost"]
    assert passed_on == [ValueError]
    assert sys.excepthook is hook


def test_a_missing_library_stands_among_the_versions(monkeypatch):
    monkeypatch.setattr(self_test, "_MODULES", ("numpy", "no_such_library"))
    found = self_test._versions()
    assert found["numpy"] == np.__version__
    assert found["no_such_library"].startswith("missing:")
