"""Export the embedder: `python -m training.embedder.export --checkpoint FILE --data FOLDER …`.

Folds the batch norms, rounds the weights to half precision, writes ONNX that InsightFace's
recognition adapter reads, and compares the file with the torch network on kept-out people.
`--int8` then turns the convolutions between the first and the last layers to eight bits.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.embedder.evaluate import impostor_similarities
from training.embedder.faces import crops, prepare
from training.embedder.model import (
    INPUT_PX,
    Embedder,
    UnitEmbedder,
    folded,
    parameter_count,
    rounded_to_half,
)
from training.embedder.train import load_checkpoint, to_input
from training.int8 import write_int8
from training.lfw import LfwArchive
from training.onnx_file import check_parity, run_file, write_onnx
from training.shared_files import LFW_FILE, PACK_FOLDER

PARITY_LIMIT = 1e-4

INT8_LIMIT = 0.97
"""Similarity that a face's vector in eight bits must have to its own in floating point, mean."""

_FLOAT_LAYERS = ("embedder.stem.", "embedder.place.", "embedder.last.")
_CALIBRATED = 512


def exportable(model: Embedder) -> UnitEmbedder:
    """The network as it is written: folded, rounded to half precision, unit vectors."""
    inner = rounded_to_half(folded(model))
    if not isinstance(inner, Embedder):
        raise TypeError(f"expected an Embedder, got {type(inner).__name__}")
    return UnitEmbedder(inner).eval()


def export(model: Embedder, path: Path, metadata: dict[str, str]) -> UnitEmbedder:
    """Write the file; input float32 (N, 3, 112, 112), output unit vectors (N, D)."""
    network = exportable(model)
    example = torch.zeros(2, 3, INPUT_PX, INPUT_PX)
    write_onnx(network, example, path, ["embedding"], {0: torch.export.Dim("N")}, metadata)
    return network


def check_int8(exact: NDArray[np.float32], rounded: NDArray[np.float32]) -> float:
    """Mean similarity of vectors in floating point to those in eight bits.

    Raises:
        RuntimeError: It is too low.
    """
    mean = float((exact * rounded).sum(1).mean())
    if mean < INT8_LIMIT:
        raise RuntimeError(
            f"eight bits turn the vectors: similarity {mean:.4f}, at least {INT8_LIMIT} is wanted"
        )
    return mean


def stays_float(weight: str) -> bool:
    """Whether the layer with these weights is left in floating point."""
    return weight.startswith(_FLOAT_LAYERS)


def vectors(path: Path, inputs: torch.Tensor) -> NDArray[np.float32]:
    """What a file answers, float32 (N, D), to inputs (N, 3, 112, 112)."""
    parts = [run_file(path, part.contiguous().numpy())[0] for part in inputs.split(64)]
    return np.concatenate(parts)


def main() -> None:
    """Parse the command line, export and check."""
    parser = argparse.ArgumentParser(
        prog="python -m training.embedder.export",
        description="Checkpoint of the embedder to ONNX.",
        epilog="Example: python -m training.embedder.export --checkpoint runs/embedder/last.pt "
        "--data ../shared --cache runs/cache --out models/builtin/embedder.onnx",
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of the training")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/ and models/")
    parser.add_argument("--cache", type=Path, required=True, help="prepared faces")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument("--int8", action="store_true", help="eight bits inside")
    args = parser.parse_args()
    model, config, epoch = load_checkpoint(args.checkpoint)
    metadata = {
        "model": f"{config.name}-{epoch}",
        "input": "aligned face 112x112 RGB, (x - 127.5) / 127.5",
        "parameters": str(parameter_count(model)),
        "training_config": json.dumps(config.to_dict()),
    }
    network = export(model, args.out, metadata)
    archive = LfwArchive(args.data / LFW_FILE)
    part = prepare(args.data / LFW_FILE, args.data / PACK_FOLDER, args.cache, 0)["lfw"]
    rows = np.flatnonzero(archive.kept_out()[part.rows])
    inputs = to_input(crops(part.canvases[rows]), torch.device("cpu"))
    difference = check_parity(args.out, network, inputs[:32], PARITY_LIMIT)
    found = vectors(args.out, inputs)
    if args.int8:
        seen = np.flatnonzero(~archive.kept_out()[part.rows])
        seen = np.random.default_rng(0).permutation(seen)[:_CALIBRATED]
        calibration = to_input(crops(part.canvases[seen]), torch.device("cpu")).split(16)
        batches = (batch.contiguous().numpy() for batch in calibration)
        write_int8(args.out, args.out, batches, stays_float, metadata)
        rounded = vectors(args.out, inputs)
        print(f"similarity to the vectors in floating point: {check_int8(found, rounded):.4f}")
        found = rounded
    others = impostor_similarities(found, np.array(archive.people)[part.rows[rows]])
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {size:.2f} MB, largest difference from torch {difference:.1e}")
    for share in (0.01, 0.001):
        print(
            f"similarity that {share:.1%} of strangers reach: {np.quantile(others, 1 - share):.3f}"
        )


if __name__ == "__main__":
    main()
