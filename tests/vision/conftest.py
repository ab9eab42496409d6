"""Fixtures for the vision tests: tiny models, and small videos encoded on the spot."""

from pathlib import Path

import pytest

from facemotion.vision.emotion import OnnxEmotionModel
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from tests.vision.tiny_models import write_emotion_model, write_pack


@pytest.fixture(scope="session")
def tiny_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of tiny models."""
    return write_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture(scope="session")
def tiny_faces(tiny_pack: Path) -> FaceModels:
    """The tiny pack, opened."""
    return FaceModels(open_pack(tiny_pack), det_size=320)


@pytest.fixture(scope="session")
def tiny_emotion(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmotionModel:
    """A tiny emotion model, opened."""
    path = write_emotion_model(tmp_path_factory.mktemp("models") / "emotion.onnx")
    return OnnxEmotionModel(path)


@pytest.fixture(scope="session")
def shared_faces(shared_pack: Path) -> FaceModels:
    """The shared pack, opened."""
    return FaceModels(open_pack(shared_pack))
