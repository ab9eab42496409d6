"""Models and packs that we know: where they come from, their terms, and what fits them.

Of the hashes below, those of `det_500m.onnx`, of the 128-d MobileFaceNet and of YuNet were taken
from files at hand. The others are the publishers' (git-lfs pointers of OpenCV's zoo) or agree among
several public projects that fetched the same release; a file with another hash is refused.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import PackThresholds

RESEARCH_ONLY: Final = "InsightFace model: non-commercial research only"
BUILTIN_ID: Final = "builtin"


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms under which a pack may be used.

    Attributes:
        licence_id: Short name.
        title: One line for lists.
        text: What a user reads and accepts before a download.
        url: Where the terms stand in full.
        is_commercial_use_allowed: Whether they allow commercial use.
    """

    licence_id: str
    title: str
    text: str
    url: str
    is_commercial_use_allowed: bool

    @property
    def key(self) -> str:
        """What is stored when the licence is accepted; it changes when the text does."""
        return f"{self.licence_id}-{hashlib.sha256(self.text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file of a pack.

    Attributes:
        name: File name.
        sha256: In hex.
        size_bytes: Its size.
    """

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be downloaded.

    Attributes:
        name: File name.
        urls: Where it lies; the next one is asked when one does not have it.
        sha256: In hex.
        size_bytes: Its size.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PackDescription:
    """A pack that can be downloaded.

    Attributes:
        pack_id: Short name, which is that of its folder too.
        title: A few words for the user.
        summary: For whom it is, in a sentence.
        files: What is installed.
        downloads: What is fetched: a zip, or the files themselves.
        is_zip: Whether the download is a zip.
        detector_side_px: Side of the picture that the detector was made for; any size works.
        recogniser_side_px: Side of an aligned face.
        embedding_dim: Length D of an embedding.
        thresholds: Similarities that fit the recogniser.
        speed: "fast", "medium" or "slow".
        accuracy: Recognition as published; empty when nothing is.
        licence: Its terms.
        source: Who publishes it.
    """

    pack_id: str
    title: str
    summary: str
    files: tuple[ModelFile, ...]
    downloads: tuple[RemoteFile, ...]
    is_zip: bool
    detector_side_px: int
    recogniser_side_px: int
    embedding_dim: int
    thresholds: PackThresholds
    speed: str
    accuracy: str
    licence: Licence
    source: str

    @property
    def download_bytes(self) -> int:
        """What has to be fetched."""
        return sum(remote.size_bytes for remote in self.downloads)

    @property
    def installed_bytes(self) -> int:
        """What it takes on disk."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known about one model file.

    Attributes:
        title: A few words for the user.
        licence: Under which terms it may be used.
        thresholds: Of a recognition model, when they were measured or published.
    """

    title: str
    licence: str
    thresholds: PackThresholds | None = None


INSIGHTFACE_LICENCE: Final = Licence(
    "insightface-research",
    RESEARCH_ONLY,
    "InsightFace publishes these models for non-commercial research only. They must not be used "
    "in a product, a paid service or any other commercial work; InsightFace sells licences for "
    "that (https://www.insightface.ai). They were trained on pictures of people from the "
    "web, and err more often for some groups of people than for others.",
    "https://github.com/deepinsight/insightface#license",
    is_commercial_use_allowed=False,
)
OPENCV_LICENCE: Final = Licence(
    "opencv-mit-apache",
    "YuNet: MIT; SFace: Apache 2.0; commercial use allowed",
    "YuNet is published under the MIT licence and SFace under the Apache licence 2.0; both allow "
    "commercial use as long as their notices are kept. The licences cover the models; the pictures "
    "that they were trained on (WIDER FACE and others) have terms of their own. The models err "
    "more often for some groups of people than for others.",
    "https://github.com/opencv/opencv_zoo",
    is_commercial_use_allowed=True,
)

_DET_500M: Final = ModelFile(
    "det_500m.onnx", "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a", 2_524_817
)
_DET_10G: Final = ModelFile(
    "det_10g.onnx", "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91", 16_923_827
)
_MBF: Final = ModelFile(
    "w600k_mbf.onnx", "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f", 13_616_099
)
_R50: Final = ModelFile(
    "w600k_r50.onnx",
    "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
    174_383_860,
)
_YUNET: Final = ModelFile(
    "face_detection_yunet_2026may.onnx",
    "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
    229_738,
)
_SFACE: Final = ModelFile(
    "face_recognition_sface_2021dec.onnx",
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    38_696_353,
)

_INSIGHTFACE_RELEASES: Final = "https://github.com/deepinsight/insightface/releases/download"
_OPENCV_ZOO: Final = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/"
    "47534e27c9851bb1128ccc0102f1145e27f23f98/models"
)

# The impostors of these two were never measured here, for want of the files: the original design's
# threshold stands for every gallery.
_ARCFACE_THRESHOLDS: Final = PackThresholds(0.40, 0.30)
# https://docs.opencv.org/4.x/d0/dd4/tutorial_dnn_face.html
SFACE_THRESHOLDS: Final = PackThresholds(0.363, 0.263)


def _insightface_zip(pack_id: str, sha256: str, size_bytes: int) -> tuple[RemoteFile, ...]:
    """The release `model-zoo`, as insightface's package names it; `v0.7` holds the same files."""
    name = f"{pack_id}.zip"
    urls = tuple(f"{_INSIGHTFACE_RELEASES}/{tag}/{name}" for tag in ("model-zoo", "v0.7"))
    return (RemoteFile(name, urls, sha256, size_bytes),)


def _from_zoo(folder: str, file: ModelFile) -> RemoteFile:
    url = f"{_OPENCV_ZOO}/{folder}/{file.name}"
    return RemoteFile(file.name, (url,), file.sha256, file.size_bytes)


BUFFALO_SC: Final = PackDescription(
    pack_id="buffalo_sc",
    title="InsightFace buffalo_sc",
    summary="Small and fast, with the models of buffalo_s: the one to begin with.",
    files=(_DET_500M, _MBF),
    downloads=_insightface_zip(
        "buffalo_sc",
        "57d31b56b6ffa911c8a73cfc1707c73cab76efe7f13b675a05223bf42de47c72",
        14_969_382,
    ),
    is_zip=True,
    detector_side_px=640,
    recogniser_side_px=112,
    embedding_dim=512,
    thresholds=_ARCFACE_THRESHOLDS,
    speed="fast",
    accuracy="LFW 99.70 % (InsightFace)",
    licence=INSIGHTFACE_LICENCE,
    source="InsightFace",
)
BUFFALO_S: Final = PackDescription(
    pack_id="buffalo_s",
    title="InsightFace buffalo_s",
    summary="Finds and names faces exactly as buffalo_sc does; a larger download, because models "
    "for other tasks come along, which are not kept.",
    files=(_DET_500M, _MBF),
    downloads=_insightface_zip(
        "buffalo_s",
        "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e",
        127_607_557,
    ),
    is_zip=True,
    detector_side_px=640,
    recogniser_side_px=112,
    embedding_dim=512,
    thresholds=_ARCFACE_THRESHOLDS,
    speed="fast",
    accuracy="LFW 99.70 % (InsightFace)",
    licence=INSIGHTFACE_LICENCE,
    source="InsightFace",
)
BUFFALO_L: Final = PackDescription(
    pack_id="buffalo_l",
    title="InsightFace buffalo_l",
    summary="The most accurate; for many people or difficult pictures, and a fast machine.",
    files=(_DET_10G, _R50),
    downloads=_insightface_zip(
        "buffalo_l",
        "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
        288_621_354,
    ),
    is_zip=True,
    detector_side_px=640,
    recogniser_side_px=112,
    embedding_dim=512,
    thresholds=_ARCFACE_THRESHOLDS,
    speed="slow",
    accuracy="LFW 99.83 % (InsightFace)",
    licence=INSIGHTFACE_LICENCE,
    source="InsightFace",
)
YUNET_SFACE: Final = PackDescription(
    pack_id="yunet_sface",
    title="OpenCV YuNet + SFace",
    summary="The one for commercial use.",
    files=(_YUNET, _SFACE),
    downloads=(
        _from_zoo("face_detection_yunet", _YUNET),
        _from_zoo("face_recognition_sface", _SFACE),
    ),
    is_zip=False,
    detector_side_px=640,
    recogniser_side_px=112,
    embedding_dim=128,
    thresholds=SFACE_THRESHOLDS,
    speed="medium",
    accuracy="LFW 99.60 % (OpenCV)",
    licence=OPENCV_LICENCE,
    source="OpenCV's model zoo",
)

CATALOGUE: Final = (BUFFALO_SC, BUFFALO_S, BUFFALO_L, YUNET_SFACE)
"""The packs that can be downloaded."""

KNOWN_MODELS: Final = {
    _DET_500M.sha256: KnownModel("SCRFD 500M (buffalo_s)", RESEARCH_ONLY),
    _DET_10G.sha256: KnownModel("SCRFD 10G (buffalo_l)", RESEARCH_ONLY),
    _MBF.sha256: KnownModel(
        "MobileFaceNet WebFace600K (buffalo_s)", RESEARCH_ONLY, _ARCFACE_THRESHOLDS
    ),
    _R50.sha256: KnownModel(
        "ResNet-50 WebFace600K (buffalo_l)", RESEARCH_ONLY, _ARCFACE_THRESHOLDS
    ),
    _YUNET.sha256: KnownModel("YuNet", "OpenCV model: MIT licence"),
    _SFACE.sha256: KnownModel("SFace", "OpenCV model: Apache licence 2.0", SFACE_THRESHOLDS),
    # Measured on LFW's development folds with `python -m tests.benchmarks.recognition`.
    "e72a5710cce378dc46472b6b845cb90647634f2738d8c3e581735cf195b9866f": KnownModel(
        "MobileFaceNet (128-d)",
        "No licence stated: for tests only",
        PackThresholds(
            0.26,
            0.19,
            impostors=ImpostorTail(
                location=-0.0032, scale=0.112, skew=0.0001, crowding=0.9988, photos=0.4203
            ),
        ),
    ),
}
"""Known models by the SHA-256 of their file."""
