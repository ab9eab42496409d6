from pathlib import Path

import onnxruntime
import pytest

from facemotion.core.errors import ModelError
from facemotion.vision import providers
from facemotion.vision.providers import (
    SessionProvider,
    available_providers,
    make_session,
    provider_chain,
    provider_of,
    session_options,
)
from tests.vision.tiny_models import write_emotion_model


def test_cpu_is_always_there_and_first() -> None:
    assert available_providers()[0] == "CPU"


def test_options_keep_to_few_threads() -> None:
    options = session_options(2)
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_session_says_what_it_got(tmp_path: Path) -> None:
    session, got = make_session(write_emotion_model(tmp_path / "a.onnx"), "CPU")
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert got == SessionProvider("CPU", "CPU")
    assert not got.is_fallback
    assert got.message == ""


def test_missing_provider_falls_back_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    _, got = make_session(write_emotion_model(tmp_path / "a.onnx"), "CUDA")
    assert (got.requested, got.actual, got.is_fallback) == ("CUDA", "CPU", True)
    assert "CUDA is not part of the installed onnxruntime; running on CPU" in got.message


def test_provider_that_fails_falls_back_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that onnxruntime lists and cannot start, as CUDA without its driver."""
    path = write_emotion_model(tmp_path / "a.onnx")
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(providers, "available_providers", lambda: ("CPU", "CUDA"))

    def make(path: str, options: object, providers: list[str]) -> object:
        if providers[0] != "CPUExecutionProvider":
            raise RuntimeError("CUDA driver version is insufficient")
        return real(path, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", make)
    _, got = make_session(path, "CUDA")
    assert (got.requested, got.actual) == ("CUDA", "CPU")
    assert "could not be used; running on CPU. Check the driver" in got.message


def test_unknown_provider_of_a_session_keeps_its_own_name() -> None:
    class Session:
        def get_providers(self) -> list[str]:
            return ["ROCMExecutionProvider", "CPUExecutionProvider"]

    assert provider_of(Session(), "CPU").actual == "ROCM"


def test_unknown_name() -> None:
    with pytest.raises(ModelError, match=r"no provider 'GPU'\. Choose one of CPU, CUDA"):
        provider_chain("GPU")


def test_missing_and_damaged_models(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is missing"):
        make_session(tmp_path / "none.onnx")
    path = tmp_path / "text.onnx"
    path.write_text("text")
    with pytest.raises(ModelError, match=r"text\.onnx is damaged or of a kind"):
        make_session(path)
