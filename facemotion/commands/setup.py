"""What every command starts from: folders, settings, gallery and models."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facemotion.commands.console import Console
from facemotion.core.errors import ModelError
from facemotion.store.gallery import GalleryStore
from facemotion.store.pack_choice import named_pack, pack_roots
from facemotion.store.paths import AppPaths, model_path
from facemotion.store.settings import Settings, load_settings

if TYPE_CHECKING:
    from facemotion.analysis.equipment import Equipment
    from facemotion.vision.emotion import EmotionClassifier
    from facemotion.vision.faces import FaceModels
    from facemotion.vision.packs import Pack

EMOTION_MODEL = "emotion.onnx"


@dataclass(frozen=True, slots=True)
class Setup:
    """The ground a command stands on.

    Attributes:
        paths: The user's folders.
        settings: The user's settings.
        gallery: The people, in `--gallery` or the user's own gallery.
        pack_choice: What `--pack` says; empty for nothing.
    """

    paths: AppPaths
    settings: Settings
    gallery: GalleryStore
    pack_choice: str = ""


def read_setup(options: argparse.Namespace, console: Console) -> Setup:
    """Read the settings and note what is wrong with them."""
    paths = AppPaths.default()
    settings, problems = load_settings(paths.settings_file)
    for problem in problems:
        console.note(problem)
    folder = getattr(options, "gallery", None)
    gallery = GalleryStore(Path(folder).expanduser() if folder else paths.gallery_dir)
    return Setup(paths, settings, gallery, getattr(options, "pack", None) or "")


def choose_pack(setup: Setup) -> "Pack":
    """The pack that was named, or the one that comes with the program.

    Raises:
        ModelError: There is none, or the one named cannot be used.
    """
    from facemotion.vision.packs import open_pack, scan_packs

    folder = named_pack(setup.paths, setup.pack_choice, setup.settings.detection.pack)
    if folder is not None:
        return open_pack(folder)
    found = scan_packs(pack_roots(setup.paths))
    if not found.packs:
        raise ModelError(" ".join([no_pack_sentence(setup.paths), *found.problems]))
    return found.packs[0]


def no_pack_sentence(paths: AppPaths) -> str:
    """What to do when there is no pack."""
    return (
        "No model pack is installed, and without one no face can be found. Get one with "
        "“facemotion packs download buffalo_sc” (for non-commercial research) or “facemotion packs "
        "download yunet_sface”, import a folder or zip with “facemotion packs import PATH”, or "
        f"name one with --pack or FACEMOTION_PACK. Packs are kept in {paths.packs_dir}."
    )


def open_faces(setup: Setup, pack: "Pack", note: Callable[[str], None]) -> "FaceModels":
    """The detection and recognition models; a fallback to another provider is noted.

    Raises:
        ModelError: A model cannot be opened.
    """
    from facemotion.vision.faces import FaceModels

    faces = FaceModels(
        pack,
        det_size=setup.settings.detection.det_size,
        provider=setup.settings.inference.provider,
        det_thresh=setup.settings.detection.det_threshold,
        threads=setup.settings.inference.intra_op_threads,
    )
    for message in sorted({got.message for got in faces.providers.values() if got.message}):
        note(message)
    return faces


def emotion_model_path() -> Path | None:
    """The emotion model that comes with the program, or None when it is missing."""
    try:
        return model_path(EMOTION_MODEL)
    except FileNotFoundError:
        return None


def without_neutral_faces(setup: Setup) -> Setup:
    """The same ground, on which nobody's neutral face corrects anything."""
    baseline = replace(setup.settings.baseline, is_used=False)
    return replace(setup, settings=replace(setup.settings, baseline=baseline))


def analysis_equipment(setup: Setup) -> "Equipment":
    """What an analysis works with, chosen but not opened.

    Raises:
        ModelError: There is no pack, or the one named cannot be used.
    """
    from facemotion.analysis.equipment import Equipment

    return Equipment(
        choose_pack(setup).folder, emotion_model_path(), setup.gallery.folder, setup.settings
    )


def open_emotion(setup: Setup, note: Callable[[str], None]) -> "EmotionClassifier | None":
    """The emotion model, or None with a note when it is missing.

    Raises:
        ModelError: It is damaged.
    """
    from facemotion.vision.emotion import load_emotion_model

    path = emotion_model_path()
    if path is None:
        note("The emotion model is missing: faces are found, but emotions are not read.")
        return None
    model = load_emotion_model(path, setup.settings.inference.provider)
    if model.provider.message:
        note(model.provider.message)
    return model
