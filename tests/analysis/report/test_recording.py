import dataclasses
import json

import pytest

from facemotion.analysis.report.recording import read_recording
from facemotion.core.errors import OutputError
from facemotion.store.session_folder import SessionStore
from tests.sessions import make_session, usual_moments, write_timeline


def test_a_session_with_everything(tmp_path):
    recording = read_recording(make_session(tmp_path).folder)
    assert recording.title == "Interview/1 🙂"
    assert recording.length_s == 4.0
    assert recording.size_px == (160, 120)
    assert recording.models["Emotion"] == "emotion-x"
    assert recording.settings["smoothing.preset"] == "Adaptive"
    assert [marker.label for marker in recording.markers] == ["Question </script> 1", "Laughs"]
    assert recording.remarks == ()


def test_a_crashed_session_says_so_and_is_as_long_as_its_timeline(tmp_path):
    info = make_session(tmp_path)
    crashed = dataclasses.replace(
        info, is_complete=False, ended_at=None, duration_s=0.0, frames_dropped=3
    )
    SessionStore(tmp_path).save(crashed)
    recording = read_recording(info.folder)
    assert recording.length_s == pytest.approx(3.9)
    assert "did not come to an orderly end" in recording.remarks[0]
    assert recording.remarks[1].startswith("3 of 43 pictures")


def test_a_damaged_description_costs_only_itself(tmp_path):
    info = make_session(tmp_path)
    (info.folder / "session.json").write_text("{")
    recording = read_recording(info.folder)
    assert recording.title == info.folder.name
    assert "damaged" in recording.remarks[0]
    assert len(recording.timeline) == 80


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_summary_is_a_remark(tmp_path, text):
    write_timeline(tmp_path, usual_moments())
    (tmp_path / "summary.json").write_text(text)
    assert "models and settings are not known" in read_recording(tmp_path).remarks[0]


def test_an_analysed_file(tmp_path):
    write_timeline(tmp_path, usual_moments(), "clip.mp4")
    summary = {
        "source": {"name": "clip.mp4", "kind": "video", "width_px": 640, "height_px": 360},
        "frames": {"last_s": 9.5},
        "is_complete": False,
        "problems": ["clip.mp4 ends early."],
        "models": {"emotion": "e", "pack": None, "providers": {"detection": "CPU"}},
        "settings": {"smoothing": {"ema_alpha": 0.5}, "odd": 3},
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    recording = read_recording(tmp_path)
    assert (recording.title, recording.length_s) == ("clip.mp4", 9.5)
    assert recording.models == {"Emotion": "e", "Runs on": "CPU"}
    assert recording.settings == {"smoothing.ema_alpha": 0.5}
    assert recording.remarks[1] == "clip.mp4 ends early."
    assert not recording.is_stills


def test_damaged_markers_are_a_remark(tmp_path):
    info = make_session(tmp_path)
    (info.folder / "markers.csv").write_text("something else\n")
    recording = read_recording(info.folder)
    assert recording.markers == ()
    assert "holds no markers" in recording.remarks[0]


def test_without_a_timeline_there_is_no_report(tmp_path):
    info = make_session(tmp_path)
    (info.folder / "timeline.csv").unlink()
    with pytest.raises(OutputError, match=r"no timeline\.csv"):
        read_recording(info.folder)
