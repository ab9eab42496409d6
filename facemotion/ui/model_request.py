"""What the inference thread is asked to load, and what it says it loaded."""

from dataclasses import dataclass
from pathlib import Path

from facemotion.core.matching import PackThresholds
from facemotion.core.quality import QualityGates
from facemotion.vision.emotion import load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import open_pack
from facemotion.vision.pipeline import FacePipeline, PipelineParams
from facemotion.vision.providers import SessionProvider


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Models and how to run them.

    Attributes:
        pack_dir: Folder of an InsightFace model pack.
        emotion_path: The emotion model, or None when there is none.
        provider: Short name of the execution provider wanted ("CPU", "CUDA" …).
        det_size: Side of the detector's input in px.
        params: Everything the pipeline can be tuned with.
    """

    pack_dir: Path
    emotion_path: Path | None
    provider: str
    det_size: int
    params: PipelineParams


@dataclass(frozen=True, slots=True)
class ModelsInfo:
    """What runs now.

    Attributes:
        pack_name: Name of the pack as shown to the user.
        model_id: Identity of the recogniser, whose embeddings match only their own kind.
        has_recogniser: Whether the pack can tell people apart.
        thresholds: The pack's, from which a face counts as somebody's.
        emotion_model_id: The emotion model, or None when emotions cannot be read.
        providers: What each session asked for and got, by the session's name.
    """

    pack_name: str
    model_id: str
    has_recogniser: bool
    thresholds: PackThresholds
    emotion_model_id: str | None
    providers: dict[str, SessionProvider]


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models in memory; they belong to the inference thread.

    Attributes:
        faces: Detector and recogniser.
        pipeline: Everything that is done with a frame.
        gates: What a photo must fulfil to be enrolled.
        info: The same in words, for other threads.
        fallbacks: One sentence for each session that did not get its provider.
    """

    faces: FaceModels
    pipeline: FacePipeline
    gates: QualityGates
    info: ModelsInfo
    fallbacks: tuple[str, ...]


def load_models(request: ModelRequest) -> LoadedModels:
    """Load what was asked for; takes a second or two.

    Raises:
        ModelError: The pack or the emotion model is missing, damaged or of the wrong kind.
    """
    pack = open_pack(request.pack_dir)
    faces = FaceModels(pack, det_size=request.det_size, provider=request.provider)
    emotion = (
        load_emotion_model(request.emotion_path, request.provider)
        if request.emotion_path is not None
        else None
    )
    providers = dict(faces.providers)
    if emotion is not None:
        providers["emotion"] = emotion.provider
    info = ModelsInfo(
        pack_name=pack.name,
        model_id=pack.model_id,
        has_recogniser=pack.recogniser_path is not None,
        thresholds=pack.thresholds,
        emotion_model_id=emotion.model_id if emotion is not None else None,
        providers=providers,
    )
    fallbacks = tuple(dict.fromkeys(p.message for p in providers.values() if p.message))
    pipeline = FacePipeline(faces, emotion, request.params)
    return LoadedModels(faces, pipeline, request.params.gates, info, fallbacks)
