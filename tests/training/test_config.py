from pathlib import Path

import pytest

from training.config import TrainingConfig, read_config
from training.model import ARCHITECTURES

CONFIGS = sorted(
    (Path(__file__).resolve().parents[2] / "training" / "configs").glob("emotion_*.toml")
)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_experiment_can_be_read_and_survives_a_round_trip(path: Path) -> None:
    config = read_config(path)
    assert config.architecture in ARCHITECTURES
    assert TrainingConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\ncolour = 3', "unknown field 'colour'"),
        ('name = "a"\n[loss]\nsharpness = 3', r"unknown field loss\.sharpness"),
        ("seed = 1", "has no name"),
        ('name = "a"\n[loss]\nkind = "hinge"', "loss kind 'hinge'"),
        ('name = "a"\n[loss]\ndistillation = 0.5', "at least one teacher"),
        ("name = ", "Invalid value"),
    ],
)
def test_wrong_experiment_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_config(path)
    assert "wrong.toml" in str(caught.value)
