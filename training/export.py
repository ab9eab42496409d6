"""Export a checkpoint: `python -m training.export --checkpoint FILE --data FOLDER --out FILE`.

Writes ONNX (dynamic batch, batch norms folded) or, for `.ts`, TorchScript; fits the temperature
on the strict validation rows; puts everything that the application needs into the file's
metadata; and refuses to finish when the written file answers otherwise than the torch model.
"""

import argparse
import json
import math
import os
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime import quantization

from facemotion.core.labels import EMOTIONS
from facemotion.core.preprocessing import INPUT_SIZE_PX, EmotionCropRule, normalise
from training.certainty import fit_temperature, softmax
from training.checkpoint import load_checkpoint
from training.config import TrainingConfig
from training.data import FaceData, label_faces, read_faces
from training.evaluate import evaluate, report_text
from training.model import SEResNet, folded, multiply_accumulates, parameter_count
from training.predictors import OnnxPredictor, Predictor, TorchPredictor, open_predictor

PARITY_LIMIT = 1e-4
INT8_LOSS_LIMIT = 0.003
CALIBRATION_FACES = 1024
OPSET = 18


def rounded_to_half(model: SEResNet) -> SEResNet:
    """The same network with every weight rounded to what float16 can hold, in place."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def export_onnx(model: torch.nn.Module, path: Path, metadata: dict[str, str]) -> None:
    """Write ONNX with input `input` float32 (N, 1, 48, 48) and output `logits` float32 (N, 7).

    Weights are stored as float16, which halves the file, and cast to float32 when it is opened;
    all arithmetic is float32. Give it a model from `rounded_to_half`, or the answers change.
    """
    example = torch.zeros(2, 1, INPUT_SIZE_PX, INPUT_SIZE_PX)
    with warnings.catch_warnings():
        # The exporter walks deprecated corners of torch itself; nothing of ours is concerned.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model.eval(),
            (example,),
            input_names=["input"],
            output_names=["logits"],
            opset_version=OPSET,
            dynamic_shapes=({0: torch.export.Dim("N")},),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch gave no ONNX program")
    proto = program.model_proto
    _store_as_half(proto)
    _write_onnx(proto, path, metadata)


def _store_as_half(proto: onnx.ModelProto) -> None:
    """Turn every larger float32 weight into a float16 one and a cast, which sessions fold."""
    casts: list[onnx.NodeProto] = []
    for weight in proto.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or math.prod(weight.dims) < 64:
            continue
        values, name = onnx.numpy_helper.to_array(weight), weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(
            onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)


def _write_onnx(proto: onnx.ModelProto, path: Path, metadata: dict[str, str]) -> None:
    del proto.metadata_props[:]
    # The exporter leaves a note with source paths on every node; they bloat the file.
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]
    for key, text in metadata.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, text
    onnx.checker.check_model(proto)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(proto.SerializeToString())
    os.replace(temporary, path)


def export_torchscript(model: torch.nn.Module, path: Path, metadata: dict[str, str]) -> None:
    """Write TorchScript with the same input, output and metadata."""
    example = torch.zeros(2, 1, INPUT_SIZE_PX, INPUT_SIZE_PX)
    with warnings.catch_warnings(), torch.inference_mode(False):
        # torch announces TorchScript's end; the format stays readable by every version so far.
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(model.eval(), example)
        extra = {"metadata.json": json.dumps(metadata, ensure_ascii=False)}
        torch.jit.save(traced, str(path), _extra_files=extra)


def export_int8(
    float_path: Path, path: Path, images: NDArray[np.uint8], metadata: dict[str, str]
) -> None:
    """Write a static int8 version of an exported ONNX file, calibrated on real faces.

    Args:
        float_path: The ONNX file of `export_onnx`.
        path: Where to write.
        images: uint8 (N, 48, 48), some hundred training faces.
        metadata: For the written file.
    """
    prepared = path.with_suffix(".prepared.onnx")
    quantization.shape_inference.quant_pre_process(str(float_path), str(prepared))
    # The first and the last layer cost hardly any time and lose most by rounding: gray levels of a
    # dark face, and logits in steps of a tenth, which decide between sad and neutral.
    layers = [n.name for n in onnx.load(prepared).graph.node if n.op_type in ("Conv", "Gemm")]
    quantization.quantize_static(
        str(prepared),
        str(path),
        _Faces(images),
        quant_format=quantization.QuantFormat.QDQ,
        nodes_to_exclude=[layers[0], layers[-1]],
        per_channel=True,
        # Seven-bit weights: processors without VNNI would overflow sums of eight-bit products.
        reduce_range=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    prepared.unlink()
    _write_onnx(onnx.load(str(path)), path, metadata)


class _Faces(quantization.CalibrationDataReader):
    """Calibration batches in the form that onnxruntime asks for."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.batches = iter(np.array_split(images, max(len(images) // 64, 1)))

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:  # type: ignore[override]
        """The next batch, or None at the end."""
        batch = next(self.batches, None)
        return None if batch is None else {"input": normalise(batch)}


def largest_difference(first: Predictor, second: Predictor, images: NDArray[np.uint8]) -> float:
    """The largest difference of any probability between two models on the same faces."""
    left, right = softmax(first.logits(images)), softmax(second.logits(images))
    return float(np.abs(left - right).max())


def check_parity(exported: Path, model: SEResNet, images: NDArray[np.uint8]) -> float:
    """Compare a written file with the torch model on real faces.

    Raises:
        RuntimeError: A probability differs by more than `PARITY_LIMIT`.
    """
    difference = largest_difference(open_predictor(exported), TorchPredictor(model, {}), images)
    if difference > PARITY_LIMIT:
        raise RuntimeError(
            f"{exported}: probabilities differ from torch by up to {difference:.2e}, "
            f"more than {PARITY_LIMIT:.0e}"
        )
    return difference


def check_folding(model: SEResNet, images: NDArray[np.uint8]) -> float:
    """Compare the folded with the trained network on real faces, both in float32.

    Raises:
        RuntimeError: A probability differs by more than `PARITY_LIMIT`.
    """
    trained, short = TorchPredictor(model, {}), TorchPredictor(folded(model), {})
    difference = largest_difference(trained, short, images)
    if difference > PARITY_LIMIT:
        raise RuntimeError(f"folding batch norms changed a probability by {difference:.2e}")
    return difference


def describe(
    predictor: Predictor,
    model: SEResNet,
    config: TrainingConfig,
    model_id: str,
    data: FaceData,
    data_sha256: str,
) -> dict[str, str]:
    """Metadata of a model with its temperature fitted and its figures measured.

    Args:
        predictor: What answers: the torch model itself, or what it was turned into.
        model: The torch model that is exported.
        config: Its experiment.
        model_id: Short name of this version.
        data: Validation faces; the temperature is fitted on the strict rows.
        data_sha256: Hash of the training faces.
    """
    strict = label_faces(data, "strict", "majority")
    logits = predictor.logits(strict.images)
    metadata = {
        "model_id": model_id,
        "architecture": config.architecture,
        "labels": json.dumps(list(EMOTIONS)),
        "input_size": str(INPUT_SIZE_PX),
        "normalisation": "(x/255-0.5)/0.5",
        "temperature": f"{fit_temperature(logits, strict.labels):.6f}",
        "crop_rule": json.dumps(EmotionCropRule().to_metadata()),
        "training_config": json.dumps(config.to_dict()),
        "data_sha256": data_sha256,
        "parameters": str(parameter_count(model)),
        "gmacs": f"{multiply_accumulates(model) / 1e9:.4f}",
    }
    predictor.metadata = metadata
    record = evaluate(predictor, data)
    kept = ("strict", "plain", "calibration_own_temperature", "ece_other_half")
    metadata["metrics"] = json.dumps({name: record[name] for name in kept})
    return metadata


def check_loss(metadata: dict[str, str], metadata_int8: dict[str, str]) -> None:
    """Compare the strict accuracies that two models' metadata hold.

    Raises:
        RuntimeError: The second loses more than `INT8_LOSS_LIMIT`.
    """
    before, after = (
        json.loads(values["metrics"])["strict"]["accuracy"] for values in (metadata, metadata_int8)
    )
    if before - after > INT8_LOSS_LIMIT:
        raise RuntimeError(f"int8 lowers the strict accuracy from {before:.4f} to {after:.4f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.export",
        description="Checkpoint to ONNX (.onnx) or TorchScript (.ts), checked and described.",
        epilog="Example: python -m training.export --checkpoint runs/compact/last.pt "
        "--data ../shared/data/ferplus --out models/emotion.onnx",
    )
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="last.pt or best.pt of a run"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data the run had")
    parser.add_argument("--out", type=Path, required=True, help="file to write: .onnx or .ts")
    parser.add_argument("--model-id", help="name of this version (default: name and epochs)")
    parser.add_argument(
        "--int8",
        type=Path,
        metavar="FILE",
        help="also write a static int8 version of an ONNX file; refused when it loses too much",
    )
    return parser


def main() -> None:
    """Parse the command line, export, check and report."""
    args = _parser().parse_args()
    model, config, content = load_checkpoint(args.checkpoint)
    data = config.data
    valid = read_faces(args.data / data.valid, data.valid_usage or None)
    train = read_faces(args.data / data.train, data.train_usage or None)
    model_id = args.model_id or f"emotion-{config.name}-{content['epoch']}"
    check_folding(model, valid.images[:512])
    short = rounded_to_half(folded(model))
    about = (short, config, model_id, valid, train.sha256())
    metadata = describe(TorchPredictor(short, {}), *about)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    if args.out.suffix == ".ts":
        export_torchscript(short, args.out, metadata)
    else:
        export_onnx(short, args.out, metadata)
    difference = check_parity(args.out, short, valid.images[:512])
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB, max |Δp| {difference:.1e}")
    print(report_text(evaluate(open_predictor(args.out), valid, batches=(1, 4))))
    if args.int8 and args.out.suffix == ".onnx":
        export_int8(args.out, args.int8, train.images[:CALIBRATION_FACES], metadata)
        metadata_int8 = describe(OnnxPredictor(args.int8), *about)
        check_loss(metadata, metadata_int8)
        _write_onnx(onnx.load(str(args.int8)), args.int8, metadata_int8)
        print(f"\n{args.int8}: {args.int8.stat().st_size / 1e6:.2f} MB, int8")
        print(report_text(evaluate(OnnxPredictor(args.int8), valid, batches=(1, 4))))


if __name__ == "__main__":
    main()
