import cv2
import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from facemotion.core.palette import DECISION_COLOURS, EMOTION_COLOURS, bgr_of
from facemotion.core.types import (
    Decision,
    EmotionReading,
    FaceResult,
    Frame,
    FrameResult,
    GateReason,
    Identity,
)
from facemotion.vision import drawing
from facemotion.vision.drawing import DrawOptions, draw_result
from facemotion.vision.emotion_glyph import draw_glyph
from facemotion.vision.lettering import Lettering, Rect, fill_plate, visual_order

SIZE = (640, 360)


def face(
    box: tuple[float, float, float, float],
    decision: Decision = Decision.KNOWN,
    name: str = "Ana",
    emotion: str | None = "happy",
    reason: GateReason | None = None,
    track_id: int = 1,
) -> FaceResult:
    probs = np.full(7, 0.05, np.float32)
    reading = EmotionReading(gate_reason=reason)
    if emotion is not None:
        probs[EMOTIONS.index(emotion)] = 0.7
        reading = EmotionReading(probs, probs, emotion, reason)
    kps = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.4, 0.8], [0.6, 0.8]], np.float32)
    corner, sides = np.array(box[:2]), np.array(box[2:]) - box[:2]
    identity = Identity(decision, "id", name, 0.55)
    if decision is Decision.UNKNOWN:
        identity = Identity()
    return FaceResult(
        track_id,
        np.array(box, np.float32),
        np.zeros(4, np.float32),
        (kps * sides + corner).astype(np.float32),
        0.9,
        identity,
        reading,
        0.0,
    )


def gray(size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), 90, np.uint8)


def draw(*faces: FaceResult, size: tuple[int, int] = SIZE, **options: object) -> np.ndarray:
    picture = gray(size)
    result = FrameResult(Frame(picture, 0.0, 0), faces)
    drawn = draw_result(picture, result, DrawOptions(**options))
    assert (picture == 90).all()
    assert drawn is not picture
    return drawn


def count(picture: np.ndarray, bgr: tuple[int, int, int], tolerance: int = 25) -> int:
    return int((np.abs(picture.astype(int) - bgr).max(axis=2) <= tolerance).sum())


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written, in order."""
    written: list[str] = []
    real = Lettering.draw

    def draw(self: Lettering, picture: np.ndarray, text: str, *rest: object) -> None:
        written.append(text)
        real(self, picture, text, *rest)

    monkeypatch.setattr(Lettering, "draw", draw)
    return written


def test_nothing_found_leaves_the_picture_as_it_is() -> None:
    assert (draw() == 90).all()


@pytest.mark.parametrize("decision", list(Decision))
def test_box_and_plate_have_the_colour_of_the_decision(decision: Decision) -> None:
    colour = bgr_of(DECISION_COLOURS[decision])
    picture = draw(face((200, 120, 300, 240), decision))
    assert count(picture[175:185, 197:204], colour) > 5
    assert count(picture[242:275, 190:310], colour) > 300
    others = [bgr_of(DECISION_COLOURS[d]) for d in Decision if d is not decision]
    assert all(count(picture[175:185, 197:204], other) == 0 for other in others)


def test_badge_stands_above_with_the_colour_of_the_emotion() -> None:
    for emotion in EMOTIONS:
        picture = draw(face((200, 120, 300, 240), emotion=emotion))
        assert count(picture[80:120, 180:330], bgr_of(EMOTION_COLOURS[emotion])) > 30


def test_what_is_written(words: list[str]) -> None:
    draw(
        face((20, 100, 100, 200), track_id=1),
        face((220, 100, 300, 200), Decision.UNCERTAIN, "Bo", "sad", track_id=2),
        face((420, 100, 500, 200), Decision.UNKNOWN, emotion=None, reason=GateReason.TOO_SMALL),
    )
    assert words == [
        "Ana · 0.55",
        "happy  70 %",
        "maybe Bo · 0.55",
        "sad  70 %",
        "unknown",
        "too small",
    ]


def test_options(words: list[str]) -> None:
    one = face((200, 120, 300, 240), track_id=7)
    draw(one, has_emotions=False, has_track_ids=True, match_threshold=0.55)
    draw(one, has_emotions=False, has_names=False, has_track_ids=True)
    draw(one, has_emotions=False, has_names=False)
    assert words == ["#7 Ana · 50 %", "#7"]
    plain = draw(one, has_emotions=False, has_names=False)
    marked = draw(one, has_emotions=False, has_names=False, has_landmarks=True)
    x, y = (int(v) for v in np.rint(one.kps[0]))
    assert (plain[y, x] == 90).all()
    assert (marked[y, x] == 255).all()
    assert (plain[y - 15 : y + 15, x - 15 : x + 15] == 90).all()


def test_held_emotion_is_written_in_grey() -> None:
    now = draw(face((200, 120, 300, 240)))[80:120]
    held = draw(face((200, 120, 300, 240), reason=GateReason.TURNED_AWAY))[80:120]
    assert count(now, (255, 255, 255), 8) > 20
    assert count(held, (255, 255, 255), 8) == 0


def rects_of(
    picture_size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, *faces: FaceResult
) -> list[Rect]:
    rects: list[Rect] = []
    real = drawing.fill_plate

    def note(picture: np.ndarray, rect: Rect, *rest: object) -> None:
        rects.append(rect)
        real(picture, rect, *rest)

    monkeypatch.setattr(drawing, "fill_plate", note)
    draw(*faces, size=picture_size)
    return rects


@pytest.mark.parametrize(
    "box",
    [
        (-30, -20, 60, 70),
        (600, 330, 700, 400),
        (0, 0, 640, 360),
        (610, 0, 640, 30),
        (-90, 300, 20, 420),
    ],
)
def test_labels_stay_inside(box: tuple[float, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    rects = rects_of(SIZE, monkeypatch, face(box, name="A name of some length"))
    assert len(rects) == 2
    for rect in rects:
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.x + rect.width <= 640
        assert rect.y + rect.height <= 360
    assert rects[0].overlap(rects[1]) == 0


def test_labels_of_neighbours_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = [face((x, 150, x + 45, 200), name="Somebody") for x in range(200, 420, 50)]
    rects = rects_of(SIZE, monkeypatch, *crowd)
    assert len(rects) == 10
    for index, rect in enumerate(rects):
        assert all(rect.overlap(other) == 0 for other in rects[:index])


def test_face_at_the_top_is_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Rect(250, 0, 100, 130)
    for rect in rects_of(SIZE, monkeypatch, face((250, 0, 350, 130))):
        assert rect.overlap(box) == 0


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (40, 700), (2000, 30)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    drawn = draw(face((0, 0, 20, 25)), face((-50, -50, -10, -10)), size=size, has_landmarks=True)
    assert drawn.shape == (size[1], size[0], 3)


def test_long_name_is_cut_and_its_likeness_kept(words: list[str]) -> None:
    draw(face((200, 120, 300, 240), name="Maximiliane " * 8), has_emotions=False)
    (text,) = words
    assert text.startswith("Maximiliane")
    assert text.endswith("… · 0.55")


@pytest.mark.parametrize("name", ["Zoë Łukasz", "李明", "Иван", "Ελένη", "נועה", "محمد"])
def test_names_in_any_script_are_really_drawn(name: str) -> None:
    """Letters that the font lacks come out as question marks."""
    letters = Lettering(30)
    question_marks, drawn = gray(), gray()
    letters.draw(question_marks, "?" * len(name.replace(" ", "")), 20, 60, (255, 255, 255))
    letters.draw(drawn, letters.fitted(name.replace(" ", ""), 600), 20, 60, (255, 255, 255))
    assert (drawn != question_marks).any()
    assert count(drawn, (255, 255, 255)) > 60


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Ana", "Ana"),
        ("", ""),
        ("נועה", "העונ"),
        ("נועה כהן", "ןהכ העונ"),
        ("Dr. נועה", "Dr. העונ"),
        ("נועה 2", "2 העונ"),
        ("שָׁ", "שָׁ"),
    ],
)
def test_right_to_left_names(text: str, drawn: str) -> None:
    assert visual_order(text) == drawn


def test_spaces_and_composition_are_tidied() -> None:
    letters = Lettering(20)
    assert letters.fitted("  Zoe\u0308 \n Maria ", 500) == "Zoë Maria"
    assert letters.width("") == 0
    assert letters.fitted("Ana", 0) == "A…"


def test_plates_are_rounded_and_clipped() -> None:
    picture = gray((60, 40))
    fill_plate(picture, Rect(10, 10, 30, 20), (0, 0, 255), 1.0, 8)
    assert picture[20, 25].tolist() == [0, 0, 255]
    assert picture[10, 10].tolist() == [90, 90, 90]
    assert 0 < count(picture, (0, 0, 255), 0) < 600
    for rect in (
        Rect(-20, -5, 30, 20),
        Rect(50, 35, 30, 20),
        Rect(100, 100, 9, 9),
        Rect(5, 5, 0, 0),
    ):
        fill_plate(picture, rect, (0, 255, 0), 0.5, 50)
    assert picture[0, 0, 1] > 90


def test_every_emotion_has_its_own_face() -> None:
    drawn = []
    for emotion in EMOTIONS:
        picture = gray((64, 64))
        draw_glyph(picture, emotion, (32.0, 32.0), 24.0, (60, 160, 240))
        assert count(picture, (60, 160, 240)) > 600
        drawn.append(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(int))
    for index, picture in enumerate(drawn):
        assert all(np.abs(picture - other).sum() > 500 for other in drawn[:index])
    with pytest.raises(KeyError):
        draw_glyph(gray(), "bored", (9.0, 9.0), 5.0, (0, 0, 0))


def test_box_and_likeness_can_be_left_out() -> None:
    someone = face((200.0, 100.0, 300.0, 220.0))
    bare = draw(someone, has_boxes=False, has_names=False, has_emotions=False)
    assert np.array_equal(bare, gray())
    short = draw(someone, has_emotions=False, has_similarity=False)
    assert not np.array_equal(short, draw(someone, has_emotions=False))
