"""Mean of checkpoints: `python -m training.average --out FILE CHECKPOINT …`.

Runs that began with the same weights end near each other, and the mean of where they end is often
better than any of them (Wortsman et al., 2022). Of one checkpoint it keeps the averaged weights
alone, which is what `--init` and the exports need; `--half` halves their size.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.checkpoint import save_atomically
from training.resumable import read_checkpoint


def averaged(checkpoints: Sequence[dict[str, Any]], dtype: torch.dtype) -> dict[str, Any]:
    """The mean of their averaged weights, with the last one's experiment.

    Args:
        checkpoints: As the trainings write them.
        dtype: Of the mean.

    Raises:
        ValueError: They are not of one network.
    """
    weights = [checkpoint["average"] for checkpoint in checkpoints]
    shapes = [{name: value.shape for name, value in one.items()} for one in weights]
    if any(one != shapes[0] for one in shapes):
        raise ValueError("the checkpoints are of different networks, which have no mean")
    last = checkpoints[-1]
    mean = {name: _mean([one[name] for one in weights], dtype) for name in weights[-1]}
    return {"config": last["config"], "average": mean, "epoch": last["epoch"]}


def _mean(values: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
    if not values[-1].is_floating_point():
        return values[-1]
    return torch.stack([value.float() for value in values]).mean(0).to(dtype)


def main() -> None:
    """Parse the command line and write the mean."""
    parser = argparse.ArgumentParser(
        prog="python -m training.average",
        description="Mean of the averaged weights of checkpoints.",
        epilog="Example: python -m training.average runs/first/last.pt runs/second/last.pt "
        "--out runs/mean.pt",
    )
    parser.add_argument("checkpoints", type=Path, nargs="+", help="last.pt of a run")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument("--half", action="store_true", help="write float16")
    args = parser.parse_args()
    try:
        found = [read_checkpoint(path, "the pack's trainings") for path in args.checkpoints]
        save_atomically(averaged(found, torch.float16 if args.half else torch.float32), args.out)
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
