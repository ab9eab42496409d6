"""Tiny ONNX models with the contracts of the real ones, and pictures that they understand.

The detector takes every 32 px cell whose red channel is full for a face; green and blue are free
to carry what the recogniser and the emotion model see.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import EmotionCropRule

CELL_PX = 32
FACE_PX = 64
EMBEDDING_DIM = 16
_OPSET = 17
_STRIDES = (8, 16, 32)
_KPS = ((0.2, 0.25), (0.8, 0.25), (0.5, 0.6), (0.25, 0.95), (0.75, 0.95))


def write_emotion_model(
    path: Path,
    labels: Sequence[str] = EMOTIONS,
    temperature: str = "1.0",
    rule: str | None = None,
    classes: int = 7,
    side: int = 48,
    **more: str,
) -> Path:
    """A linear model over 6x6 means; it answers differently to different pictures."""
    weights = np.random.default_rng(3).normal(0.0, 1.0, (64, classes)).astype(np.float32)
    nodes = [
        helper.make_node(
            "AveragePool",
            ["input"],
            ["means"],
            kernel_shape=[side // 8] * 2,
            strides=[side // 8] * 2,
        ),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    metadata = {
        "labels": json.dumps(list(labels)),
        "temperature": temperature,
        "crop_rule": json.dumps(EmotionCropRule().to_metadata()) if rule is None else rule,
        "model_id": "tiny",
        **more,
    }
    kept = {key: text for key, text in metadata.items() if text}
    return _write(
        path,
        nodes,
        ("input", ["N", 1, side, side]),
        [("logits", ["N", classes])],
        {"weights": weights},
        kept,
    )


def write_recogniser(path: Path, dim: int = EMBEDDING_DIM, batch: int | str = "N") -> Path:
    """A linear model over 16 px means of the aligned face."""
    weights = np.random.default_rng(5).normal(0.0, 1.0, (147, dim)).astype(np.float32)
    nodes = [
        helper.make_node(
            "AveragePool", ["data"], ["means"], kernel_shape=[16, 16], strides=[16, 16]
        ),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["embedding"]),
    ]
    inputs = ("data", [batch, 3, 112, 112])
    return _write(path, nodes, inputs, [("embedding", [batch, dim])], {"weights": weights})


def write_detector(path: Path, has_landmarks: bool = True) -> Path:
    """A detector in SCRFD's layout (three strides, two anchors)."""
    nodes: list[onnx.NodeProto] = []
    weights: dict[str, NDArray[np.generic]] = {}
    names: dict[str, list[str]] = {"score": [], "box": [], "kps": []}
    for stride in _STRIDES:
        pool = f"pool{stride}"
        sides = [stride, stride]
        nodes.append(
            helper.make_node("AveragePool", ["data"], [pool], kernel_shape=sides, strides=sides)
        )
        for kind in names if has_landmarks else ("score", "box"):
            names[kind].append(_head(kind, stride, pool, nodes, weights))
    outputs = [(name, [None, None]) for kind in names.values() for name in kind]
    return _write(path, nodes, ("data", [1, 3, "H", "W"]), outputs, weights)


def write_pack(folder: Path, dim: int = EMBEDDING_DIM, has_recogniser: bool = True) -> Path:
    """A whole pack."""
    folder.mkdir(parents=True, exist_ok=True)
    write_detector(folder / "det_tiny.onnx")
    if has_recogniser:
        write_recogniser(folder / "rec_tiny.onnx", dim)
    return folder


def blank(width: int = 320, height: int = 320) -> NDArray[np.uint8]:
    """A picture without faces: no red."""
    return np.zeros((height, width, 3), np.uint8)


def put_face(
    picture: NDArray[np.uint8], column: int, row: int, person: int, mood: int = 0
) -> NDArray[np.uint8]:
    """Put a person's face around a 32 px cell of a picture whose size the detector does not change.

    Args:
        picture: uint8 (H, W, 3) BGR, changed and returned.
        column: The cell; its face reaches half a cell further on every side.
        row: The cell.
        person: Green pattern, what the recogniser tells apart.
        mood: Blue pattern, fine enough to look sharp.
    """
    x, y = column * CELL_PX, row * CELL_PX
    half = CELL_PX // 2
    area = picture[y - half : y + CELL_PX + half, x - half : x + CELL_PX + half]
    rng = np.random.default_rng(1000 + person)
    area[..., 1] = np.kron(rng.integers(0, 256, (4, 4)), np.ones((16, 16))).astype(np.uint8)
    fine = np.random.default_rng(2000 + mood).integers(0, 256, (FACE_PX // 2, FACE_PX // 2))
    area[..., 0] = np.kron(fine, np.ones((2, 2))).astype(np.uint8)
    picture[y : y + CELL_PX, x : x + CELL_PX, 2] = 255
    return picture


def _head(
    kind: str,
    stride: int,
    pool: str,
    nodes: list[onnx.NodeProto],
    weights: dict[str, NDArray[np.generic]],
) -> str:
    """One output of one stride: a 1x1 convolution, laid out as (cells x anchors, values)."""
    size = {"score": 1, "box": 4, "kps": 10}[kind]
    name = f"{kind}{stride}"
    kernel = np.zeros((2 * size, 3, 1, 1), np.float32)
    bias = np.zeros(2 * size, np.float32)
    if kind == "score":
        bias[:] = -20.0
        if stride == _STRIDES[-1]:
            kernel[0, 0], bias[0] = 20.0, -10.0
    elif kind == "box":
        bias[:] = np.tile([0.5, 0.5, 1.5, 1.5], 2)
    else:
        bias[:] = np.tile(np.array(_KPS, np.float32).ravel(), 2)
    weights[f"{name}_w"], weights[f"{name}_b"] = kernel, bias
    weights[f"{name}_s"] = np.array([-1, size], np.int64)
    convolved = f"{name}_c"
    nodes.append(helper.make_node("Conv", [pool, f"{name}_w", f"{name}_b"], [convolved]))
    if kind == "score":
        nodes.append(helper.make_node("Sigmoid", [convolved], [f"{name}_p"]))
        convolved = f"{name}_p"
    nodes.append(helper.make_node("Transpose", [convolved], [f"{name}_t"], perm=[0, 2, 3, 1]))
    nodes.append(helper.make_node("Reshape", [f"{name}_t", f"{name}_s"], [name]))
    return name


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    entry: tuple[str, list[int | str]],
    outputs: Sequence[tuple[str, list[int | str | None]]],
    weights: dict[str, NDArray[np.generic]],
    metadata: dict[str, str] | None = None,
) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(entry[0], TensorProto.FLOAT, entry[1])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
    for key, text in (metadata or {}).items():
        prop = model.metadata_props.add()
        prop.key, prop.value = key, text
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
