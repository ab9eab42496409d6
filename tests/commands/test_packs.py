import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import insightface
import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.store.gallery import GalleryStore
from facemotion.store.licences import AcceptedLicences
from facemotion.store.paths import AppPaths, model_path
from facemotion.store.settings import load_settings
from facemotion.vision import pack_catalogue, pack_shelf
from facemotion.vision.faces import FaceModels
from facemotion.vision.pack_catalogue import PackDescription
from facemotion.vision.packs import open_pack
from tests.vision.pack_server import PackServer, zipped_pack
from tests.vision.tiny_models import write_pack


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "source" / "tiny")


@pytest.fixture
def server() -> Iterator[PackServer]:
    with PackServer() as running:
        yield running


@pytest.fixture
def offered(server: PackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> PackDescription:
    """A catalogue of one pack, on the server."""
    description = zipped_pack(server, tiny)
    for module in (pack_catalogue, pack_shelf):
        monkeypatch.setattr(module, "CATALOGUE", (description,))
    return description


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    code = main(["packs", *(str(argument) for argument in arguments)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    entries = json.loads(run(capsys, "list", "--json")[1])["packs"]
    return {entry["id"]: entry for entry in entries}


class TestList:
    def test_fresh_start(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, "list")
        assert (code, err) == (0, "")
        assert out.splitlines()[0].split() == ["builtin", "Built-in", "(in", "use)"]
        licences = [row.strip() for row in out.splitlines() if "Licence: " in row]
        assert len(licences) == 5
        assert licences[1].startswith("Licence: InsightFace model: non-commercial research only")
        entries = listed(capsys)
        assert list(entries) == ["builtin", "buffalo_sc", "buffalo_s", "buffalo_l", "yunet_sface"]
        assert entries["builtin"]["in_use"]
        assert entries["builtin"]["similarity_at_1_percent"] is not None
        assert entries["yunet_sface"]["commercial_use"] is True
        assert entries["buffalo_l"]["commercial_use"] is False
        assert entries["buffalo_l"]["installed"] is False

    def test_a_damaged_pack(self, capsys: pytest.CaptureFixture[str], tiny: Path) -> None:
        folder = AppPaths.default().packs_dir / "bad"
        folder.mkdir(parents=True)
        (folder / "det.onnx").write_bytes(b"no model")
        code, out, err = run(capsys, "list")
        assert code == 3
        assert "bad (cannot be used)" in out
        assert "det.onnx is damaged" in err


class TestDownload:
    def test_whole(self, capsys: pytest.CaptureFixture[str], offered: PackDescription) -> None:
        code, out, err = run(capsys, "download", "tiny", "--accept-licence")
        assert code == 0
        assert "Tiny pack is installed. “facemotion packs use tiny” chooses it." in out
        assert offered.licence.text in err
        assert listed(capsys)["tiny"]["installed"]
        code, out, err = run(capsys, "download", "tiny", "--json")
        assert code == 0
        assert json.loads(out)["installed"] == "tiny"
        assert offered.licence.text not in err

    def test_licence_is_demanded(
        self, capsys: pytest.CaptureFixture[str], offered: PackDescription, server: PackServer
    ) -> None:
        code, out, err = run(capsys, "download", "tiny")
        assert (code, out) == (1, "")
        assert offered.licence.text in err
        assert "Add --accept-licence" in err
        assert server.seen == []

    @pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 1), ("", 1)])
    def test_licence_is_asked_on_a_terminal(
        self,
        capsys: pytest.CaptureFixture[str],
        offered: PackDescription,
        monkeypatch: pytest.MonkeyPatch,
        answer: str,
        code: int,
    ) -> None:
        terminal = io.StringIO(answer)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)
        assert run(capsys, "download", "tiny")[0] == code
        accepted = AcceptedLicences(AppPaths.default().licences_file).keys()
        assert accepted == ({offered.licence.key} if code == 0 else frozenset())

    def test_nothing_there(
        self, capsys: pytest.CaptureFixture[str], offered: PackDescription, server: PackServer
    ) -> None:
        server.files.clear()
        code, out, err = run(capsys, "download", "tiny", "--accept-licence", "--json")
        assert (code, out) == (1, "")
        assert "no longer has it (error 404)" in err

    def test_unknown_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, err = run(capsys, "download", "nothing")
        assert code == 1
        assert "There are: buffalo_sc, buffalo_s, buffalo_l, yunet_sface." in err


class TestImportUseRemove:
    def test_round(self, capsys: pytest.CaptureFixture[str], tiny: Path) -> None:
        assert run(capsys, "import", tiny)[0] == 0
        code, out, _ = run(capsys, "use", "tiny", "--json")
        assert code == 0
        assert json.loads(out)["in_use"] == "tiny"
        paths = AppPaths.default()
        assert load_settings(paths.settings_file)[0].detection.pack == "tiny"
        assert listed(capsys)["tiny"]["in_use"]
        code, _, err = run(capsys, "remove", "tiny")
        assert code == 1
        assert "is in use. Choose another one first" in err
        assert run(capsys, "use", "builtin")[0] == 0
        assert run(capsys, "remove", "tiny")[0] == 0
        assert os.listdir(paths.packs_dir) == []
        assert (tiny / "det_tiny.onnx").is_file()

    def test_import_of_nothing(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        code, _, err = run(capsys, "import", tmp_path / "none.zip")
        assert code == 1
        assert "There is no file or folder" in err

    def test_a_folder_anywhere(self, capsys: pytest.CaptureFixture[str], tiny: Path) -> None:
        assert run(capsys, "use", tiny)[0] == 0
        settings, _ = load_settings(AppPaths.default().settings_file)
        assert settings.detection.pack == str(tiny)
        code, _, err = run(capsys, "remove", tiny)
        assert code == 1
        assert (tiny / "det_tiny.onnx").is_file()
        assert run(capsys, "use", "builtin")[0] == 0
        code, _, err = run(capsys, "remove", tiny)
        assert code == 1
        assert "There is no pack called" in err

    def test_what_is_not_installed(self, capsys: pytest.CaptureFixture[str]) -> None:
        for action, words in (
            (("use", "buffalo_s"), "Get it with “facemotion packs download buffalo_s”"),
            (("remove", "buffalo_s"), "is not installed"),
            (("remove", "builtin"), "comes with the program and stays"),
            (("use", "../../none"), "There is no pack called"),
            (("remove", "../gallery"), "There is no pack called"),
        ):
            code, _, err = run(capsys, *action)
            assert code == 1
            assert words in err

    def test_a_damaged_pack_is_removed_but_not_used(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = AppPaths.default().packs_dir / "bad"
        folder.mkdir(parents=True)
        (folder / "det.onnx").write_bytes(b"no model")
        assert run(capsys, "use", "bad")[0] == 1
        assert run(capsys, "remove", "bad")[0] == 0
        assert not folder.exists()

    def test_what_a_user_should_know(
        self, capsys: pytest.CaptureFixture[str], tiny: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paths = AppPaths.default()
        vectors = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
        GalleryStore(paths.gallery_dir).enrol("Ana", vectors, "other-01234567")
        shutil.copytree(tiny, paths.packs_dir / "tiny")
        (paths.packs_dir / "tiny" / "pack.toml").write_text(
            f'[[files]]\nname = "det_tiny.onnx"\nsha256 = "{"0" * 64}"'
        )
        monkeypatch.setenv("FACEMOTION_PACK", "builtin")
        code, out, err = run(capsys, "use", "tiny", "--json")
        assert code == 0
        assert json.loads(out)["people_without"] == 1
        for words in ("is not the file", "FACEMOTION_PACK names another", "need new photos"):
            assert words in err


def test_a_pack_that_knows_nobody_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alone = write_pack(tmp_path / "alone", has_recogniser=False)
    code, _, err = run(capsys, "use", alone, "--reembed")
    assert code == 0
    assert "nobody gets a name" in err


def test_people_are_read_again_from_their_photos(capsys: pytest.CaptureFixture[str]) -> None:
    picture = cv2.imread(str(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"))
    assert picture is not None
    gallery = GalleryStore(AppPaths.default().gallery_dir)
    vectors = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
    faces = FaceModels(open_pack(model_path("builtin"))).detect(np.asarray(picture, np.uint8))
    x1, y1, x2, y2 = (int(value) for value in faces[1].bbox_xyxy)
    photo = cv2.imencode(".png", picture[y1 - 30 : y2 + 30, x1 - 30 : x2 + 30])[1].tobytes()
    gallery.enrol("Ana", vectors, "other-01234567", [photo])
    gallery.enrol("Ben", vectors[::-1] * 2.0, "other-01234567")
    code, out, err = run(capsys, "use", "builtin", "--reembed")
    assert code == 0
    assert "Ana: 1 photos read again." in out
    assert "No photos of Ben are kept" in err
    assert "1 of the people enrolled are known to another pack only" in err
    assert run(capsys, "use", "builtin", "--reembed", "--json")[0] == 0


def test_an_action_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["packs"])
    assert end.value.code == 2
    assert "ACTION" in capsys.readouterr().err
