from pathlib import Path

import pytest

from facemotion.store import paths as paths_module
from facemotion.store.pack_choice import named_pack, pack_roots
from facemotion.store.paths import AppPaths


@pytest.fixture
def paths(tmp_path):
    return AppPaths.below(tmp_path)


def test_nobody_names_a_pack(paths):
    assert named_pack(paths, "", "", environment={}) is None
    assert named_pack(paths, environment={"FACEMOTION_PACK": "  "}) is None


def test_command_line_then_environment_then_settings(paths):
    variables = {"FACEMOTION_PACK": "/from/environment"}
    assert named_pack(paths, "/typed", "/set", environment=variables) == Path("/typed")
    assert named_pack(paths, "", "/set", environment=variables) == Path("/from/environment")
    assert named_pack(paths, "", "/set", environment={}) == Path("/set")


def test_the_environment_of_the_process_is_read(paths, monkeypatch):
    monkeypatch.setenv("FACEMOTION_PACK", "/from/process")
    assert named_pack(paths, "", "") == Path("/from/process")


def test_a_bare_name_is_an_installed_pack(paths, tmp_path, monkeypatch):
    (paths.packs_dir / "buffalo_s").mkdir(parents=True)
    assert named_pack(paths, "buffalo_s", environment={}) == paths.packs_dir / "buffalo_s"
    assert named_pack(paths, "buffalo_l", environment={}) == Path("buffalo_l")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "buffalo_s").mkdir()
    assert named_pack(paths, "buffalo_s", environment={}) == Path("buffalo_s")


def test_packs_that_ship_come_first(paths, tmp_path, monkeypatch):
    shipped = tmp_path / "facemotion" / "_bundled" / "models" / "builtin"
    shipped.mkdir(parents=True)
    (shipped.parent / "emotion.onnx").write_bytes(b"")
    monkeypatch.setattr(paths_module, "_PACKAGE_DIR", tmp_path / "facemotion")
    assert pack_roots(paths) == (shipped, paths.packs_dir)
    assert named_pack(paths, "builtin", environment={}) == shipped
