from pathlib import Path

import cv2
import insightface
import numpy as np
import pytest

from facemotion.analysis.reembedding import of_another_pack, reembed
from facemotion.core.errors import ModelError
from facemotion.core.types import FrameBgr
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import model_path
from facemotion.store.person_files import Person
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.photos import PhotoVerdict, examine_photo
from tests.vision.tiny_models import write_pack

OTHER = "other-01234567"


@pytest.fixture(scope="module")
def faces() -> FaceModels:
    return FaceModels(open_pack(model_path("builtin")))


@pytest.fixture(scope="module")
def people_shots(faces: FaceModels) -> list[PhotoVerdict]:
    """Two of the people on insightface's test picture, each as a photo of one."""
    picture = cv2.imread(str(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"))
    assert picture is not None
    frame = np.asarray(picture, np.uint8)
    return [examine_photo(_around(frame, faces, number), faces) for number in (1, 3)]


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryStore:
    return GalleryStore(tmp_path / "gallery")


def _around(frame: FrameBgr, faces: FaceModels, number: int) -> FrameBgr:
    x1, y1, x2, y2 = (int(value) for value in faces.detect(frame)[number].bbox_xyxy)
    return np.ascontiguousarray(frame[max(y1 - 30, 0) : y2 + 30, max(x1 - 30, 0) : x2 + 30])


def _png(picture: FrameBgr | None) -> bytes:
    assert picture is not None
    return cv2.imencode(".png", picture)[1].tobytes()


def _enrol(gallery: GalleryStore, name: str, photos: list[bytes] | None) -> Person:
    rows = np.random.default_rng(len(name)).normal(size=(2, 8)).astype(np.float32)
    return gallery.enrol(name, rows, OTHER, photos)


def test_from_kept_photos(
    gallery: GalleryStore, faces: FaceModels, people_shots: list[PhotoVerdict]
) -> None:
    ana = _enrol(gallery, "Ana", [_png(people_shots[0].crop_bgr)])
    ben = _enrol(gallery, "Benjamin", [_png(people_shots[1].crop_bgr)])
    heard: list[tuple[int, str]] = []
    outcomes = reembed(
        gallery,
        of_another_pack(gallery.load().people, faces.model_id),
        faces,
        lambda done, person: heard.append((done, person.name)),
    )
    assert [(entry.is_done, entry.used, entry.unused) for entry in outcomes] == [(True, 1, 0)] * 2
    assert heard == [(0, "Ana"), (1, "Benjamin")]
    assert of_another_pack(gallery.load().people, faces.model_id) == []
    index = gallery.index(faces.model_id)
    for person, shot in zip((ana, ben), people_shots, strict=True):
        assert shot.embedding is not None
        ids, similarities = index.person_similarities(shot.embedding)
        assert ids[int(np.argmax(similarities))] == person.person_id
        assert max(similarities) > 0.6
        assert len(gallery.photos(person.person_id)) == 1


def test_photos_without_a_face_are_passed_over(
    gallery: GalleryStore, faces: FaceModels, people_shots: list[PhotoVerdict]
) -> None:
    gray = _png(np.full((160, 160, 3), 127, np.uint8))
    _enrol(gallery, "Ana", [gray, _png(people_shots[0].crop_bgr)])
    lost = _enrol(gallery, "Benjamin", [gray])
    _enrol(gallery, "Carla", None)
    outcomes = reembed(gallery, gallery.load().people, faces)
    assert [(entry.used, entry.unused, entry.is_done) for entry in outcomes] == [
        (1, 1, True),
        (0, 1, False),
        (0, 0, False),
    ]
    assert "finds no face in the photos kept of Benjamin" in outcomes[1].problem
    assert "No photos of Carla are kept" in outcomes[2].problem
    assert outcomes[1].person == lost
    assert of_another_pack(gallery.load().people, faces.model_id) == [
        outcomes[1].person,
        outcomes[2].person,
    ]


def test_somebody_deleted_meanwhile(
    gallery: GalleryStore, faces: FaceModels, people_shots: list[PhotoVerdict]
) -> None:
    ana = _enrol(gallery, "Ana", [_png(people_shots[0].crop_bgr)])
    gallery.delete(ana.person_id)
    assert not reembed(gallery, [ana], faces)[0].is_done


def test_stopping(gallery: GalleryStore, faces: FaceModels) -> None:
    people = [_enrol(gallery, name, None) for name in ("Ana", "Benjamin")]
    answers = iter([False, True])
    assert len(reembed(gallery, people, faces, is_stopped=lambda: next(answers))) == 1


def test_a_pack_that_knows_nobody(
    gallery: GalleryStore, tmp_path: Path, people_shots: list[PhotoVerdict]
) -> None:
    pack = open_pack(write_pack(tmp_path / "alone", has_recogniser=False))
    ana = _enrol(gallery, "Ana", [_png(people_shots[0].crop_bgr)])
    with pytest.raises(ModelError, match="no recognition model"):
        reembed(gallery, [ana], FaceModels(pack, det_size=320))
