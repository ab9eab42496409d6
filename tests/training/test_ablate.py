import csv
import sys
from pathlib import Path

import pytest

from training import ablate
from training.ablate import variants
from training.config import TrainingConfig

EXPERIMENT = """
name = "small"
architecture = "tiny"
[data]
train = "FER2013Train"
valid = "FER2013Train"
[optimisation]
epochs = 1
batch_size = 4
"""


def test_every_variant_differs_from_the_others() -> None:
    base = TrainingConfig("base")
    found = list(variants(base).values())
    assert found[0] == base
    assert all(a != b for i, a in enumerate(found) for b in found[:i])


def test_a_teacher_adds_one_variant() -> None:
    base = TrainingConfig("base")
    found = variants(base, Path("teacher.pt"))
    assert found.keys() - variants(base).keys() == {"distilled"}
    assert found["distilled"].loss.teachers == ("teacher.pt",)
    assert found["distilled"].loss.distillation > 0.0


def test_table_has_a_row_for_each_variant_and_finished_runs_are_kept(
    ferplus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, out = tmp_path / "small.toml", tmp_path / "out"
    config.write_text(EXPERIMENT)
    arguments = ["--config", config, "--data", ferplus_folder.parent, "--out", out]
    monkeypatch.setattr(sys, "argv", ["ablate", *map(str, arguments)])
    ablate.main()
    first = (out / "table.csv").read_text()
    rows = list(csv.DictReader(first.splitlines()))
    assert [row["variant"] for row in rows] == list(variants(TrainingConfig("base")))
    assert {row["of"] for row in rows} == {"4"}
    assert {row["rows"] for row in rows} == {"5", "4"}
    ablate.main()
    assert (out / "table.csv").read_text() == first
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--only", "flips only"])
    ablate.main()
    rows = list(csv.DictReader((out / "table.csv").read_text().splitlines()))
    assert [row["variant"] for row in rows] == ["flips only"]
    assert all(len(log.read_text().splitlines()) == 2 for log in out.glob("*/log.csv"))


def test_unknown_variant_is_refused_and_the_known_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "small.toml"
    config.write_text(EXPERIMENT)
    arguments = ["--config", config, "--data", tmp_path, "--out", tmp_path, "--only", "luck"]
    monkeypatch.setattr(sys, "argv", ["ablate", *map(str, arguments)])
    with pytest.raises(SystemExit):
        ablate.main()
    assert "no variant 'luck'; there are as it is, " in capsys.readouterr().err
