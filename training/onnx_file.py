"""Writing the pack's networks as ONNX: weights in half precision, described, checked."""

import math
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray

OPSET: Final = 18


def write_onnx(
    model: torch.nn.Module,
    example: torch.Tensor,
    path: Path,
    output_names: Sequence[str],
    free_axes: dict[int, Any],
    metadata: dict[str, str],
) -> None:
    """Write a network with one input named `input`.

    Weights are stored as float16, which halves the file, and cast to float32 when it is opened;
    all arithmetic is float32. Give it a model with rounded weights, or the answers change.

    Args:
        model: In evaluation mode, batch norms folded.
        example: Input of the right shape.
        path: Where to write; replaced atomically.
        output_names: One name an output.
        free_axes: Axes of the input that may have any size.
        metadata: Goes into the file.
    """
    with warnings.catch_warnings():
        # The exporter walks deprecated corners of torch itself; nothing of ours is concerned.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model.eval(),
            (example,),
            input_names=["input"],
            output_names=list(output_names),
            opset_version=OPSET,
            dynamic_shapes=(free_axes,),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch gave no ONNX program")
    proto = program.model_proto
    _store_as_half(proto)
    finish_onnx(proto, path, metadata)


def finish_onnx(proto: onnx.ModelProto, path: Path, metadata: dict[str, str]) -> None:
    """Clean, describe, check and write a network, atomically.

    Args:
        proto: The network.
        path: Where to write.
        metadata: Goes into the file.
    """
    _clean(proto)
    for key, text in metadata.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, text
    onnx.checker.check_model(proto)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(proto.SerializeToString())
    os.replace(temporary, path)


def _store_as_half(proto: onnx.ModelProto) -> None:
    casts: list[onnx.NodeProto] = []
    for weight in proto.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or math.prod(weight.dims) < 16:
            continue
        values, name = onnx.numpy_helper.to_array(weight), weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(
            onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _clean(proto: onnx.ModelProto) -> None:
    """Remove notes with source paths, and names by which InsightFace would guess a scaling."""
    del proto.metadata_props[:]
    for position, node in enumerate(proto.graph.node):
        del node.metadata_props[:]
        node.doc_string = ""
        node.name = f"node_{position}"
    del proto.graph.value_info[:]
    for value in (*proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]


def run_file(path: Path, values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """All outputs of a written file for one input."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return [np.asarray(out) for out in session.run(None, {"input": values})]


def check_parity(path: Path, model: torch.nn.Module, values: torch.Tensor, limit: float) -> float:
    """Largest difference between a written file and the torch network.

    Raises:
        RuntimeError: It is more than the limit.
    """
    with torch.inference_mode():
        answers = model.eval()(values)
    expected = [answers] if isinstance(answers, torch.Tensor) else list(answers)
    got = run_file(path, values.contiguous().numpy())
    pairs = zip(got, expected, strict=True)
    difference = max(float(np.abs(a - b.numpy()).max()) for a, b in pairs)
    if difference > limit:
        raise RuntimeError(f"{path}: differs from torch by {difference:.2e}, more than {limit:.0e}")
    return difference
