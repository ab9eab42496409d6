"""Export the refiner: `python -m training.refiner.export --checkpoint FILE --data FOLDER …`.

Folds the batch norms, rounds the weights to half precision, writes ONNX as
`facemotion.vision.second_look` reads it, and compares the file with the torch network. `--int8`
then turns all but the first convolution and the last layer to eight bits.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facemotion.core.preprocessing import normalise
from facemotion.vision.second_look import CROP_PX, CROP_RULE
from training.detector.pictures import prepare
from training.embedder.model import folded, parameter_count, rounded_to_half
from training.int8 import write_int8
from training.lfw import LfwArchive
from training.onnx_file import check_parity, run_file, write_onnx
from training.refiner.model import ProbabilityRefiner, Refiner
from training.refiner.samples import SampleMaker
from training.refiner.train import load_checkpoint
from training.shared_files import LFW_FILE, PACK_FOLDER

PARITY_LIMIT = 1e-4
"""In sides of the crop; a two-hundredth of a pixel."""


INT8_LIMITS = (0.006, 0.02)
"""How far eight bits may move a landmark, in sides of the crop, and a probability, on the mean."""

_CROPS = 64
_CALIBRATIONS = 16


def export(
    model: Refiner, path: Path, metadata: dict[str, str], shift: float = 0.0
) -> ProbabilityRefiner:
    """Write the file; input float32 (N, 1, 48, 48), outputs (N, 5, 2) and (N,).

    Args:
        model: The trained network.
        path: Where to write.
        metadata: Goes into the file.
        shift: Is added to the logit of being a face.
    """
    network = ProbabilityRefiner(rounded_to_half(folded(model)), shift).eval()
    example = torch.zeros(2, 1, CROP_PX, CROP_PX)
    free = {0: torch.export.Dim("N")}
    write_onnx(network, example, path, ["landmarks", "probability"], free, metadata)
    return network


def check_int8(
    exact: Sequence[NDArray[np.float32]], rounded: Sequence[NDArray[np.float32]]
) -> tuple[float, float]:
    """Mean changes of landmarks and probabilities by eight bits.

    Raises:
        RuntimeError: One of them is over its limit.
    """
    landmarks, told = (float(np.abs(a - b).mean()) for a, b in zip(exact, rounded, strict=True))
    if landmarks > INT8_LIMITS[0] or told > INT8_LIMITS[1]:
        raise RuntimeError(
            f"eight bits move landmarks by {landmarks:.4f} sides and probabilities by {told:.3f}, "
            f"more than {INT8_LIMITS[0]} and {INT8_LIMITS[1]}"
        )
    return landmarks, told


def _stays_float(weight: str) -> bool:
    return weight.endswith(("features.0.weight", "answer.3.weight"))


def main() -> None:
    """Parse the command line, export and check."""
    parser = argparse.ArgumentParser(
        prog="python -m training.refiner.export",
        description="Checkpoint of the refiner to ONNX.",
        epilog="Example: python -m training.refiner.export --checkpoint runs/refiner/last.pt "
        "--data ../shared --cache runs/cache --out models/builtin/refiner.onnx",
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of the training")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/ and models/")
    parser.add_argument("--cache", type=Path, required=True, help="labelled pictures")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument("--shift", type=float, default=0.0, help="of the logit of being a face")
    parser.add_argument("--int8", action="store_true", help="eight bits inside")
    args = parser.parse_args()
    model, config, epoch = load_checkpoint(args.checkpoint)
    metadata = {
        "model": f"{config.name}-{epoch}",
        "input": "gray crop 48x48 by crop_rule, (x / 255 - 0.5) / 0.5",
        "crop_rule": json.dumps(CROP_RULE.to_metadata()),
        "parameters": str(parameter_count(model)),
        "score_shift": str(args.shift),
        "training_config": json.dumps(asdict(config)),
    }
    network = export(model, args.out, metadata, args.shift)
    labelled = prepare(args.data / LFW_FILE, args.data / PACK_FOLDER, args.cache)
    kept_out = LfwArchive(args.data / LFW_FILE).kept_out()
    seen, unseen = (
        SampleMaker(config.recipe, labelled, np.flatnonzero(rows), [], np.zeros((0, 5), np.float32))
        for rows in (~kept_out, kept_out)
    )
    inputs = normalise(unseen(_CROPS, np.random.default_rng(0)).crops)
    difference = check_parity(args.out, network, torch.from_numpy(inputs), PARITY_LIMIT)
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {size:.2f} MB, largest difference from torch {difference:.1e}")
    if args.int8:
        exact = run_file(args.out, inputs)
        random = np.random.default_rng(1)
        calibration = (normalise(seen(_CROPS, random).crops) for _ in range(_CALIBRATIONS))
        write_int8(args.out, args.out, calibration, _stays_float, metadata)
        changes = check_int8(exact, run_file(args.out, inputs))
        print(
            f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB in eight bits, which move "
            f"landmarks by {changes[0]:.4f} sides and probabilities by {changes[1]:.3f}"
        )


if __name__ == "__main__":
    main()
