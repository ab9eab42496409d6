import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.average import averaged


def checkpoint(value: float, width: int = 3) -> dict:
    weights = {"layer.weight": torch.full((width, 2), value), "seen": torch.tensor(int(value))}
    return {"config": {"name": f"run-{value:g}"}, "average": weights, "epoch": int(value)}


def test_mean_of_weights_with_the_last_experiment() -> None:
    mean = averaged([checkpoint(1.0), checkpoint(4.0)], torch.float32)
    assert torch.equal(mean["average"]["layer.weight"], torch.full((3, 2), 2.5))
    assert int(mean["average"]["seen"]) == 4
    assert (mean["config"], mean["epoch"]) == ({"name": "run-4"}, 4)


def test_other_networks_have_no_mean() -> None:
    with pytest.raises(ValueError, match="different networks"):
        averaged([checkpoint(1.0), checkpoint(1.0, width=4)], torch.float32)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training.average", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_writes_what_can_be_read_again(tmp_path: Path) -> None:
    paths = [tmp_path / f"{value}.pt" for value in (1, 2)]
    for value, path in enumerate(paths):
        torch.save(checkpoint(float(value)), path)
    assert run(*paths, "--out", tmp_path / "mean.pt").returncode == 0
    again = run(tmp_path / "mean.pt", "--half", "--out", tmp_path / "again.pt")
    assert again.returncode == 0
    weights = torch.load(tmp_path / "again.pt", weights_only=True)["average"]["layer.weight"]
    assert torch.equal(weights, torch.full((3, 2), 0.5).half())
    torch.save(checkpoint(1.0, width=5), tmp_path / "other.pt")
    refused = run(paths[0], tmp_path / "other.pt", "--out", tmp_path / "none.pt")
    assert refused.returncode == 2
    assert "different networks" in refused.stderr
    assert not (tmp_path / "none.pt").exists()
