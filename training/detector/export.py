"""Export the detector: `python -m training.detector.export --checkpoint FILE --data FOLDER …`.

Folds the batch norms, rounds the weights to half precision, writes ONNX with SCRFD's nine outputs
for any picture whose sides are multiples of 32, and compares the file with the torch network.
`--int8` then turns all but the first and the last convolutions to eight bits.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.detector.model import STRIDES, Detector, ScrfdForm
from training.detector.mosaic import MosaicMaker, MosaicRecipe
from training.detector.pictures import prepare
from training.detector.train import load_checkpoint, to_input
from training.embedder.model import folded, parameter_count, rounded_to_half
from training.int8 import write_int8
from training.lfw import LfwArchive
from training.onnx_file import check_parity, run_file, write_onnx
from training.shared_files import LFW_FILE, PACK_FOLDER

PARITY_LIMIT = 2e-3
"""In strides; a fiftieth of a pixel on the finest map."""

INT8_SCORE_LIMIT = 0.1
"""How far eight bits may move a score, and …"""

INT8_PLACE_LIMIT = 0.12
"""… on the mean a side of a box or a landmark, in strides, where there is a face."""

_CALIBRATED = 48
_COMPARED = 16
_FACE_SCORE = 0.3

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


def calibration_inputs(
    recipe: MosaicRecipe, archive: Path, pack: Path, cache: Path, count: int, seed: int
) -> Iterator[NDArray[np.float32]]:
    """Training pictures as inputs float32 (1, 3, S, S), one after another."""
    labelled = prepare(archive, pack, cache)
    rows = np.flatnonzero(~LfwArchive(archive).kept_out())
    maker = MosaicMaker(replace(recipe, replay=0.0), labelled, rows, [])
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield to_input(maker(random).picture[None], torch.device("cpu")).contiguous().numpy()


def check_int8(
    path: Path, network: ScrfdForm, inputs: Iterator[NDArray[np.float32]]
) -> tuple[float, float]:
    """What eight bits change: the largest change of a score, and the mean one of a place.

    Args:
        path: The file in eight bits.
        network: The network that it was made from.
        inputs: Pictures to compare on.

    Returns:
        Change of scores, and in strides that of distances and landmarks where there are faces.

    Raises:
        RuntimeError: One of them is over its limit.
    """
    largest, moved = 0.0, []
    for values in inputs:
        with torch.inference_mode():
            expected = [answer.numpy() for answer in network(torch.from_numpy(values))]
        got = run_file(path, values)
        for level in range(len(STRIDES)):
            scores, distances, offsets = expected[level :: len(STRIDES)]
            is_face = scores[0, :, 0] >= _FACE_SCORE
            largest = max(largest, float(np.abs(got[level] - scores).max()))
            for answer, wanted in (
                (got[level + len(STRIDES)], distances),
                (got[level + 2 * len(STRIDES)], offsets),
            ):
                moved.append(np.abs(answer - wanted)[0, is_face].ravel())
    places = np.concatenate(moved)
    mean = float(places.mean()) if len(places) else 0.0
    if largest > INT8_SCORE_LIMIT or mean > INT8_PLACE_LIMIT:
        raise RuntimeError(
            f"{path}: eight bits move scores by up to {largest:.3f} (limit {INT8_SCORE_LIMIT}), "
            f"places by {mean:.3f} strides (limit {INT8_PLACE_LIMIT})"
        )
    return largest, mean


def _stays_float(weight: str) -> bool:
    return "stem" in weight or "outputs" in weight


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
    parser.add_argument("--int8", action="store_true", help="eight bits inside")
    parser.add_argument("--cache", type=Path, help="labelled pictures (needed by --int8)")
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
    if args.int8:
        cache = args.cache or args.checkpoint.parent.parent / "cache"
        about = (config.recipe, args.data / LFW_FILE, args.data / PACK_FOLDER, cache)
        calibration = calibration_inputs(*about, _CALIBRATED, seed=0)
        write_int8(args.out, args.out, calibration, _stays_float, metadata)
        changes = check_int8(args.out, network, calibration_inputs(*about, _COMPARED, seed=1))
        print(
            f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB in eight bits, which move scores "
            f"by up to {changes[0]:.3f} and places by {changes[1]:.3f} strides"
        )


if __name__ == "__main__":
    main()
