"""What the inference thread is asked to load, and what it says it loaded."""

from dataclasses import dataclass, replace
from pathlib import Path

from facemotion.core.errors import ModelError
from facemotion.core.matching import PackThresholds
from facemotion.core.quality import QualityGates
from facemotion.vision.emotion import load_emotion_model
from facemotion.vision.faces import FaceModels
from facemotion.vision.packs import Pack, open_pack, scan_packs
from facemotion.vision.pipeline import FacePipeline, PipelineParams
from facemotion.vision.providers import SessionProvider


class NoPackError(ModelError):
    """No model pack is installed, so that no face can be found."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Models and how to run them.

    Attributes:
        pack_dir: Folder of the pack wanted, or None for the first one found below the roots.
        pack_roots: Folders to look for packs in.
        emotion_path: The emotion model, or None when there is none.
        provider: Short name of the execution provider wanted ("CPU", "CUDA" …).
        det_size: Side of the detector's input in px.
        det_threshold: Score from which a detection counts.
        threads: Processor threads that one model may use.
        params: Everything the pipeline can be tuned with.
        photo_gates: What a photo must be like to be enrolled.
    """

    pack_dir: Path | None
    pack_roots: tuple[Path, ...]
    emotion_path: Path | None
    provider: str
    det_size: int
    det_threshold: float
    threads: int
    params: PipelineParams
    photo_gates: QualityGates

    def asks_for_same_models(self, other: "ModelRequest") -> bool:
        """Whether the two differ at most in what can be tuned while the models run."""
        like_other = replace(
            self,
            params=other.params,
            photo_gates=other.photo_gates,
            det_threshold=other.det_threshold,
        )
        return like_other == other


@dataclass(frozen=True, slots=True)
class ModelsInfo:
    """What runs now.

    Attributes:
        pack_name: Name of the pack as shown to the user.
        pack_dir: Its folder.
        model_id: Identity of the recogniser, whose embeddings match only their own kind; empty
            when the pack has none.
        embedding_dim: Length of an embedding; 0 without a recogniser.
        thresholds: The pack's, from which a face counts as somebody's.
        emotion_model_id: The emotion model, or None when emotions cannot be read.
        providers: What each session asked for and got, by the session's name.
    """

    pack_name: str
    pack_dir: Path
    model_id: str
    embedding_dim: int
    thresholds: PackThresholds
    emotion_model_id: str | None
    providers: dict[str, SessionProvider]

    @property
    def has_recogniser(self) -> bool:
        """Whether the pack can tell people apart."""
        return bool(self.model_id)


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModels:
    """Models in memory; they belong to the inference thread.

    Attributes:
        faces: Detector and recogniser.
        pipeline: Everything that is done with a frame.
        photo_gates: What a photo must be like to be enrolled.
        info: The same in words, for other threads.
        fallbacks: One sentence for each reason why a session did not get its provider.
    """

    faces: FaceModels
    pipeline: FacePipeline
    photo_gates: QualityGates
    info: ModelsInfo
    fallbacks: tuple[str, ...]

    def tuned(self, request: ModelRequest) -> "LoadedModels":
        """The same models, from now on run as a request says."""
        self.pipeline.set_params(request.params)
        self.faces.det_thresh = request.det_threshold
        return replace(self, photo_gates=request.photo_gates)


def load_models(request: ModelRequest) -> LoadedModels:
    """Load what was asked for; takes a second or two.

    Raises:
        NoPackError: No pack was named and none is installed.
        ModelError: The pack or the emotion model is missing, damaged or of the wrong kind.
    """
    pack = _choose_pack(request)
    faces = FaceModels(
        pack,
        det_size=request.det_size,
        provider=request.provider,
        det_thresh=request.det_threshold,
        threads=request.threads,
    )
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
        pack_dir=pack.folder,
        model_id=pack.model_id,
        embedding_dim=pack.embedding_dim,
        thresholds=pack.thresholds,
        emotion_model_id=emotion.model_id if emotion is not None else None,
        providers=providers,
    )
    fallbacks = tuple(dict.fromkeys(p.message for p in providers.values() if p.message))
    pipeline = FacePipeline(faces, emotion, request.params)
    return LoadedModels(faces, pipeline, request.photo_gates, info, fallbacks)


def _choose_pack(request: ModelRequest) -> Pack:
    if request.pack_dir is not None:
        return open_pack(request.pack_dir)
    found = scan_packs(request.pack_roots)
    if found.packs:
        return found.packs[0]
    if found.problems:
        raise ModelError(" ".join(found.problems))
    raise NoPackError("No model pack is installed.")
