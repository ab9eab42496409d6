"""Eight-bit versions of the pack's networks: about twice as fast, about half as large.

Static quantisation as onnxruntime knows it. The first and the last convolutions stay in floating
point: the first would be slower, and the last decide on pixels.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import quantization

from training.onnx_file import finish_onnx

Floats = NDArray[np.float32]

_OPERATIONS: Final = ("Conv", "Gemm", "MatMul", "Add", "Relu", "Concat", "Reshape", "Transpose")


class _Calibration(quantization.CalibrationDataReader):
    """Inputs in the form that onnxruntime asks for."""

    def __init__(self, inputs: Iterator[Floats]) -> None:
        self._inputs = inputs

    def get_next(self) -> dict[str, Any] | None:  # type: ignore[override]
        """The next input, or None at the end."""
        found = next(self._inputs, None)
        return None if found is None else {"input": found}


def write_int8(
    float_path: Path,
    path: Path,
    inputs: Iterator[Floats],
    stays_float: Callable[[str], bool],
    metadata: dict[str, str],
) -> None:
    """Write a static int8 version of a network that `write_onnx` wrote.

    Args:
        float_path: The network in floating point.
        path: Where to write; replaced atomically.
        inputs: What the network sees in practice; the ranges of its values are taken from them.
        stays_float: Whether the layer whose weights have this name is left alone.
        metadata: Goes into the file.
    """
    prepared = path.with_suffix(".prepared.onnx")
    quantised = path.with_suffix(".int8.onnx")
    try:
        quantization.shape_inference.quant_pre_process(
            str(float_path), str(prepared), skip_symbolic_shape=True
        )
        nodes = onnx.load(str(prepared)).graph.node
        alone = [n.name for n in nodes if len(n.input) > 1 and stays_float(n.input[1])]
        quantization.quantize_static(
            str(prepared),
            str(quantised),
            _Calibration(inputs),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            # Seven-bit weights: processors without VNNI would overflow sums of eight-bit products.
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            op_types_to_quantize=list(_OPERATIONS),
            nodes_to_exclude=alone,
        )
        finish_onnx(onnx.load(str(quantised)), path, metadata)
    finally:
        for file in (prepared, quantised):
            file.unlink(missing_ok=True)
