"""Export the detector: `python -m training.detector.export --checkpoint FILE --data FOLDER …`.

Folds the batch norms, rounds the weights to half precision, writes ONNX with SCRFD's nine outputs
for any picture whose sides are multiples of 32, and compares the file with the torch network.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from training.detector.model import STRIDES, Detector, ScrfdForm
from training.detector.train import LFW_FILE, load_checkpoint, to_input
from training.embedder.model import folded, parameter_count, rounded_to_half
from training.lfw import LfwArchive
from training.onnx_file import check_parity, write_onnx

PARITY_LIMIT = 2e-3
"""In strides; a fiftieth of a pixel on the finest map."""

OUTPUT_NAMES = tuple(f"{kind}_{stride}" for kind in ("score", "bbox", "kps") for stride in STRIDES)


def export(
    model: Detector, path: Path, metadata: dict[str, str], slope: float = 1.0, shift: float = 0.0
) -> ScrfdForm:
    """Write the file; input float32 (1, 3, H, W), outputs (1, A, 1), (1, A, 4) and (1, A, 10).

    Args:
        model: The trained network.
        path: Where to write.
        metadata: Goes into the file.
        slope: Score logits are multiplied by this …
        shift: … and moved by this, which brings them to the scale of other packs' scores.
    """
    inner = folded(model)
    scale_scores(inner, slope, shift)
    network = ScrfdForm(rounded_to_half(inner)).eval()
    height, width = torch.export.Dim("height32"), torch.export.Dim("width32")
    example = torch.zeros(1, 3, 320, 256)
    free = {2: 32 * height, 3: 32 * width}
    write_onnx(network, example, path, OUTPUT_NAMES, free, metadata)
    return network


@torch.no_grad()
def scale_scores(model: torch.nn.Module, slope: float, shift: float) -> None:
    """Move the score logits of every head, in place."""
    if not isinstance(model, Detector):
        raise TypeError(f"expected a Detector, got {type(model).__name__}")
    for output in model.outputs:
        if isinstance(output, torch.nn.Conv2d) and output.bias is not None:
            output.weight[:2] *= slope
            output.bias[:2] = output.bias[:2] * slope + shift


def main() -> None:
    """Parse the command line, export and check."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector.export",
        description="Checkpoint of the detector to ONNX in SCRFD's form.",
        epilog="Example: python -m training.detector.export --checkpoint runs/detector/last.pt "
        "--data ../shared --out models/builtin/detector.onnx",
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of the training")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument("--slope", type=float, default=1.0, help="of the score logits")
    parser.add_argument("--shift", type=float, default=0.0, help="of the score logits")
    args = parser.parse_args()
    model, config, epoch = load_checkpoint(args.checkpoint)
    metadata = {
        "model": f"{config.name}-{epoch}",
        "input": "RGB, (x - 127.5) / 128, sides multiples of 32",
        "parameters": str(parameter_count(model)),
        "score_scale": f"{args.slope} {args.shift}",
        "training_config": json.dumps(config.to_dict()),
    }
    network = export(model, args.out, metadata, args.slope, args.shift)
    picture = LfwArchive(args.data / LFW_FILE).picture(0)
    canvas = np.zeros((1, 224, 192, 3), np.uint8)
    canvas[0, : picture.shape[0], : picture.shape[1]] = picture
    inputs = to_input(canvas, torch.device("cpu"))
    difference = check_parity(args.out, network, inputs, PARITY_LIMIT)
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {size:.2f} MB, largest difference from torch {difference:.1e}")


if __name__ == "__main__":
    main()
