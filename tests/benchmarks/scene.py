"""Measure names in the clip of six people: `python -m tests.benchmarks.scene`.

All six are enrolled from one photo each, and the clip is read at ten frames a second, by the shared
pack and by the built-in one. Names are compared with who sits where, tracks must neither change
their names nor their people, and a name should appear within half a second after its owner's face
is frontal. Ends with one line of JSON.
"""

import argparse
import itertools
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from tqdm import tqdm

from facemotion.core.quality import QualityGates, find_gate, is_frontal
from facemotion.core.types import Decision, FaceResult, Frame
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline
from facemotion.vision.scene_watch import SceneWatch
from facemotion.vision.sources.specs import open_source, path_source
from tests.benchmarks.pack_recognition import enrol
from tests.scene_truth import person_at, shot_at

REPOSITORY = Path(__file__).resolve().parent.parent.parent
CLIP = "scene_multi_person.mp4"
TALL_PX = 80.0
"""Height from which a face counts as frontal at all: of smaller ones the pose is a guess."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in a frame.

    Attributes:
        time_s: Source time.
        shot: Number of the shot.
        person: Who it is, by the place in the picture; None for what is no face.
        track_id: Its track.
        name: Name shown as known, or None.
        is_frontal: Whether it looks into the camera (yaw and pitch up to 20°), is tall enough, and
            passes the gates for reading it: neither cut off by the picture's edge nor blurred.
    """

    time_s: float
    shot: int
    person: str | None
    track_id: int
    name: str | None
    is_frontal: bool


@dataclass(frozen=True, slots=True)
class NameDelay:
    """How long a face that came into a shot went without its name.

    Attributes:
        sighting: The first frontal one.
        delay_s: From there until the name is shown; 0 when it was shown before; None when it is
            not shown in this shot.
        frontal_s: How long the face was frontal at a stretch.
    """

    sighting: Sighting
    delay_s: float | None
    frontal_s: float


def frames_at(clip: Path, rate_hz: float) -> Iterator[Frame]:
    """The clip's frames, so many a second, stamped with their scenes."""
    watch, due = SceneWatch(), 0
    source = open_source(path_source(clip))
    try:
        while (frame := source.read()) is not None:
            stamped = watch.stamp(frame)
            if stamped.time_s >= due / rate_hz - 1e-6:
                due += 1
                yield stamped
    finally:
        source.close()


def sighting_of(face: FaceResult, time_s: float) -> Sighting:
    """What the program says of a face, beside who it is."""
    x1, y1, x2, y2 = (float(value) for value in face.bbox_xyxy)
    is_known = face.identity.decision is Decision.KNOWN
    return Sighting(
        time_s,
        shot_at(time_s),
        person_at(time_s, (x1 + x2) / 2.0, (y1 + y2) / 2.0),
        face.track_id,
        face.identity.name if is_known else None,
        y2 - y1 > TALL_PX
        and is_frontal(face.kps)
        and face.quality is not None
        and find_gate(face.quality, QualityGates()) is None,
    )


def wrong_names(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Those with another person's name."""
    return [seen for seen in sightings if seen.name not in (None, seen.person)]


def renamed_tracks(sightings: Sequence[Sighting]) -> set[int]:
    """Tracks that had more than one name."""
    names: defaultdict[int, set[str]] = defaultdict(set)
    for seen in sightings:
        if seen.name is not None:
            names[seen.track_id].add(seen.name)
    return {track_id for track_id, found in names.items() if len(found) > 1}


def id_switches(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Where, inside a shot, a person's track is another than before, or a track's person is."""
    tracks: dict[tuple[int, str], int] = {}
    people: dict[tuple[int, int], str] = {}
    switches: list[Sighting] = []
    for seen in sightings:
        if seen.person is None:
            continue
        track_id = tracks.setdefault((seen.shot, seen.person), seen.track_id)
        person = people.setdefault((seen.shot, seen.track_id), seen.person)
        if track_id != seen.track_id or person != seen.person:
            switches.append(seen)
        tracks[seen.shot, seen.person] = seen.track_id
        people[seen.shot, seen.track_id] = seen.person
    return switches


def name_delays(sightings: Sequence[Sighting]) -> list[NameDelay]:
    """For every face that is frontal in a shot, how long its name takes."""
    by_face: defaultdict[tuple[int, str], list[Sighting]] = defaultdict(list)
    for seen in sightings:
        if seen.person is not None:
            by_face[seen.shot, seen.person].append(seen)
    delays: list[NameDelay] = []
    for seen in by_face.values():
        first = next((row for row, one in enumerate(seen) if one.is_frontal), None)
        if first is not None:
            delays.append(_name_delay(seen, first))
    return delays


def _name_delay(seen: Sequence[Sighting], first: int) -> NameDelay:
    stretch = list(itertools.takewhile(lambda one: one.is_frontal, seen[first:]))
    frontal_s = stretch[-1].time_s - stretch[0].time_s
    if any(one.name for one in seen[:first]):
        return NameDelay(seen[first], 0.0, frontal_s)
    named = next((one for one in seen[first:] if one.name), None)
    return NameDelay(seen[first], named and named.time_s - seen[first].time_s, frontal_s)


def watch_clip(pack: Path, photos: Sequence[Path], frames: Iterable[Frame]) -> list[Sighting]:
    """Everything that a pack shows of the clip, with the people of the photos enrolled."""
    faces = FaceModels(open_pack(pack))
    pipeline = FacePipeline(faces, None)
    pipeline.set_gallery(enrol(faces, photos))
    return [
        sighting_of(face, frame.time_s)
        for frame in frames
        for face in pipeline.process(frame).faces
    ]


def figures_of(sightings: Sequence[Sighting], needed_s: float) -> dict[str, float | int | None]:
    """The figures of one pack.

    A face that turns away before `needed_s` are over, and has no name by then, says nothing about
    how long a frontal face waits for it. Such faces are counted on their own.
    """
    frontal = [seen for seen in sightings if seen.is_frontal]
    delays = name_delays(sightings)
    waits = [(d.delay_s if d.delay_s is not None else np.inf, d.frontal_s) for d in delays]
    values = [wait for wait, frontal_s in waits if wait <= needed_s or frontal_s >= needed_s]
    return {
        "known": sum(seen.name is not None for seen in sightings),
        "wrong_names": len(wrong_names(sightings)),
        "renamed_tracks": len(renamed_tracks(sightings)),
        "id_switches": len(id_switches(sightings)),
        "frontal_named": round(sum(s.name == s.person for s in frontal) / max(len(frontal), 1), 3),
        "name_delay_median_s": _rounded(values, 50),
        "name_delay_p95_s": _rounded(values, 95),
        "name_delay_worst_s": _rounded(values, 100),
        "frontal_faces": len(values),
        "too_short_to_tell": len(delays) - len(values),
    }


def _rounded(values: Sequence[float], percent: float) -> float | None:
    """A percentile that one of the values really has; None when it is a name never shown."""
    if not values:
        return None
    value = float(np.percentile(values, percent, method="higher"))
    return round(value, 3) if np.isfinite(value) else None


def tell(pack: str, sightings: Sequence[Sighting]) -> None:
    """Every face's wait for its name, and what went wrong, as lines."""
    for delay in name_delays(sightings):
        seen = delay.sighting
        shown = "never" if delay.delay_s is None else f"after {delay.delay_s:.2f} s"
        print(
            f"{pack}: shot {seen.shot + 1}, {seen.person}, frontal from {seen.time_s:.2f} s for "
            f"{delay.frontal_s:.1f} s, named {shown}"
        )
    for title, found in (("name", wrong_names(sightings)), ("track", id_switches(sightings))):
        for seen in found:
            print(
                f"{pack}: {seen.time_s:.2f} s, {seen.person}: {title} {seen.name or ''} "
                f"of track {seen.track_id} is wrong"
            )


def main() -> None:
    """Parse the command line, watch and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scene", description=__doc__)
    shared = Path(os.environ.get("FACEMOTION_SHARED", str(REPOSITORY.parent / "shared")))
    parser.add_argument("--media", type=Path, default=shared / "media")
    parser.add_argument("--pack", type=Path, default=shared / "models" / "scrfd_500m_mobilefacenet")
    parser.add_argument("--other", type=Path, default=REPOSITORY / "models" / "builtin")
    parser.add_argument("--rate", type=float, default=10.0, help="frames a second")
    parser.add_argument("--within", type=float, default=0.5, help="seconds that a name may take")
    args = parser.parse_args()
    photos = sorted((args.media / "people").glob("person_*.png"))
    found: list[dict[str, float | int | None]] = []
    for pack in (args.pack, args.other):
        frames = tqdm(frames_at(args.media / CLIP, args.rate), desc=pack.name, unit="frame")
        sightings = watch_clip(pack, photos, frames)
        tell(pack.name, sightings)
        found.append(figures_of(sightings, args.within))
    print(json.dumps({**found[0], args.other.name: found[1]}))


if __name__ == "__main__":
    main()
