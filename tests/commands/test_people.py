import json
import shutil

import cv2
import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.core.parameters import parameter_info
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.store.settings import Settings, save_settings

MODEL = "other-01234567"


@pytest.fixture
def store(tmp_path):
    return GalleryStore(tmp_path / "gallery")


def vectors(seed, count=2, dim=8):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


class TestPeople:
    def test_nobody(self, store, capsys):
        code, out, _ = run(capsys, "people", "--gallery", store.folder)
        assert code == 0
        assert "Nobody is enrolled" in out
        assert json.loads(run(capsys, "people", "--gallery", store.folder, "--json")[1]) == {
            "people": []
        }

    def test_names_are_listed_in_order(self, store, capsys):
        store.enrol("Zoë", vectors(1), MODEL)
        store.enrol("Ana", vectors(2, 3), MODEL)
        code, out, _ = run(capsys, "people", "--gallery", store.folder)
        assert code == 0
        assert [line.split()[0] for line in out.splitlines()] == ["Ana", "Zoë"]
        assert "3 embeddings" in out
        listed = json.loads(run(capsys, "people", "--gallery", store.folder, "--json")[1])
        assert [(p["name"], p["embeddings"], p["model_id"]) for p in listed["people"]] == [
            ("Ana", 3, MODEL),
            ("Zoë", 2, MODEL),
        ]

    def test_damage_is_said_on_stderr(self, store, capsys):
        ana = store.enrol("Ana", vectors(1), MODEL)
        (store.folder / ana.person_id / "embeddings.npy").write_bytes(b"damaged")
        code, out, err = run(capsys, "people", "--gallery", store.folder, "--json")
        assert code == 3
        assert json.loads(out) == {"people": []}
        assert "set aside" in err

    def test_a_gallery_that_is_a_file(self, tmp_path, capsys):
        (tmp_path / "file").write_text("x")
        code, _, err = run(capsys, "people", "--gallery", tmp_path / "file")
        assert code == 1
        assert "choose another gallery" in err

    def test_the_users_own_gallery_is_the_default(self, capsys):
        GalleryStore(AppPaths.default().gallery_dir).enrol("Ana", vectors(1), MODEL)
        assert "Ana" in run(capsys, "people")[1]

    def test_problems_of_the_settings_are_said(self, store, capsys):
        settings_file = AppPaths.default().settings_file
        settings_file.parent.mkdir(parents=True)
        settings_file.write_text("[detection]\ndet_size = 5\n")
        code, _, err = run(capsys, "people", "--gallery", store.folder)
        assert code == 0
        assert "detection.det_size" in err


class TestForget:
    def test_everything_goes(self, store, capsys):
        store.enrol("Zoë", vectors(1), MODEL, [b"\xff\xd8\xff photo"])
        code, out, _ = run(capsys, "forget", "zoe\u0308", "--gallery", store.folder)
        assert code == 0
        assert "Zoë is forgotten" in out
        assert [path.name for path in store.folder.iterdir()] == [".lock"]

    def test_nobody_of_that_name(self, store, capsys):
        code, _, err = run(capsys, "forget", "Ana", "--gallery", store.folder)
        assert code == 1
        assert "Nobody called Ana" in err

    def test_a_damaged_copy_goes_too(self, store, capsys):
        ana = store.enrol("Ana", vectors(1), MODEL)
        (store.folder / ana.person_id / "embeddings.npy").write_bytes(b"damaged")
        code, out, err = run(capsys, "forget", "Ana", "--gallery", store.folder, "--json")
        assert code == 0
        assert json.loads(out) == {"forgotten": "Ana", "damaged_copies": 1}
        assert "set aside" in err
        assert store.damaged_entries() == ()

    def test_damage_without_a_name_is_pointed_at(self, store, capsys):
        store.enrol("Ana", vectors(1), MODEL)
        ben = store.enrol("Ben", vectors(2), MODEL)
        (store.folder / ben.person_id / "person.json").write_bytes(b"\x00")
        code, _, err = run(capsys, "forget", "Ana", "--gallery", store.folder)
        assert code == 0
        assert ben.person_id in err
        assert "by hand" in err


class TestEnroll:
    @pytest.fixture
    def photos(self, shared_dir):
        return shared_dir / "media" / "people"

    def enroll(self, capsys, store, pack, name, *photos):
        arguments = ["enroll", name, *photos, "--gallery", store.folder, "--pack", pack]
        return run(capsys, *arguments, "--json")

    def test_without_a_pack_it_says_what_to_install(self, store, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr("facemotion.commands.setup.pack_roots", lambda paths: ())
        code, out, err = run(capsys, "enroll", "Ana", tmp_path / "a.png", "--gallery", store.folder)
        assert code == 1
        assert out == ""
        assert "buffalo_s" in err
        assert "FACEMOTION_PACK" in err
        assert str(AppPaths.default().packs_dir) in err

    def test_a_person_is_enrolled_and_listed(self, store, shared_pack, photos, capsys):
        code, out, _ = self.enroll(capsys, store, shared_pack, "Åsa / ..", photos / "person_1.png")
        assert code == 0
        result = json.loads(out)
        assert result["person"]["name"] == "Åsa / .."
        assert result["accepted"] == ["person_1.png"]
        assert not result["person"]["has_photos"]
        assert [person.name for person in store.load().people] == ["Åsa / .."]

    def test_photos_are_added_replaced_and_kept_on_request(
        self, store, shared_pack, photos, tmp_path, capsys
    ):
        photo, mirrored = photos / "person_1.png", tmp_path / "mirrored.png"
        cv2.imwrite(str(mirrored), cv2.flip(cv2.imread(str(photo)), 1))
        assert self.enroll(capsys, store, shared_pack, "Ana", photo)[0] == 0
        again = json.loads(self.enroll(capsys, store, shared_pack, "ana", photo)[1])
        assert again["person"]["embeddings"] == 1
        more = json.loads(self.enroll(capsys, store, shared_pack, "Ana", mirrored)[1])
        assert more["person"]["embeddings"] == 2
        _, out, _ = self.enroll(
            capsys, store, shared_pack, "Ana", photo, "--replace", "--keep-photos"
        )
        assert json.loads(out)["person"]["embeddings"] == 1
        assert json.loads(out)["person"]["has_photos"]
        kept = store.photos(store.load().people[0].person_id)
        assert [cv2.imread(str(path)) is not None for path in kept] == [True]

    def test_a_look_alike_is_pointed_out(self, store, shared_pack, photos, capsys):
        self.enroll(capsys, store, shared_pack, "Ana", photos / "person_1.png")
        result = json.loads(
            self.enroll(capsys, store, shared_pack, "Ben", photos / "person_1.png")[1]
        )
        assert any("looks like Ana" in warning for warning in result["warnings"])
        other = json.loads(
            self.enroll(capsys, store, shared_pack, "Carl", photos / "person_4.png")[1]
        )
        assert other["warnings"] == []

    def test_photos_of_two_people_are_pointed_out(self, store, shared_pack, photos, capsys):
        names = [photos / f"person_{number}.png" for number in (1, 4)]
        result = json.loads(self.enroll(capsys, store, shared_pack, "Ana", *names)[1])
        assert any("does not look like the other" in warning for warning in result["warnings"])

    def test_some_photos_unusable_is_code_3(self, store, shared_pack, photos, tmp_path, capsys):
        blank, text = tmp_path / "blank.png", tmp_path / "text.png"
        cv2.imwrite(str(blank), np.full((300, 300, 3), 127, np.uint8))
        text.write_text("no picture")
        code, out, _ = self.enroll(
            capsys, store, shared_pack, "Ana", photos / "person_1.png", blank, text
        )
        assert code == 3
        rejected = json.loads(out)["rejected"]
        assert sorted(rejected) == ["blank.png", "text.png"]
        assert all(rejected.values())

    def test_no_photo_usable_is_code_1(self, store, shared_pack, tmp_path, capsys):
        code, out, err = self.enroll(capsys, store, shared_pack, "Ana", tmp_path / "missing.png")
        assert code == 1
        assert "Ana was not enrolled" in err
        assert json.loads(out)["person"] is None
        assert store.load().people == ()

    def test_another_packs_embeddings_ask_for_replace(self, store, shared_pack, photos, capsys):
        store.enrol("Ana", vectors(1), MODEL)
        photo = photos / "person_1.png"
        code, _, err = self.enroll(capsys, store, shared_pack, "Ana", photo)
        assert code == 1
        assert "--replace" in err
        assert store.load().people[0].model_id == MODEL
        assert self.enroll(capsys, store, shared_pack, "Ana", photo, "--replace")[0] == 0
        assert store.load().people[0].model_id != MODEL

    def test_a_pack_without_recogniser_cannot_enrol(
        self, store, shared_pack, photos, tmp_path, capsys
    ):
        (tmp_path / "pack").mkdir()
        shutil.copy(shared_pack / "det_500m.onnx", tmp_path / "pack")
        photo = photos / "person_1.png"
        code, _, err = self.enroll(capsys, store, tmp_path / "pack", "Ana", photo)
        assert code == 1
        assert "no recognition model" in err

    def test_a_bad_name_is_refused_first(self, store, tmp_path, capsys):
        code, _, err = run(capsys, "enroll", "a\nb", tmp_path / "x", "--gallery", store.folder)
        assert code == 1
        assert "U+000A" in err

    def test_the_settings_gate_photos(self, store, shared_pack, photos, capsys):
        import dataclasses

        info = parameter_info(Settings().enrolment, "min_face_px")
        strict = dataclasses.replace(Settings().enrolment, min_face_px=info.maximum)
        settings = dataclasses.replace(Settings(), enrolment=strict)
        save_settings(AppPaths.default().settings_file, settings)
        code, out, _ = self.enroll(capsys, store, shared_pack, "Ana", photos / "person_1.png")
        assert code == 1
        assert list(json.loads(out)["rejected"]) == ["person_1.png"]
