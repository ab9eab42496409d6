import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 30
EXPERIMENT = f"""
name = "small"
architecture = "tiny"
[data]
train = "FER2013Train"
valid = "FER2013Train"
[optimisation]
epochs = {EPOCHS}
batch_size = 4
"""


def start(config: Path, data: Path, out: Path) -> subprocess.Popen[bytes]:
    arguments = ["--config", config, "--data", data, "--out", out, "--threads", "1"]
    return subprocess.Popen(
        [sys.executable, "-m", "training.train", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def logged_epochs(out: Path) -> int:
    log = out / "log.csv"
    return len(list(csv.reader(log.read_text().splitlines()))) - 1 if log.exists() else 0


@pytest.mark.slow
@pytest.mark.timeout(400)  # three processes load torch
def test_run_killed_in_the_middle_ends_with_the_same_weights(
    ferplus_folder: Path, tmp_path: Path
) -> None:
    config = tmp_path / "small.toml"
    config.write_text(EXPERIMENT)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = start(config, ferplus_folder.parent, killed)
    deadline_s = time.monotonic() + 180.0
    while logged_epochs(killed) < 3 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 3 <= logged_epochs(killed) < EPOCHS

    assert start(config, ferplus_folder.parent, killed).wait() == 0
    assert start(config, ferplus_folder.parent, whole).wait() == 0
    states = [torch.load(out / "last.pt", weights_only=True) for out in (killed, whole)]
    assert states[0]["epoch"] == states[1]["epoch"] == EPOCHS
    for part in ("model", "average"):
        for name, value in states[1][part].items():
            assert torch.equal(value, states[0][part][name]), (part, name)


@pytest.mark.slow
@pytest.mark.timeout(400)  # each process loads torch
def test_two_processes_of_torchrun_train_one_model(ferplus_folder: Path, tmp_path: Path) -> None:
    config, out = tmp_path / "small.toml", tmp_path / "out"
    text = EXPERIMENT.replace("batch_size = 4", "batch_size = 2")
    config.write_text(text.replace(f"epochs = {EPOCHS}", "epochs = 2"))
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    arguments = [
        "--config",
        config,
        "--data",
        ferplus_folder.parent,
        "--out",
        out,
        "--threads",
        "1",
    ]
    code = subprocess.call(
        [sys.executable, *torchrun, "-m", "training.train", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert code == 0
    assert logged_epochs(out) == 2
    state = torch.load(out / "last.pt", weights_only=True)
    assert state["epoch"] == 2
    assert not [name for name in state["model"] if name.startswith("module.")]
    assert all(value.isfinite().all() for value in state["model"].values())
