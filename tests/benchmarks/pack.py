"""Measure the built-in pack: `python -m tests.benchmarks.pack`, from the project's root.

Needs the shared data, clips and models. Says what it does as it goes and ends with one line of
JSON.
"""

import argparse
import json
import os
from pathlib import Path

import cv2

from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.sources.demo import demo_photo_path
from facemotion.vision.sources.pictures import read_picture
from tests.benchmarks import pack_detector, pack_recognition
from tests.benchmarks.pack_detector import Tally, together
from training.lfw import LfwArchive

SCENE_SIZE = 640
PORTRAIT_SIZE = 320
"""LFW's pictures are 190 px wide; enlarged to 640, SCRFD misses one in eight of their faces."""

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def measure_detector(
    ours: FaceModels, theirs: FaceModels, shared: Path, archive: LfwArchive, every: int
) -> dict[str, float]:
    """Figures of the detector, printed and given back."""
    lfw, own_lfw = pack_detector.kept_out_tallies(ours, theirs, archive, every)
    print(
        f"LFW, people kept out: {lfw.found} of {lfw.wanted} faces found ({lfw.recall:.2%}), "
        f"{_landmarks(lfw)}"
    )
    clips: list[Tally] = []
    own_clips: list[Tally] = []
    for name in pack_detector.CLIPS:
        clip = shared / "media" / name
        tally, own = pack_detector.clip_tallies(ours, theirs, clip, every * 2)
        clips.append(tally)
        own_clips.append(own)
        print(f"{name}: {_told(tally)}")
    photo = read_picture(demo_photo_path())
    print(f"faces found in the photo of six: {pack_detector.faces_of_demo_photo(ours)}")
    every_clip = together(clips)
    print(f"clips: {_told(every_clip)}; with LFW {_landmarks(together([lfw, every_clip]))}")
    every_own = together(own_clips)
    print(
        f"the other pack against itself, the picture at {pack_detector.SMALLER:.0%} of its size: "
        f"clips {_told(every_own)}; with LFW {_landmarks(together([own_lfw, every_own]))}"
    )
    return {
        "detector_recall_lfw": lfw.recall,
        "detector_recall_clips": every_clip.recall,
        "detector_extra": every_clip.extra_share,
        "detector_time_ratio": pack_detector.time_ratio(ours, theirs, photo),
    }


def _told(tally: Tally) -> str:
    return (
        f"{tally.found} of {tally.wanted} found ({tally.recall:.2%}), {tally.extra} of "
        f"{tally.answers} extra ({tally.extra_share:.2%}), {_landmarks(tally)}"
    )


def _landmarks(tally: Tally) -> str:
    return (
        f"landmarks off by {_mean(tally.landmark_errors):.2%} of the eyes' distance, of frontal "
        f"faces {_mean(tally.frontal_errors):.2%}"
    )


def _mean(values: list[float]) -> float:
    return sum(values) / max(len(values), 1)


def measure_embedder(
    ours: FaceModels, theirs: FaceModels, shared: Path, archive: LfwArchive
) -> dict[str, float]:
    """Figures of the embedder, printed and given back.

    Args:
        ours: The built-in pack at `PORTRAIT_SIZE`.
        theirs: The other pack at the same size.
        shared: Folder of clips and photos.
        archive: LFW.
    """
    figures: dict[str, float] = {}
    for title, detector, recogniser in (
        ("the other pack alone", theirs, theirs),
        ("our embedder on the other's landmarks", theirs, ours),
        ("the built-in pack alone", ours, ours),
    ):
        faces = pack_recognition.embed_kept_out(detector, recogniser, archive)
        accuracy, threshold, pairs = pack_recognition.verification(faces, archive)
        found = pack_recognition.identification(faces, archive)
        one, tenth = pack_recognition.accept_thresholds(faces, archive)
        print(
            f"{title}: verification {accuracy:.2%} of {pairs} pairs at {threshold:.3f}; right "
            f"name {found.right_name:.2%} of {found.probes} probes at 1 % false accepts among "
            f"{found.strangers} strangers; 1 % and 0.1 % of pairs of strangers reach {one:.3f} "
            f"and {tenth:.3f}; {faces.missed} pictures without a face"
        )
        figures = {"verification": accuracy, "right_name_at_far_1pct": found.right_name}
    picture = read_picture(sorted((shared / "media" / "people").glob("*.png"))[0])
    return {**figures, "embedder_time_ratio": pack_recognition.time_ratio(ours, theirs, picture)}


def measure_scene(ours: FaceModels, shared: Path) -> None:
    """The scene of six, printed."""
    photos = sorted((shared / "media" / "people").glob("person_*.png"))
    clip = shared / "media" / "scene_multi_person.mp4"
    try:
        tally = pack_recognition.scene(ours, clip, photos)
    except ValueError as error:
        print(f"the scene of six cannot be measured: {error}")
        return
    share = tally.frontal_known / max(tally.frontal, 1)
    print(
        f"scene of six: {tally.wrong} of {tally.known} names wrong; {tally.frontal_known} of "
        f"{tally.frontal} frontal faces taller than 80 px known ({share:.1%})"
    )


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pack", description=__doc__)
    default = os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared"))
    parser.add_argument("--pack", type=Path, default=REPOSITORY / "models" / "builtin")
    parser.add_argument("--shared", type=Path, default=Path(default))
    parser.add_argument("--every", type=int, default=1, help="only each n-th picture")
    args = parser.parse_args()
    cv2.setNumThreads(1)  # as the application does
    archive = LfwArchive(args.shared / "data" / "lfw_dev.zip")
    built_in = open_pack(args.pack)
    other = open_pack(args.shared / "models" / "scrfd_500m_mobilefacenet")
    ours, theirs = (FaceModels(pack, det_size=SCENE_SIZE) for pack in (built_in, other))
    figures = measure_detector(ours, theirs, args.shared, archive, args.every)
    measure_scene(ours, args.shared)
    portraits = (FaceModels(pack, det_size=PORTRAIT_SIZE) for pack in (built_in, other))
    figures |= measure_embedder(*portraits, args.shared, archive)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
