"""The program as people get it: packaged, installed from its wheel, and from source.

Building takes minutes. `FACEMOTION_PROGRAM=FOLDER` tries a program that is packaged already.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BAR_MB = 420
UNWANTED = (
    *("torch", "scipy", "skimage", "matplotlib", "onnxscript", "PIL", "pytest", "psutil"),
    *("onnx/backend", "onnx/reference", "cv2/qt", "resources/screenshots"),
)


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The packaged program in a folder that nobody may write, with an awkward name."""
    ready = os.environ.get("FACEMOTION_PROGRAM")
    if not ready and importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("needs PyInstaller: python3 start.py setup --extra package")
    place = tmp_path_factory.mktemp("programs") / "Programme für alle 顔"
    if ready:
        shutil.copytree(ready, place / "facemotion", symlinks=True)
    else:
        pack = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
        work = tmp_path_factory.mktemp("work")
        folders = ["--distpath", place, "--workpath", work, REPOSITORY / "facemotion.spec"]
        subprocess.run([*pack, *folders], check=True, cwd=work)
        shutil.rmtree(work)
    folder = place / "facemotion"
    set_rights(folder, is_writable=False)
    yield folder
    set_rights(folder, is_writable=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The command of a wheel that is installed into an empty environment."""
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place]
    subprocess.run([*pip, REPOSITORY], check=True)
    (wheel,) = place.glob("facemotion-*.whl")
    environment = place / "environment"
    venv.create(environment)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet"]
    options = ["--no-compile", "--constraint", REPOSITORY / ".ci" / "constraints.txt"]
    subprocess.run([*pip, *options, wheel], check=True)
    yield scripts / "facemotion"
    shutil.rmtree(environment)


def set_rights(folder, is_writable):
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o200 if is_writable else mode & ~0o222)


def run(command, cwd, **values):
    """Run it with nothing of this environment's Python, and with the window unseen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    kept |= {"QT_QPA_PLATFORM": "offscreen", **values}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=kept, timeout=300
    )


def passes_self_test(command, cwd):
    done = run([command, "doctor", "--self-test"], cwd)
    report = json.loads(done.stdout)
    assert report["problems"] == [], report.get("output")
    assert done.returncode == 0
    return report


def doctor(command, cwd):
    done = run([*command, "doctor", "--json"], cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_packaged_program_passes_the_self_test(program, tmp_path):
    report = passes_self_test(program / "facemotion", tmp_path)
    assert report["is_frozen"]
    assert report["program"] == str(program / "facemotion")


def test_packaged_program_is_small_and_holds_what_it_should(program):
    files = [path for path in program.rglob("*") if path.is_file() and not path.is_symlink()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    assert size_mb <= BAR_MB
    inside = program / "_internal"
    assert [name for name in UNWANTED if (inside / name).exists()] == []
    assert not list(inside.rglob("*Qt5*"))
    assert not [
        name for part in ("Quick", "Qml", "WebEngine") for name in inside.rglob(f"*Qt6{part}*")
    ]
    for name in (
        "models/emotion.onnx",
        "resources/icons/app.svg",
        "insightface/data/images/t1.jpg",
    ):
        assert (inside / name).is_file()


def test_packaged_program_analyses_in_several_processes(program, tmp_path):
    photo = program / "_internal" / "insightface" / "data" / "images" / "t1.jpg"
    for name in ("eins", "zwei"):
        (tmp_path / name).mkdir()
        shutil.copy(photo, tmp_path / name / "t1.jpg")
    command = [program / "facemotion", "analyze", "eins", "zwei", "--out", "aus", "--jobs", "2"]
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr
    one, two = sorted((tmp_path / "aus").rglob("timeline.csv"))
    assert len(one.read_text("utf-8").splitlines()) > 5
    assert len(two.read_text("utf-8").splitlines()) > 5


def test_packaged_program_without_a_display_says_so(program, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux can be without a display")
    none = {"QT_QPA_PLATFORM": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    done = run([program / "facemotion"], tmp_path, **none)
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert "Traceback" not in done.stderr


def test_packaged_program_without_a_home_still_analyses_and_says_so(program, tmp_path):
    (tmp_path / "file").write_text("in the way")
    values = {"FACEMOTION_HOME": str(tmp_path / "file" / "home")}
    photo = program / "_internal" / "insightface" / "data" / "images" / "t1.jpg"
    done = run([program / "facemotion", "analyze", photo, "--out", "aus"], tmp_path, **values)
    assert done.returncode == 0
    assert "FACEMOTION_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_installed_wheel_passes_the_self_test(installed, tmp_path):
    report = passes_self_test(installed, tmp_path)
    assert not report["is_frozen"]
    assert Path(report["folder"]).is_relative_to(installed.parent.parent)


def test_models_come_with_each_of_the_three(program, installed, tmp_path):
    source = doctor([sys.executable, "-m", "facemotion"], REPOSITORY)
    wheel = doctor([installed], tmp_path)
    packaged = doctor([program / "facemotion"], tmp_path)
    roots = {
        "source": (source, REPOSITORY / "models"),
        "wheel": (wheel, installed.parent.parent),
        "packaged": (packaged, program / "_internal" / "models"),
    }
    for name, (report, root) in roots.items():
        home = str(Path.home())
        folder = report["packs"]["in use"]["folder"].replace("~", home, 1)
        assert Path(folder).is_relative_to(root), name
        assert report["emotion model"].replace("~", home, 1).startswith(str(root)), name
    versions = [report["versions"]["facemotion"] for report, _ in roots.values()]
    assert len(set(versions)) == 1
