from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from insightface import model_zoo

from tests.training.pack_data import labelled_pictures
from training.detector.export import _stays_float, check_int8, export
from training.detector.model import Detector, DetectorShape
from training.detector.mosaic import MosaicMaker, MosaicRecipe
from training.detector.train import to_input
from training.int8 import write_int8

SHAPE = DetectorShape(
    stem=8, widths=(8, 8, 8), depths=(0, 0, 0), pyramid=(8, 8, 16), towers=(1, 1, 2)
)


def inputs(count: int, seed: int = 0) -> list[np.ndarray]:
    make = MosaicMaker(MosaicRecipe(side_px=128), labelled_pictures(6), np.arange(6), [])
    random = np.random.default_rng(seed)
    cpu = torch.device("cpu")
    return [to_input(make(random).picture[None], cpu).contiguous().numpy() for _ in range(count)]


def test_eight_bits_answer_almost_as_the_network_and_load_in_insightface(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Detector(SHAPE).train()
    for values in inputs(4):
        model(torch.from_numpy(np.repeat(values, 2, 0)))
    path = tmp_path / "detector.onnx"
    network = export(model.eval(), path, {"model": "float"})
    write_int8(path, path, iter(inputs(8)), _stays_float, {"model": "test"})
    largest, _ = check_int8(path, network, iter(inputs(3, seed=1)))
    assert largest < 0.05
    proto = onnx.load(str(path))
    assert {entry.key: entry.value for entry in proto.metadata_props} == {"model": "test"}
    kinds = {weight.data_type for weight in proto.graph.initializer if len(weight.dims) == 4}
    assert kinds == {onnx.TensorProto.INT8, onnx.TensorProto.FLOAT}
    weights = [
        onnx.numpy_helper.to_array(weight)
        for weight in proto.graph.initializer
        if weight.data_type == onnx.TensorProto.INT8 and len(weight.dims) == 4
    ]
    # Seven bits: two products and their sum stay inside sixteen.
    assert max(int(np.abs(w.astype(int)).max()) for w in weights) <= 64
    assert [file.name for file in tmp_path.iterdir()] == ["detector.onnx"]
    adapter = model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
    assert adapter.taskname == "detection"
    picture = np.zeros((96, 64, 3), np.uint8)
    boxes, kps = adapter.detect(picture, input_size=(64, 96), det_thresh=0.0)
    assert np.isfinite(boxes).all()
    assert np.isfinite(kps).all()


def test_too_much_change_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, other = Detector(SHAPE).eval(), Detector(SHAPE).eval()
    with torch.no_grad():
        for output in other.outputs:
            assert isinstance(output, torch.nn.Conv2d)
            output.bias[:2] += 4.0  # type: ignore[index]
    path = tmp_path / "detector.onnx"
    export(first, path, {})
    network = export(other, tmp_path / "other.onnx", {})
    with pytest.raises(RuntimeError, match="eight bits move scores"):
        check_int8(path, network, iter(inputs(1)))
