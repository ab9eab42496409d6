"""What an analysis works with besides its input: models, people and settings, named and opened."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facemotion.analysis.tuning import pipeline_params
from facemotion.core.baseline import NeutralBaseline
from facemotion.store.baselines import BaselineStore, encode_baseline
from facemotion.store.gallery import GalleryStore
from facemotion.store.gallery_contents import GalleryContents
from facemotion.store.settings import Settings
from facemotion.vision.emotion import EmotionClassifier, load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import Pack, file_sha256, open_pack
from facemotion.vision.pipeline import FacePipeline

NO_EMOTIONS = "The emotion model is missing: faces are found, but emotions are not read."


@dataclass(frozen=True, slots=True)
class Equipment:
    """What an analysis works with, small enough to be sent to another process.

    Attributes:
        pack_dir: Folder of the model pack.
        emotion_path: The emotion model, or None when it is missing.
        gallery_dir: The enrolled people.
        settings: How faces are found, recognised and read.
    """

    pack_dir: Path
    emotion_path: Path | None
    gallery_dir: Path
    settings: Settings


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """Opened equipment; belongs to the thread that opened it.

    Attributes:
        pipeline: Everything that is done with a frame.
        context: What the summary says about models and settings.
        fingerprint: Changes with everything that may change a result: models, people, settings.
        notes: Sentences about what is not as it was asked for.
    """

    pipeline: FacePipeline
    context: Mapping[str, Any]
    fingerprint: str
    notes: tuple[str, ...]


def open_tools(equipment: Equipment) -> Tools:
    """Open models and people; takes a second or two.

    Raises:
        ModelError: The pack or the emotion model is missing or damaged.
        GalleryError: The people cannot be read.
    """
    settings, inference = equipment.settings, equipment.settings.inference
    pack = open_pack(equipment.pack_dir)
    faces = FaceModels(
        pack,
        det_size=settings.detection.det_size,
        provider=inference.provider,
        det_thresh=settings.detection.det_threshold,
        threads=inference.intra_op_threads,
    )
    emotion = _open_emotion(equipment)
    contents = GalleryStore(equipment.gallery_dir).load()
    pipeline = FacePipeline(faces, emotion, pipeline_params(settings))
    pipeline.set_gallery(contents.index(pack.model_id))
    pipeline.baselines.set_people(BaselineStore(equipment.gallery_dir).load())
    context = {
        "models": _models(pack, faces, emotion),
        "settings": _settings(settings),
        "neutral_faces": _neutral_faces(pipeline, contents),
    }
    notes = [*_fallbacks(faces, emotion), *_people_notes(contents, pack.model_id)]
    fingerprint = _fingerprint(equipment, pack, context, contents, pipeline.baselines.people)
    return Tools(pipeline, context, fingerprint, tuple(notes))


def _open_emotion(equipment: Equipment) -> EmotionClassifier | None:
    if equipment.emotion_path is None:
        return None
    return load_emotion_model(equipment.emotion_path, equipment.settings.inference.provider)


def _models(pack: Pack, faces: FaceModels, emotion: EmotionClassifier | None) -> dict[str, Any]:
    providers = {name: got.actual for name, got in faces.providers.items()}
    if emotion is not None:
        providers["emotion"] = emotion.provider.actual
    return {
        "pack": pack.name,
        "recogniser": pack.model_id or None,
        "emotion": emotion.model_id if emotion is not None else None,
        "providers": providers,
    }


def _settings(settings: Settings) -> dict[str, Any]:
    """The settings that shape the result."""
    groups = ("detection", "quality", "matching", "tracking", "smoothing", "baseline")
    return {name: dataclasses.asdict(getattr(settings, name)) for name in groups}


def _neutral_faces(pipeline: FacePipeline, contents: GalleryContents) -> list[str]:
    """Names of the people whose smoothed probabilities are corrected by their neutral faces."""
    corrected = pipeline.baselines.people if pipeline.baselines.is_used else {}
    return [person.name for person in contents.people if person.person_id in corrected]


def _fallbacks(faces: FaceModels, emotion: EmotionClassifier | None) -> list[str]:
    providers = [*faces.providers.values(), *([emotion.provider] if emotion else [])]
    notes = list(dict.fromkeys(got.message for got in providers if got.message))
    return notes if emotion is not None else [*notes, NO_EMOTIONS]


def _people_notes(contents: GalleryContents, model_id: str) -> list[str]:
    notes = list(contents.problems)
    others = contents.other_model_people(model_id)
    if others:
        notes.append(
            f"{len(others)} people were enrolled with another pack and cannot be recognised: "
            f"{', '.join(person.name for person in others[:5])}. Enrol them again with this one."
        )
    return notes


def _fingerprint(
    equipment: Equipment,
    pack: Pack,
    context: Mapping[str, Any],
    contents: GalleryContents,
    baselines: Mapping[str, NeutralBaseline],
) -> str:
    """SHA-256 over the models' files, the settings, and everybody who can be recognised."""
    digest = hashlib.sha256()
    paths = (pack.detector_path, pack.recogniser_path, equipment.emotion_path)
    files = [file_sha256(path) if path is not None else "" for path in paths]
    inference = equipment.settings.inference
    running = (inference.intra_op_threads, inference.reembed_interval_s)
    digest.update(repr((files, context, running)).encode())
    for person in contents.people:
        if person.model_id == pack.model_id:
            digest.update(repr(person).encode())
            digest.update(contents.embeddings[person.person_id].tobytes())
            if person.person_id in baselines:
                digest.update(encode_baseline(baselines[person.person_id]))
    return digest.hexdigest()
