import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.commands import camera_probe, doctor_system
from facemotion.commands.camera_probe import CameraProbeError, probe_cameras
from facemotion.commands.doctor_system import Findings, without_home
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths


@pytest.fixture(autouse=True)
def no_cameras(monkeypatch):
    monkeypatch.setattr(doctor_system, "probe_cameras", lambda: ["camera:0 Test camera"])


def report(capsys, *arguments):
    code = main(["doctor", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_without_a_pack_it_says_what_to_install(capsys, monkeypatch):
    for module in ("setup", "doctor_models"):
        monkeypatch.setattr(f"facemotion.commands.{module}.pack_roots", lambda paths: ())
    code, found = report(capsys)
    assert code == 1
    assert found["packs"]["in use"] == "none"
    assert found["inference"] == {"result": "not possible"}
    assert sum("buffalo_s" in problem for problem in found["problems"]) == 1


def test_with_a_pack_everything_is_timed(shared_pack, capsys, monkeypatch):
    monkeypatch.setenv("FACEMOTION_PACK", str(shared_pack))
    code, found = report(capsys)
    assert code == (1 if found["problems"] else 0)
    assert not any("pack" in problem for problem in found["problems"])
    assert found["packs"]["in use"]["detector"] == "det_500m.onnx"
    assert found["cameras"] == ["camera:0 Test camera"]
    assert found["versions"]["onnxruntime"]
    assert "CPU" in found["providers"]["available"]
    inference = found["inference"]
    assert inference["picture"] == "1280×720, 6 faces"
    for stage in ("detection", "recognition, one face", "emotion, all faces"):
        assert 0.0 < float(inference[stage].removesuffix(" ms")) < 5000.0
    assert set(inference["runs on"].values()) == {"CPU"}


def test_people_read_the_same(shared_pack, capsys):
    main(["doctor", "--pack", str(shared_pack)])
    out = capsys.readouterr().out
    for heading in ("versions:", "folders:", "packs:", "cameras:", "inference:", "problems:"):
        assert f"\n{heading}" in f"\n{out}"


def test_problems_are_sentences(tmp_path, capsys, monkeypatch):
    paths = AppPaths.default()
    paths.settings_file.parent.mkdir(parents=True)
    paths.settings_file.write_text('[inference]\nprovider = "CoreML"\n')
    broken = paths.packs_dir / "broken"
    broken.mkdir(parents=True)
    (broken / "det.onnx").write_bytes(b"not a model")
    ana = GalleryStore(paths.gallery_dir).enrol("Ana", np.eye(1, 8), "m-00000000")
    (paths.gallery_dir / ana.person_id / "embeddings.npy").unlink()
    monkeypatch.setattr(
        doctor_system, "probe_cameras", lambda: (_ for _ in ()).throw(CameraProbeError("It hung."))
    )
    monkeypatch.setattr(
        doctor_system.importlib.metadata, "version", lambda name: "1.0", raising=True
    )
    code, found = report(capsys)
    assert code == 1
    text = "\n".join(found["problems"])
    assert "CoreML" in text
    assert "det.onnx" in text
    assert "Ana" in text
    assert "It hung." in text
    assert "are installed together" in text
    assert "1 damaged entries" in found["people"]


def test_an_unwritable_home_is_a_problem(tmp_path, capsys, monkeypatch):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("FACEMOTION_HOME", str(tmp_path / "home"))
    code, found = report(capsys)
    assert code == 1
    assert any("cannot be written" in problem for problem in found["problems"])


def test_a_missing_emotion_model_is_a_problem(capsys, monkeypatch):
    def missing(name):
        raise FileNotFoundError(name)

    monkeypatch.setattr("facemotion.commands.setup.model_path", missing)
    _, found = report(capsys)
    assert found["emotion model"] == "missing"
    assert any("emotions cannot be read" in problem for problem in found["problems"])


def test_the_home_folder_is_not_given_away():
    home = str(Path.home())
    value = {"a": [f"{home}/x", {"b": home}], "c": 1}
    expected = {"a": ["~/x", {"b": "~"}], "c": 1} if len(home) > 1 else value
    assert without_home(value) == expected


def test_display_is_told_from_the_environment(monkeypatch):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has several kinds of display")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "cannot open" in doctor_system.display(Findings())["kind"]
    monkeypatch.setenv("DISPLAY", ":0")
    assert doctor_system.display(Findings()) == {"DISPLAY": ":0"}
    findings = Findings()
    monkeypatch.setattr(doctor_system, "_WINDOW_LIBRARIES", ("libnothing.so.9",))
    doctor_system.display(findings)
    assert "libnothing.so.9" in findings.problems[0]


def test_cameras_are_probed_in_another_process():
    assert all(entry.startswith("camera:") for entry in probe_cameras())


def test_a_probe_that_hangs_or_crashes_is_an_error(monkeypatch):
    with pytest.raises(CameraProbeError, match="took longer"):
        probe_cameras(timeout_s=0.001)

    def crash(command, **options):
        raise subprocess.CalledProcessError(-11, command)

    monkeypatch.setattr(camera_probe.subprocess, "run", crash)
    with pytest.raises(CameraProbeError, match="cannot be listed"):
        probe_cameras()


def test_a_frozen_program_tries_numbers(monkeypatch):
    class Capture:
        def __init__(self, index):
            self.index = index

        def isOpened(self):
            return self.index == 1

        def release(self):
            self.index = None

    import cv2

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert probe_cameras() == ["camera:1"]
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera_probe, "linux_cameras", lambda: {2: "Desk camera"})
    assert probe_cameras() == ["camera:2 Desk camera"]
