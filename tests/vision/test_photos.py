import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from facemotion.core.errors import ModelError
from facemotion.core.quality import QualityGates
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.photos import embed_photo, examine_photo
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture
from tests.vision.tiny_models import blank, put_face, write_pack

GATES = QualityGates()


def save(path: Path, picture: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(".png", picture)[1])
    return path


def test_good_photo(tmp_path: Path, tiny_faces: FaceModels) -> None:
    path = save(tmp_path / "Zoë.png", put_face(blank(), 4, 4, person=1))
    verdict = examine_photo(path, tiny_faces, GATES)
    assert verdict.accepted
    assert verdict.reason == ""
    assert verdict.name == "Zoë.png"
    assert verdict.crop_bgr is not None
    assert verdict.crop_bgr.shape == (160, 160, 3)
    assert verdict.embedding is not None
    assert np.linalg.norm(verdict.embedding) == pytest.approx(1.0, abs=1e-5)
    assert 0.0 < verdict.quality <= 1.0
    assert verdict.detection is verdict.faces[0]
    again = examine_photo(read_picture(path), tiny_faces, GATES, name="live")
    assert again.name == "live"
    assert again.embedding is not None
    assert (again.embedding == verdict.embedding).all()


def test_reasons(tmp_path: Path, tiny_faces: FaceModels) -> None:
    one = put_face(blank(), 4, 4, person=1)
    two = put_face(one.copy(), 7, 7, person=2)
    text = tmp_path / "text.png"
    text.write_text("text")
    for photo, gates, words in (
        (blank(), GATES, "no face was found"),
        (two, GATES, r"several faces \(2\)"),
        (one, QualityGates(min_face_px=80.0), r"too small \(64 px, at least 80 needed\)"),
        (one, QualityGates(min_sharpness=9999.0), "too blurred"),
        (one, QualityGates(min_det_score=1.0), "hardly to be seen"),
        (one, QualityGates(max_pitch_deg=0.0), "turned too far away"),
        (text, GATES, "is not a picture that can be read"),
        (tmp_path / "none.png", GATES, "There is no file"),
    ):
        verdict = examine_photo(photo, tiny_faces, gates)
        assert not verdict.accepted
        assert verdict.embedding is None
        assert pytest.approx(verdict.quality) == 0.0
        assert re.search(words, verdict.reason), verdict.reason


def test_face_at_the_edge(tiny_faces: FaceModels) -> None:
    picture = put_face(blank(), 4, 4, person=1)[:, 128:]
    whole = np.zeros((320, 320, 3), np.uint8)
    whole[:, :192] = picture
    verdict = examine_photo(whole, tiny_faces, GATES)
    assert verdict.reason == "the face is cut off by the picture's edge"
    assert verdict.crop_bgr is not None


def test_bystander_does_no_harm(shared_faces: FaceModels, shared_dir: Path) -> None:
    photo = read_picture(shared_dir / "media" / "people" / "person_6.png")
    small = cv2.resize(photo, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    both = photo.copy()
    both[-small.shape[0] :, : small.shape[1]] = small
    verdict = examine_photo(both, shared_faces, GATES)
    assert len(verdict.faces) == 2
    assert verdict.accepted


def test_everybody_of_the_shared_photos_is_accepted(
    shared_faces: FaceModels, shared_dir: Path
) -> None:
    rows = []
    for path in sorted((shared_dir / "media" / "people").glob("*.png")):
        verdict = examine_photo(path, shared_faces, GATES)
        assert verdict.accepted, verdict.reason
        assert verdict.quality > 0.5
        rows.append(verdict.embedding)
    similarities = np.array(rows) @ np.array(rows).T
    assert len(rows) == 6
    assert similarities[~np.eye(6, dtype=bool)].max() < 0.35


def test_face_that_fills_the_photo_is_found(shared_faces: FaceModels, shared_dir: Path) -> None:
    photo = read_picture(shared_dir / "media" / "people" / "person_1.png")
    (face,) = shared_faces.detect(photo)
    x1, y1, x2, y2 = (int(v) for v in face.bbox_xyxy)
    tight = cv2.resize(photo[y1:y2, x1:x2], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    verdict = examine_photo(np.asarray(tight, np.uint8), shared_faces, GATES)
    assert len(verdict.faces) == 1
    height, width = tight.shape[:2]
    assert verdict.faces[0].bbox_xyxy == pytest.approx([0, 0, width, height], abs=0.2 * height)


def test_group_photo(shared_faces: FaceModels) -> None:
    verdict = examine_photo(demo_photo_path(), shared_faces, GATES)
    assert verdict.reason == "several faces (6); choose a photo of one"
    assert len(verdict.faces) == 6


def test_pack_without_recogniser(tmp_path: Path) -> None:
    bare = FaceModels(open_pack(write_pack(tmp_path / "p", has_recogniser=False)), 320)
    with pytest.raises(ModelError, match="nobody can be enrolled"):
        examine_photo(blank(), bare, GATES)


def test_a_photo_and_its_mirror_image_are_enrolled_alike(
    shared_faces: FaceModels, shared_dir: Path
) -> None:
    photo = read_picture(shared_dir / "media" / "people" / "person_2.png")
    (face,) = shared_faces.detect(photo)
    mirrored_kps = face.kps[[1, 0, 2, 4, 3]]
    mirrored_kps[:, 0] = photo.shape[1] - 1 - mirrored_kps[:, 0]
    there = embed_photo(photo, face.kps, shared_faces)
    back = embed_photo(np.ascontiguousarray(photo[:, ::-1]), mirrored_kps, shared_faces)
    assert there @ back > 0.9999
    assert np.linalg.norm(there) == pytest.approx(1.0, abs=1e-5)
    one_way = shared_faces.embed(photo, [face.kps])[0]
    assert 0.8 < there @ one_way < 0.9999
