"""What each ingredient gives: the same short run with one thing changed at a time.

`python -m training.ablate --config FILE --data FOLDER --out FOLDER` trains every variant of an
experiment with equal rows, epochs and seeds, and writes one table. Finished runs are kept, so a
stopped study goes on where it was.
"""

import argparse
import csv
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from training.augment import Augmentation
from training.config import LossConfig, TrainingConfig, read_config
from training.metrics import classification_record
from training.train import Process, Trainer, load_data, logits_of, train

COLUMNS: list[str] = [
    *("variant", "seed", "epochs", "rows"),
    *("correct", "of", "accuracy", "macro_f1", "raw_accuracy"),
]
"""Columns of the table; `raw_accuracy` is that of the weights without averaging."""


def variants(base: TrainingConfig, teacher: Path | None = None) -> dict[str, TrainingConfig]:
    """Every variant of an experiment, by name; one is taught by `teacher` when there is one."""
    off = dict.fromkeys((field.name for field in fields(Augmentation)), 0.0)
    geometry = replace(
        base.augmentation,
        **dict.fromkeys(("light", "low_light", "autocontrast", "sharpness"), 0.0),
        **dict.fromkeys(("low_resolution", "noise", "jpeg", "erasing"), 0.0),
    )
    strict = replace(base.data, selection="strict", targets="majority")
    taught = replace(
        base.loss, distillation=0.5, distillation_temperature=2.0, teachers=(str(teacher),)
    )
    return {
        "as it is": base,
        **({"distilled": replace(base, loss=taught)} if teacher else {}),
        "strict majority labels": replace(base, data=strict),
        "strict labels, focal loss": replace(base, data=strict, loss=LossConfig(kind="focal")),
        "with mixup 0.2": replace(base, loss=replace(base.loss, mixup_alpha=0.2)),
        "flips only": replace(base, augmentation=Augmentation(**{**off, "flip": 0.5})),
        "flips and affine only": replace(base, augmentation=geometry),
    }


def run_variant(name: str, config: TrainingConfig, data: Path, out: Path) -> dict[str, Any]:
    """Train one variant (or finish it) and measure it on the strict validation rows."""
    train_rows, valid_rows = load_data(config, data)
    trainer = Trainer(config, train_rows, valid_rows, Process(0, 1, default_device()))
    out.mkdir(parents=True, exist_ok=True)
    if (out / "last.pt").is_file():
        trainer.restore(torch.load(out / "last.pt", map_location="cpu", weights_only=True))
    train(trainer, out)
    device = trainer.process.device
    logits = logits_of(trainer.averaged_model(), valid_rows.images, device).numpy()
    raw = logits_of(trainer.model, valid_rows.images, device).numpy()
    record = classification_record(logits, valid_rows.labels)
    return {
        "variant": name,
        "seed": config.seed,
        "epochs": trainer.epoch,
        "rows": len(train_rows),
        **{key: record[key] for key in ("correct", "of", "accuracy", "macro_f1")},
        "raw_accuracy": classification_record(raw, valid_rows.labels)["accuracy"],
    }


def default_device() -> torch.device:
    """The first GPU, else the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def main() -> None:
    """Parse the command line and run every variant with every seed."""
    parser = argparse.ArgumentParser(
        prog="python -m training.ablate",
        description=__doc__,
        epilog="Example: python -m training.ablate --config training/configs/emotion_ablation.toml "
        "--data ../shared/data/ferplus --out runs/ablation --only 'flips only' --seeds 3",
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the experiment")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data parts")
    parser.add_argument("--out", type=Path, required=True, help="folder for runs and table.csv")
    parser.add_argument("--only", action="append", metavar="VARIANT", help="only this; repeatable")
    parser.add_argument("--seeds", type=int, default=1, help="runs of every variant")
    parser.add_argument("--teacher", type=Path, help="checkpoint for a variant that it teaches")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    base = read_config(args.config)
    for name in args.only or ():
        if name not in variants(base, args.teacher):
            parser.error(f"no variant {name!r}; there are {', '.join(variants(base))}")
    rows: list[dict[str, Any]] = []
    for seed in range(base.seed, base.seed + args.seeds):
        found = variants(replace(base, seed=seed), args.teacher)
        for name in args.only or found:
            folder = args.out / f"{name.replace(' ', '_').replace(',', '')}_{seed}"
            rows.append(run_variant(name, found[name], args.data, folder))
            with (args.out / "table.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(rows)
            print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
