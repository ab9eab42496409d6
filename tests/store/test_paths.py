import os
import sys
from pathlib import Path

import pytest

from facemotion.core.errors import OutputError
from facemotion.store import paths
from facemotion.store.paths import AppPaths, bundled_models_dir, model_path, resource_path


def test_home_variable_puts_everything_below_one_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path / "Köln"))
    found = AppPaths.default()
    for folder in (found.config_dir, found.data_dir, found.log_dir, found.gallery_dir):
        assert folder.is_relative_to(tmp_path / "Köln")
    assert found.packs_dir.parent == found.data_dir
    assert found.settings_file.parent == found.config_dir
    assert found.log_file.parent == found.log_dir


def test_without_the_variable_the_platform_decides(tmp_path, monkeypatch):
    monkeypatch.delenv("FACEMOTION_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    found = AppPaths.default()
    assert "facemotion" in found.config_dir.parts
    assert found.config_dir != found.data_dir
    if sys.platform == "linux":
        assert found.config_dir == tmp_path / "config" / "facemotion"
        assert found.gallery_dir == tmp_path / "data" / "facemotion" / "gallery"


def test_create_makes_every_folder(tmp_path):
    made = AppPaths.below(tmp_path / "a" / "b")
    made.create()
    made.create()
    for folder in (made.config_dir, made.data_dir, made.log_dir, made.gallery_dir, made.packs_dir):
        assert folder.is_dir()


def test_create_names_the_folder_and_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"config.*FACEMOTION_HOME"):
        AppPaths.below(tmp_path / "file").create()


def test_source_checkout_is_found():
    repository = Path(__file__).resolve().parents[2]
    assert resource_path("icons") == repository / "resources" / "icons"
    assert bundled_models_dir() == repository / "models"


def test_wheel_comes_before_the_checkout(tmp_path, monkeypatch):
    bundled = tmp_path / "facemotion" / "_bundled"
    (bundled / "resources").mkdir(parents=True)
    (bundled / "models").mkdir()
    (bundled / "resources" / "x.svg").write_text("<svg/>")
    (bundled / "models" / "emotion.onnx").write_bytes(b"onnx")
    monkeypatch.setattr(paths, "_PACKAGE_DIR", tmp_path / "facemotion")
    assert resource_path("x.svg") == bundled / "resources" / "x.svg"
    assert model_path("emotion.onnx") == bundled / "models" / "emotion.onnx"
    assert bundled_models_dir() == bundled / "models"


@pytest.mark.parametrize("inside", ["", os.path.join("facemotion", "_bundled")])
def test_frozen_application_is_found(tmp_path, monkeypatch, inside):
    (tmp_path / inside / "resources").mkdir(parents=True)
    (tmp_path / inside / "resources" / "x.svg").write_text("<svg/>")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource_path("x.svg") == tmp_path / inside / "resources" / "x.svg"
    assert bundled_models_dir() is None


def test_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"resources/nothing\.svg"):
        resource_path("nothing.svg")
    with pytest.raises(FileNotFoundError, match=r"models/nothing\.onnx"):
        model_path("nothing.onnx")


def test_folders_that_cannot_be_made_are_named_once(tmp_path):
    paths = AppPaths.below(tmp_path)
    assert paths.create_what_can_be() == []
    assert all(folder.is_dir() for folder in paths.folders)
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "data").write_text("in the way")
    paths = AppPaths.below(tmp_path / "blocked")
    assert paths.create_what_can_be() == [paths.data_dir]
    assert paths.log_dir.is_dir()
