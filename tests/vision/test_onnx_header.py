from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from facemotion.core.errors import ModelError
from facemotion.vision.onnx_header import read_header
from tests.vision.tiny_models import write_detector, write_emotion_model, write_recogniser


def test_shapes_at_both_ends(tmp_path: Path) -> None:
    header = read_header(write_recogniser(tmp_path / "a.onnx", dim=12))
    assert header.inputs == ((None, 3, 112, 112),)
    assert header.outputs == ((None, 12),)
    assert read_header(write_recogniser(tmp_path / "b.onnx", batch=1)).inputs == ((1, 3, 112, 112),)
    detector = read_header(write_detector(tmp_path / "c.onnx"))
    assert detector.inputs == ((1, 3, None, None),)
    assert len(detector.outputs) == 9


def test_tensor_without_a_shape(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["a"], ["b"])],
        "g",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [-1, 4])],
    )
    path = tmp_path / "a.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    header = read_header(path)
    assert header.inputs == ((),)
    assert header.outputs == ((None, 4),)


def test_agrees_with_the_onnx_package_on_real_models(shared_dir: Path) -> None:
    for path in (shared_dir / "models").rglob("*.onnx"):
        graph = onnx.load_model(path, load_external_data=False).graph
        header = read_header(path)
        for ours, theirs in ((header.inputs, graph.input), (header.outputs, graph.output)):
            shapes = [
                tuple(d.dim_value or None for d in value.type.tensor_type.shape.dim)
                for value in theirs
            ]
            assert list(ours) == shapes


def test_large_weights_are_skipped(tmp_path: Path) -> None:
    weights = numpy_helper.from_array(np.zeros((1000, 1000), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "w"], ["b"])],
        "g",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [1, 1000])],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [1, 1000])],
        [weights],
    )
    path = tmp_path / "a.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert read_header(path).outputs == ((1, 1000),)


@pytest.mark.parametrize(
    "data",
    [
        b"this is text, and not a model at all",
        b"\x08\x08",
        b"\x3a\x00",
        b"\xff" * 40,
        b"\x3a\xff\xff\xff\xff\x0f",
        b"\x00\x00",
        b"\x0b",
        b"\x3a\x04\x5a\x00\x62",
    ],
)
def test_other_content_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"a\.onnx is damaged, cut off or no ONNX file"):
        read_header(path)


def test_every_cut_is_noticed_or_harmless(tmp_path: Path) -> None:
    data = write_emotion_model(tmp_path / "whole.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    for length in range(1, len(data) - 400, 97):
        path.write_bytes(data[:length])
        with pytest.raises(ModelError):
            read_header(path)


def test_missing_and_empty(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        read_header(tmp_path / "none.onnx")
    (tmp_path / "empty.onnx").touch()
    with pytest.raises(ModelError, match="is empty"):
        read_header(tmp_path / "empty.onnx")
