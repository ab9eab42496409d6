import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from facemotion.core.labels import EMOTIONS
from facemotion.store.timeline import TIMELINE_COLUMNS
from training import clip_plot
from training.clip_plot import read_timeline


def write_timeline(path: Path, columns: tuple[str, ...] = TIMELINE_COLUMNS) -> Path:
    """Track 1 in three frames, the second held back; track 2 in one."""
    rows = []
    for time_s, track, emotion in ((0.0, 1, 3), (0.1, 1, None), (0.1, 2, 0), (0.2, 1, 5)):
        row = dict.fromkeys(columns, "")
        row |= {"time_s": f"{time_s:.3f}", "track_id": str(track)}
        if emotion is not None:
            for i, name in enumerate(EMOTIONS):
                row[f"raw_{name}"] = "1.0000" if i == emotion else "0.0000"
        rows.append(row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_longest_track_is_read_with_gaps_where_a_gate_held_it_back(tmp_path: Path) -> None:
    times, probs = read_timeline(write_timeline(tmp_path / "timeline.csv"), "raw")
    np.testing.assert_allclose(times, [0.0, 0.1, 0.2])
    assert np.isnan(probs[1]).all()
    assert [EMOTIONS[i] for i in probs[[0, 2]].argmax(1)] == ["happy", "sad"]


def test_missing_column_and_empty_timeline_are_refused(tmp_path: Path) -> None:
    short = tuple(name for name in TIMELINE_COLUMNS if name != "raw_sad")
    with pytest.raises(ValueError, match="column 'raw_sad' is missing"):
        read_timeline(write_timeline(tmp_path / "timeline.csv", short), "raw")
    (tmp_path / "empty.csv").write_text(",".join(TIMELINE_COLUMNS) + "\n")
    with pytest.raises(ValueError, match="no face"):
        read_timeline(tmp_path / "empty.csv", "raw")


def test_command_line_writes_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_timeline(tmp_path / "timeline.csv"), tmp_path / "curves.png"
    arguments = ["clip_plot", "--timeline", str(source), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    clip_plot.main()
    assert out.stat().st_size > 1000
    assert "3 frames of one face, 2 of them read" in capsys.readouterr().out
