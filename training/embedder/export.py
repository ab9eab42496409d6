"""Export the embedder: `python -m training.embedder.export --checkpoint FILE --data FOLDER …`.

Folds the batch norms, rounds the weights to half precision, writes ONNX that InsightFace's
recognition adapter reads, and compares the file with the torch network on kept-out people.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

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
from training.embedder.train import LFW_FILE, PACK_FOLDER, load_checkpoint, to_input
from training.lfw import LfwArchive
from training.onnx_file import check_parity, run_file, write_onnx

PARITY_LIMIT = 1e-4


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
    found = np.concatenate(
        [run_file(args.out, x.contiguous().numpy())[0] for x in inputs.split(64)]
    )
    others = impostor_similarities(found, np.array(archive.people)[part.rows[rows]])
    size = args.out.stat().st_size / 1e6
    print(f"{args.out}: {size:.2f} MB, largest difference from torch {difference:.1e}")
    for share in (0.01, 0.001):
        print(
            f"similarity that {share:.1%} of strangers reach: {np.quantile(others, 1 - share):.3f}"
        )


if __name__ == "__main__":
    main()
