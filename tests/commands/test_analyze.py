import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from facemotion.__main__ import main
from facemotion.store.gallery import GalleryStore
from facemotion.store.paths import AppPaths
from facemotion.store.timeline import TIMELINE_COLUMNS
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.demo import DemoSource, demo_photo_path
from facemotion.vision.video_writer import VideoWriter


@pytest.fixture(autouse=True)
def pack(shared_pack, monkeypatch):
    monkeypatch.setenv("FACEMOTION_PACK", str(shared_pack))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """One second of the demo at 10 frames a second, with a name that is not ASCII."""
    path = tmp_path_factory.mktemp("clip") / "Übung 名前.mp4"
    with DemoSource() as source, VideoWriter(path, 10.0, (640, 360)) as writer:
        for _ in range(10):
            writer.write(cv2.resize(source.read().frame_bgr, (640, 360)))
    return path


@pytest.fixture
def faces_folder(tmp_path):
    """Two pictures with faces, one without, one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    photo = cv2.imread(str(demo_photo_path()))
    cv2.imwrite(str(folder / "group1.jpg"), photo)
    cv2.imwrite(str(folder / "group2.png"), cv2.flip(photo, 1))
    cv2.imwrite(str(folder / "grey.png"), np.full((50, 60, 3), 127, np.uint8))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return folder


def analyze(capsys, source, out, *options):
    code = main(["analyze", str(source), "--out", str(out), *options])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def read_rows(out):
    with (out / "timeline.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def video_times(path):
    import av

    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def test_a_video_gives_every_file(clip, tmp_path, capsys):
    out = tmp_path / "Ergebnis ü" / "deep"
    code, said, _ = analyze(capsys, clip, out)
    assert code == 0
    assert str(out) in said
    names = ["annotated.mp4", "summary.json", "timeline.csv", "timeline.jsonl"]
    assert sorted(path.name for path in out.iterdir()) == names
    rows = read_rows(out)
    assert tuple(rows[0]) == TIMELINE_COLUMNS
    assert {row["source"] for row in rows} == {clip.name}
    assert len((out / "timeline.jsonl").read_text("utf-8").splitlines()) == len(rows)
    assert video_times(out / "annotated.mp4") == pytest.approx(video_times(clip), abs=1e-3)


def test_the_same_input_gives_the_same_bytes(clip, tmp_path, capsys):
    for name in ("one", "two"):
        assert analyze(capsys, clip, tmp_path / name)[0] == 0
    for file in ("timeline.csv", "timeline.jsonl", "summary.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_fewer_frames_are_read_but_all_are_drawn(clip, tmp_path, capsys):
    code, said, _ = analyze(capsys, clip, tmp_path, "--fps", "5", "--json")
    assert code == 0
    summary = json.loads(said)
    assert summary["frames"]["taken"] == 10
    assert summary["frames"]["read"] == 5
    assert {row["frame"] for row in read_rows(tmp_path)} <= {"0", "2", "4", "6", "8"}
    assert len(video_times(tmp_path / "annotated.mp4")) == 10
    with_boxes, without = cv2.VideoCapture(str(tmp_path / "annotated.mp4")), []
    plain = cv2.VideoCapture(str(clip))
    for _ in range(10):
        (_, drawn), (_, bare) = with_boxes.read(), plain.read()
        without.append(float(np.mean(cv2.absdiff(drawn, bare))) < 1.0)
    with_boxes.release()
    plain.release()
    first_drawn = without.index(False)
    assert not any(without[first_drawn:])


def test_the_end_can_be_set(clip, tmp_path, capsys):
    code, said, _ = analyze(capsys, clip, tmp_path, "--seconds", "0.35", "--json")
    assert code == 0
    assert json.loads(said)["frames"]["taken"] == 4


def test_the_endless_demo_ends(tmp_path, capsys):
    code, said, _ = analyze(capsys, "demo", tmp_path, "--seconds", "0.5", "--fps", "10", "--json")
    assert code == 0
    summary = json.loads(said)
    assert summary["source"]["kind"] == "demo"
    assert summary["frames"]["taken"] == 15
    assert summary["rows"] > 0


def test_the_summary_says_how_it_came_about(clip, tmp_path, capsys):
    summary = json.loads(analyze(capsys, clip, tmp_path, "--json")[1])
    assert summary == json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["is_complete"] is True
    assert summary["source"]["name"] == clip.name
    assert summary["source"]["duration_s"] == pytest.approx(1.0, abs=0.02)
    assert summary["models"]["recogniser"].startswith("mobilefacenet-")
    assert summary["models"]["emotion"]
    assert summary["models"]["providers"] == dict.fromkeys(
        ("detection", "recognition", "emotion"), "CPU"
    )
    assert summary["settings"]["smoothing"]["min_streak_to_switch"] >= 1
    assert summary["outputs"] == [
        "timeline.csv",
        "timeline.jsonl",
        "annotated.mp4",
        "summary.json",
    ]


def portrait(pack_dir, path):
    """Cut the largest face of the demo's group photo out of it."""
    photo = cv2.imread(str(demo_photo_path()))
    found = FaceModels(open_pack(pack_dir)).detect(photo, 1)
    x1, y1, x2, y2 = (int(value) for value in found[0].bbox_xyxy)
    side = (x2 - x1) // 3
    cv2.imwrite(str(path), photo[max(y1 - side, 0) : y2 + side, max(x1 - side, 0) : x2 + side])


def test_people_who_are_enrolled_are_named(clip, shared_pack, tmp_path, capsys):
    gallery = str(tmp_path / "gallery")
    portrait(shared_pack, tmp_path / "portrait.png")
    assert main(["enroll", "Zoë", str(tmp_path / "portrait.png"), "--gallery", gallery]) == 0
    code, said, _ = analyze(capsys, clip, tmp_path / "out", "--gallery", gallery)
    assert code == 0
    assert "Zoë:" in said
    named = {row["person"] for row in read_rows(tmp_path / "out") if row["decision"] == "known"}
    assert named == {"Zoë"}


def test_people_of_another_pack_are_pointed_at(clip, tmp_path, capsys):
    store = GalleryStore(tmp_path / "gallery")
    store.enrol("Ana", np.eye(1, 8), "other-00000000")
    code, _, err = analyze(
        capsys, clip, tmp_path / "out", "--gallery", str(store.folder), "--seconds", "0.1"
    )
    assert code == 0
    assert "another pack" in err
    assert "Ana" in err


def test_pictures_stand_alone(faces_folder, tmp_path, capsys):
    (faces_folder / "broken.png").unlink()
    out, single = tmp_path / "out", tmp_path / "single"
    code, said, _ = analyze(capsys, faces_folder, out)
    assert code == 0
    assert "3 of 3 frames" in said
    rows = read_rows(out)
    assert {row["source"] for row in rows} == {"group1.jpg", "group2.png"}
    assert analyze(capsys, faces_folder / "group2.png", single)[0] == 0
    alone = read_rows(single)
    together = [row for row in rows if row["source"] == "group2.png"]
    place = ("time_s", "frame")
    for one, other in zip(alone, together, strict=True):
        assert {k: v for k, v in one.items() if k not in place} == {
            k: v for k, v in other.items() if k not in place
        }
    drawn = sorted(path.name for path in (out / "annotated").iterdir())
    assert drawn == ["grey.png.png", "group1.jpg.png", "group2.png.png"]
    assert cv2.imread(str(out / "annotated" / "grey.png.png")).shape == (50, 60, 3)
    assert not (out / "annotated.mp4").exists()


def test_broken_pictures_are_left_out_and_said(faces_folder, tmp_path, capsys):
    code, said, err = analyze(capsys, faces_folder, tmp_path / "out", "--json")
    assert code == 3
    assert "broken.png" in err
    summary = json.loads(said)
    assert summary["is_complete"] is False
    assert "broken.png" in summary["problems"][0]
    assert summary["frames"]["taken"] == 3


def test_only_broken_pictures_are_a_failure(faces_folder, tmp_path, capsys):
    for name in ("group1.jpg", "group2.png", "grey.png"):
        (faces_folder / name).unlink()
    code, _, err = analyze(capsys, faces_folder, tmp_path / "out")
    assert code == 1
    assert "broken.png" in err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_truncated_video_gives_what_it_has(clip, tmp_path, capsys):
    import av

    whole = tmp_path / "whole.mkv"
    with av.open(str(clip)) as source, av.open(str(whole), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    code, said, err = analyze(capsys, cut, tmp_path / "out", "--json")
    assert code in (0, 3)
    assert 0 < json.loads(said)["frames"]["taken"] < 10
    assert (code == 3) == bool(err.strip())


BAD_INPUTS = {
    "missing": (None, "clip.mp4"),
    "empty": (b"", "clip.mp4"),
    "text": (b"this is a letter", "clip.mp4"),
    "picture": (b"\xff\xd8\xff\xe0 no picture", "photo.jpg"),
}


@pytest.mark.parametrize(("content", "name"), BAD_INPUTS.values(), ids=BAD_INPUTS.keys())
def test_bad_input_is_a_sentence_and_code_1(tmp_path, capsys, content, name):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, out, err = analyze(capsys, path, tmp_path / "out", "--json")
    assert code == 1
    assert out == ""
    assert err.startswith("facemotion: ")
    assert name in err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_pictures(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    code, _, err = analyze(capsys, tmp_path / "empty", tmp_path / "out")
    assert code == 1
    assert "holds no pictures" in err


def test_an_unwritable_output_is_a_sentence(clip, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    code, _, err = analyze(capsys, clip, tmp_path / "out")
    assert code == 1
    assert "Choose another output folder" in err


def test_a_bad_pack_is_a_sentence(clip, shared_pack, tmp_path, capsys):
    (tmp_path / "pack").mkdir()
    shutil.copy(shared_pack / "mobilefacenet.onnx", tmp_path / "pack")
    code, _, err = analyze(capsys, clip, tmp_path / "out", "--pack", str(tmp_path / "pack"))
    assert code == 1
    assert "no detection model" in err


def test_outputs_of_an_earlier_analysis_are_replaced(clip, faces_folder, tmp_path, capsys):
    out = tmp_path / "out"
    (faces_folder / "broken.png").unlink()
    assert analyze(capsys, faces_folder, out)[0] == 0
    (out / "annotated" / "mine.png").write_bytes(b"not written by facemotion")
    (out / "notes.txt").write_text("mine")
    assert analyze(capsys, clip, out, "--seconds", "0.3")[0] == 0
    assert [path.name for path in (out / "annotated").iterdir()] == ["mine.png"]
    assert (out / "notes.txt").exists()
    assert (out / "annotated.mp4").exists()
    assert analyze(capsys, faces_folder / "grey.png", out)[0] == 0
    assert not (out / "annotated.mp4").exists()
    assert len(list((out / "annotated").iterdir())) == 2


def test_a_failed_analysis_leaves_the_earlier_one(clip, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out"
    assert analyze(capsys, clip, out, "--seconds", "0.3")[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(row):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facemotion.store.timeline.format_cells", full)
    code, _, err = analyze(capsys, clip, out)
    assert code == 1
    assert "No space left" in err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_keeps_what_was_read(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "facemotion", "analyze", "demo", "--seconds", "600"]
    running = subprocess.Popen(
        [*command, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    part = out / "timeline.csv.part"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (part.exists() and part.stat().st_size > 5000):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "stopped after" in error
    assert "Traceback" not in error
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["is_complete"] is False
    assert summary["rows"] == len(read_rows(out))
    assert len(video_times(out / "annotated.mp4")) == summary["frames"]["taken"]
    assert not list(out.glob("*.part"))


def test_a_provider_that_is_not_there_is_said(clip, tmp_path, capsys):
    paths = AppPaths.default()
    paths.settings_file.parent.mkdir(parents=True)
    paths.settings_file.write_text('[inference]\nprovider = "CoreML"\n')
    code, said, err = analyze(capsys, clip, tmp_path, "--seconds", "0.1", "--json")
    assert code == 0
    assert "CoreML is not part of the installed onnxruntime" in err
    assert set(json.loads(said)["models"]["providers"].values()) == {"CPU"}


def test_an_installed_pack_is_used_when_it_is_chosen(
    clip, shared_pack, tmp_path, capsys, monkeypatch
):
    shutil.copytree(shared_pack, AppPaths.default().packs_dir / "mine")
    for choice, name in (("", "Built-in"), ("mine", "mine")):
        monkeypatch.setenv("FACEMOTION_PACK", choice)
        code, said, _ = analyze(capsys, clip, tmp_path, "--seconds", "0.1", "--json")
        assert code == 0
        assert json.loads(said)["models"]["pack"] == name


def test_without_an_emotion_model_faces_are_still_found(clip, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("facemotion.commands.setup.emotion_model_path", lambda: None)
    code, said, err = analyze(capsys, clip, tmp_path, "--json")
    assert code == 0
    assert "emotions are not read" in err
    assert json.loads(said)["models"]["emotion"] is None
    assert {row["emotion"] for row in read_rows(tmp_path)} == {""}


def test_damaged_people_are_said_and_the_rest_is_read(clip, tmp_path, capsys):
    store = GalleryStore(tmp_path / "gallery")
    ana = store.enrol("Ana", np.eye(1, 8), "m-00000000")
    (store.folder / ana.person_id / "embeddings.npy").unlink()
    options = ("--gallery", str(store.folder), "--seconds", "0.1")
    code, _, err = analyze(capsys, clip, tmp_path / "out", *options)
    assert code == 0
    assert "Ana could not be read" in err


PICTURES = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "gray": np.full((61, 43), 200, np.uint8),
    "transparent": np.zeros((30, 40, 4), np.uint8),
    "16 bit": np.full((30, 40), 40_000, np.uint16),
    "8000 by 6000": np.zeros((6000, 8000), np.uint8),
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES.keys())
def test_pictures_of_any_kind_are_analysed(picture, tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "p.png"), picture)
    code, said, _ = analyze(capsys, tmp_path / "p.png", tmp_path / "out", "--json")
    assert code == 0
    assert json.loads(said)["frames"]["taken"] == 1
    drawn = cv2.imread(str(tmp_path / "out" / "annotated" / "p.png.png"))
    assert drawn.shape == (*picture.shape[:2], 3)
