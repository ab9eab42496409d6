"""Describe a pack: `python -m training.describe_pack --pack models/builtin --data ../shared`.

Measures on people whom no training saw which similarities strangers reach, alone and against
galleries of growing size, with the pack's own detection as in the application, and writes
`pack.toml` with them, the fitted tail, the files' hashes and the terms.
"""

import argparse
import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import tomli_w
from numpy.typing import NDArray

from facemotion.core.types import FaceDetection
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.photos import embed_photo
from training.embedder.evaluate import (
    accept_threshold,
    impostor_similarities,
    kept_out_pairs,
    verification_accuracy,
)
from training.embedder.impostor_fit import fit_impostors
from training.lfw import LfwArchive, Pair

_DETECTION_SIDE_PX: Final = 320
_GALLERY_SIZES: Final = (1, 3, 10, 30, 100)
_DRAWS: Final = 40
_ENROLLED_PICTURES: Final = 3
_UNCERTAIN_SHARE: Final = 0.05

ABOUT: Final = {
    "id": "builtin",
    "name": "Built-in",
    "licence": "Made by us for research and evaluation: its training pictures and the models "
    "that labelled them are for non-commercial research",
    "source": "training/ of this project",
    "speed": "fast",
}


def gallery_thresholds(
    embeddings: NDArray[np.float32], people: NDArray[np.str_], false_accepts: float
) -> list[tuple[int, float]]:
    """Similarity at which this share of strangers is taken for one of so many enrolled people.

    Args:
        embeddings: float32 (N, D) unit rows.
        people: (N,) name of each row's person.
        false_accepts: The share.

    Returns:
        (people enrolled, threshold), growing; sizes that leave too few strangers are left out.
    """
    names = np.unique(people)
    rows_of = {name: np.flatnonzero(people == name)[:_ENROLLED_PICTURES] for name in names}
    random = np.random.default_rng(0)
    table: list[tuple[int, float]] = []
    for size in _GALLERY_SIZES:
        if len(names) < 2 * size:
            break
        reached = []
        for _ in range(_DRAWS):
            enrolled = random.choice(names, size, replace=False)
            gallery = embeddings[np.concatenate([rows_of[name] for name in enrolled])]
            strangers = embeddings[~np.isin(people, enrolled)]
            reached.append((strangers @ gallery.T).max(1))
        threshold = accept_threshold(np.concatenate(reached), false_accepts)
        # Chance alone could make a larger gallery look safer; it never is.
        table.append((size, max(threshold, table[-1][1] if table else -1.0)))
    return table


@dataclass(frozen=True, slots=True, eq=False)
class KeptOut:
    """The kept-out people's pictures as the application would embed them.

    Attributes:
        live: float32 (N, D) unit rows, as of a live picture.
        photos: float32 (N, D) unit rows, as of a photo for enrolment.
        people: (N,) name of each row's person.
        pictures: int64 (N,) position of each row's picture in the archive.
    """

    live: NDArray[np.float32]
    photos: NDArray[np.float32]
    people: NDArray[np.str_]
    pictures: NDArray[np.int64]

    def verification(self, pairs: list[Pair]) -> str:
        """How many of the archive's pairs are told apart, in words for a list of packs.

        Pairs with a picture in which no face was found are left out.
        """
        row_of = {int(picture): row for row, picture in enumerate(self.pictures)}
        found = [p for p in pairs if p.first in row_of and p.second in row_of]
        first = self.live[[row_of[p.first] for p in found]]
        second = self.live[[row_of[p.second] for p in found]]
        is_same = np.array([p.is_same for p in found])
        accuracy, _ = verification_accuracy((first * second).sum(1), is_same)
        return f"LFW {100.0 * accuracy:.1f} % ({len(found)} pairs kept out)"


def embed_kept_out(pack: Path, archive: LfwArchive) -> KeptOut:
    """Both embeddings of the face in the middle of every kept-out picture."""
    models = FaceModels(open_pack(pack), det_size=_DETECTION_SIDE_PX)
    live, photos, people, pictures = [], [], [], []
    for row in np.flatnonzero(archive.kept_out()):
        picture = archive.picture(int(row))
        middle = np.array(picture.shape[1::-1]) / 2.0
        faces = models.detect(picture)
        if faces:
            face = min(faces, key=lambda f: float(np.abs(_middle(f) - middle).max()))
            live.append(models.embed(picture, [face.kps])[0])
            photos.append(embed_photo(picture, face.kps, models))
            people.append(archive.people[row])
            pictures.append(row)
    return KeptOut(np.stack(live), np.stack(photos), np.array(people), np.array(pictures))


def _middle(face: FaceDetection) -> NDArray[np.float32]:
    return (face.bbox_xyxy[:2] + face.bbox_xyxy[2:]) / np.float32(2.0)


def describe(pack: Path, lfw_zip: Path) -> str:
    """The text of `pack.toml`."""
    archive = LfwArchive(lfw_zip)
    found = embed_kept_out(pack, archive)
    embeddings, people = found.live, found.people
    strangers = impostor_similarities(embeddings, people)
    tail = fit_impostors(embeddings, people, found.photos)
    table = gallery_thresholds(embeddings, people, 0.01)
    match = table[0][1]
    uncertain = accept_threshold(strangers, _UNCERTAIN_SHARE)
    files = [
        {
            "name": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size_bytes": path.stat().st_size,
        }
        for path in sorted(pack.glob("*.onnx"))
    ]
    content = {
        **ABOUT,
        "accuracy": found.verification(kept_out_pairs(archive)),
        "embedding_dim": embeddings.shape[1],
        "thresholds": {
            "match": round(match, 3),
            "uncertain": round(min(uncertain, match), 3),
            "by_gallery_size": [[size, round(value, 3)] for size, value in table],
            "false_accepts_1_percent": round(accept_threshold(strangers, 0.01), 3),
            "false_accepts_0_1_percent": round(accept_threshold(strangers, 0.001), 3),
        },
        "impostors": asdict(tail),
        "files": files,
    }
    return tomli_w.dumps(content)


def main() -> None:
    """Parse the command line, measure and write."""
    parser = argparse.ArgumentParser(
        prog="python -m training.describe_pack", description="Measure a pack and write pack.toml."
    )
    parser.add_argument("--pack", type=Path, required=True, help="folder of the two models")
    parser.add_argument("--data", type=Path, required=True, help="folder with data/")
    args = parser.parse_args()
    text = describe(args.pack, args.data / "data" / "lfw_dev.zip")
    temporary = args.pack / "pack.tmp"
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, args.pack / "pack.toml")
    print(text)


if __name__ == "__main__":
    main()
