"""Measure recognition: `python -m tests.benchmarks.recognition --data ../shared/data/lfw_dev.zip`.

Verification on the pairs of `pairs_dev.txt`, and open-set identification: so many people enrolled,
everybody else a stranger, with the thresholds that follow from a quarter of the people tested on
the other three, four times. Prints the `[impostors]` table for the pack's description and ends with
one line of JSON.
"""

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tomli_w
from tqdm import tqdm

from facemotion.core.gallery_index import GalleryIndex
from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import IdentityResolver, MatchingParams, PackThresholds
from facemotion.core.track import Track
from facemotion.core.types import Decision, FaceDetection
from facemotion.vision.packs import open_pack
from tests.benchmarks.lfw_faces import LfwFaces, embed_all
from training.embedder.evaluate import best_threshold
from training.embedder.impostor_fit import fit_impostors, person_similarities
from training.lfw import LfwArchive, Pair

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SIZES = (5, 20, 100, 500)
RATES = (0.01, 0.001)
PARTS = 4
MOST_PROBES_EACH = 3


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One gallery and who comes before it.

    Attributes:
        shots: float32 (P, M, D): the enrolled people's embeddings.
        probes: float32 (Q, D): other pictures of them.
        owners: (Q,) row of the person in `shots`.
        strangers: float32 (S, D): a picture of each person who is not enrolled.
    """

    shots: np.ndarray
    probes: np.ndarray
    owners: np.ndarray
    strangers: np.ndarray


def verification(faces: LfwFaces, pairs: Sequence[Pair]) -> float:
    """Accuracy over the folds, each with the threshold of the others; a face not found is wrong.

    Both pictures count as photos.
    """
    similarity = np.array([float(faces.photos[p.first] @ faces.photos[p.second]) for p in pairs])
    is_same = np.array([p.is_same for p in pairs])
    fold = np.array([p.fold for p in pairs])
    is_able = np.isfinite(similarity)
    right = 0
    for held in np.unique(fold):
        others = is_able & (fold != held)
        threshold = best_threshold(similarity[others], is_same[others])
        tested = is_able & (fold == held)
        right += int(((similarity[tested] >= threshold) == is_same[tested]).sum())
    return right / len(pairs)


def draw_trial(
    faces: LfwFaces, rows_of: dict[str, np.ndarray], size: int, photos: int, seed: int
) -> Trial | None:
    """Enrol so many people, those first who have pictures left as probes; None with too few."""
    random = np.random.default_rng(seed)
    names = random.permutation(sorted(rows_of))
    able = [name for name in names if len(rows_of[name]) > photos]
    fill = [name for name in names if len(rows_of[name]) == photos]
    enrolled = (able + fill)[:size]
    if len(enrolled) < size:
        return None
    shuffled = [random.permutation(rows_of[name]) for name in enrolled]
    probes = [(row, i) for i, r in enumerate(shuffled) for row in r[photos:][:MOST_PROBES_EACH]]
    others = sorted(set(names) - set(enrolled))
    return Trial(
        faces.photos[np.stack([rows[:photos] for rows in shuffled])],
        faces.embeddings[[row for row, _ in probes]],
        np.array([owner for _, owner in probes]),
        faces.embeddings[[random.choice(rows_of[name]) for name in others]],
    )


def tested(trial: Trial, tail: ImpostorTail, rate: float) -> dict[str, float]:
    """Right names and false accepts at the threshold that the description of strangers gives.

    `right_name_ideal` is the share at the threshold that accepts just this share of the strangers.
    """
    people, photos = trial.shots.shape[:2]
    threshold = tail.similarity_at(rate, people, photos)
    strangers = person_similarities(trial.strangers, trial.shots).max(axis=1)
    similarities = person_similarities(trial.probes, trial.shots)
    is_first, best = similarities.argmax(axis=1) == trial.owners, similarities.max(axis=1)
    ideal = float(np.quantile(strangers, 1.0 - rate))
    return {
        "right_name": float((is_first & (best >= threshold)).mean()),
        "right_name_ideal": float((is_first & (best >= ideal)).mean()),
        "false_accepts": float((strangers >= threshold).mean()),
        "threshold": threshold,
    }


def answered(trial: Trial, tail: ImpostorTail, probes: np.ndarray) -> list[int | None]:
    """Whom the program itself names, each probe being a track with one embedding."""
    people, photos, dimension = trial.shots.shape
    owners = [f"{person:04d}" for person in range(people) for _ in range(photos)]
    rows = trial.shots.reshape(-1, dimension)
    index = GalleryIndex(rows, owners, {owner: owner for owner in owners}, "")
    resolver = IdentityResolver(MatchingParams(), PackThresholds(impostors=tail))
    nowhere = FaceDetection(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 1.0)
    said: list[int | None] = []
    for number, probe in enumerate(probes, 1):
        track = Track(number, nowhere, 0.0)
        track.add_embedding(probe, 1.0, 0.0)
        identity = resolver.resolve([track], index)[number]
        is_known = identity.decision is Decision.KNOWN and identity.person_id is not None
        said.append(int(identity.person_id) if is_known else None)
        resolver.forget([number])
    return said


def track_evidence(
    faces: LfwFaces, rows_of: dict[str, np.ndarray], tail: ImpostorTail, size: int
) -> dict[int, float]:
    """Right names at 1 % when a track has 1, 2, 3 or 5 pictures of somebody enrolled with one."""
    able = sorted(name for name in rows_of if len(rows_of[name]) >= 6)
    if len(rows_of) < 2 * size or not able:
        return {}
    random = np.random.default_rng(0)
    fill = sorted(set(rows_of) - set(able))
    names = [*able, *random.permutation(fill)][:size]
    shuffled = [random.permutation(rows_of[name]) for name in names]
    shots = faces.photos[np.stack([rows[:1] for rows in shuffled])]
    threshold = tail.similarity_at(0.01, size)
    found: dict[int, float] = {}
    for count in (1, 2, 3, 5):
        means = np.stack(
            [faces.embeddings[rows[1 : 1 + count]].mean(0) for rows in shuffled[: len(able)]]
        )
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        similarities = person_similarities(means, shots)
        is_right = similarities.argmax(axis=1) == np.arange(len(means))
        found[count] = float((is_right & (similarities.max(axis=1) >= threshold)).mean())
    return found


def identification(faces: LfwFaces, parts: int, draws: int) -> dict[str, dict[str, float]]:
    """Figures by gallery size, photos and rate; fitted on a quarter, tested on the others."""
    people = sorted(set(faces.people[faces.is_found]))
    shuffled = np.random.default_rng(1).permutation(people)
    sums: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for part in tqdm(range(parts), desc="identification", unit="part"):
        fitted = set(shuffled[part::PARTS])
        tail = fit_of(faces, fitted)
        rows_of = rows_by_person(faces, set(people) - fitted)
        for photos in (1, 3):
            for size in SIZES:
                for draw in range(draws):
                    trial = draw_trial(faces, rows_of, size, photos, 100 * part + draw)
                    for rate in RATES if trial is not None else ():
                        name = f"{size} people, {photos} photo(s), {rate:.1%}"
                        sums[name].append(tested(trial, tail, rate))
    return {
        name: {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
        for name, rows in sums.items()
    }


def fit_of(faces: LfwFaces, names: set[str]) -> ImpostorTail:
    """The description of strangers from some people's pictures."""
    is_used = faces.is_found & np.isin(faces.people, sorted(names))
    return fit_impostors(faces.embeddings[is_used], faces.people[is_used], faces.photos[is_used])


def rows_by_person(faces: LfwFaces, names: set[str]) -> dict[str, np.ndarray]:
    """Positions of the pictures with a face, by person."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(faces.is_found):
        if faces.people[row] in names:
            rows[str(faces.people[row])].append(int(row))
    return {name: np.array(found) for name, found in rows.items()}


def program_answers(faces: LfwFaces) -> dict[str, float]:
    """One gallery of 500 through the program's own index and resolver."""
    people = sorted(set(faces.people[faces.is_found]))
    fitted = set(np.random.default_rng(2).permutation(people)[::PARTS])
    rows_of = rows_by_person(faces, set(people) - fitted)
    tail = fit_of(faces, fitted)
    size = min(SIZES[-1], len(rows_of) // 2)
    trial = draw_trial(faces, rows_of, size, 1, 0)
    if trial is None:
        return {}
    named = answered(trial, tail, trial.probes)
    strangers = answered(trial, tail, trial.strangers)
    evidence = track_evidence(faces, rows_of, tail, size)
    print(
        "right names at 1 % with 500 enrolled, one photo each, by pictures in the track: "
        + ", ".join(f"{count}: {share:.1%}" for count, share in evidence.items())
    )
    return {
        "program_right_name": float(
            np.mean([n == o for n, o in zip(named, trial.owners, strict=True)])
        ),
        "program_wrong_name": float(
            np.mean([n is not None and n != o for n, o in zip(named, trial.owners, strict=True)])
        ),
        "program_false_accepts": float(np.mean([name is not None for name in strangers])),
        **{f"right_name_track_of_{count}": share for count, share in evidence.items()},
    }


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.recognition")
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    parser.add_argument("--data", type=Path, default=shared / "data" / "lfw_dev.zip")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    parser.add_argument(
        "--kept-out", action="store_true", help="only people whom no training of ours saw"
    )
    parser.add_argument("--quick", action="store_true", help="one part and one draw")
    default = Path(tempfile.gettempdir()) / "facemotion-benchmarks"
    parser.add_argument("--cache", type=Path, default=default, help="folder for embeddings")
    args = parser.parse_args()
    archive = LfwArchive(args.data)
    faces = embed_all(archive, open_pack(args.pack), args.cache)
    pairs = archive.pairs()
    if args.kept_out:
        kept = archive.kept_out()
        hidden = [
            np.where(kept[:, None], rows, np.nan) for rows in (faces.embeddings, faces.photos)
        ]
        faces = LfwFaces(hidden[0], hidden[1], faces.people)
        pairs = [pair for pair in pairs if kept[pair.first] and kept[pair.second]]
    print(f"{int(faces.is_found.sum())} faces of {len(set(faces.people[faces.is_found]))} people")
    accuracy = verification(faces, pairs)
    print(f"verification: {accuracy:.2%} of {len(pairs)} pairs")
    table = identification(faces, 1 if args.quick else PARTS, 1 if args.quick else 4)
    print(f"{'gallery':<34}{'right name':>11}{'at best':>9}{'accepts':>9}{'threshold':>11}")
    for name, row in table.items():
        print(
            f"{name:<34}{row['right_name']:>11.2%}{row['right_name_ideal']:>9.2%}"
            f"{row['false_accepts']:>9.2%}{row['threshold']:>11.3f}"
        )
    figures = program_answers(faces)
    tail = fit_of(faces, set(faces.people[faces.is_found]))
    print("for pack.toml:\n" + tomli_w.dumps({"impostors": asdict(tail)}))
    largest = next(
        f"{size} people" for size in SIZES[::-1] if f"{size} people, 1 photo(s), 1.0%" in table
    )
    one, three = (table.get(f"{largest}, {photos} photo(s), 1.0%") for photos in (1, 3))
    accepts = {
        str(size): round(table[key]["false_accepts"], 4)
        for size in SIZES
        if (key := f"{size} people, 1 photo(s), 1.0%") in table
    }
    summary = {
        "verification": round(accuracy, 4),
        "gallery": largest,
        "right_name_at_far_1pct": round(one["right_name"], 4) if one else None,
        "right_name_at_far_1pct_3_photos": round(three["right_name"], 4) if three else None,
        "false_accepts_at_1pct": accepts,
        **{name: round(value, 4) for name, value in figures.items()},
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
