"""Model packs: folders in InsightFace's layout, looked through before anything is opened."""

import hashlib
import logging
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from facemotion.core.errors import ModelError
from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import PackThresholds
from facemotion.vision.onnx_header import OnnxHeader, read_header
from facemotion.vision.pack_catalogue import KNOWN_MODELS, SFACE_THRESHOLDS, KnownModel

_logger = logging.getLogger(__name__)

DESCRIPTION_FILE: Final = "pack.toml"
REFINER_FILE: Final = "refiner.onnx"
_OTHER_TASK_SIZES: Final = (96, 192)
"""Input sides of InsightFace's age and landmark models, which share a pack with the others."""

_SCRFD_OUTPUTS: Final = (9, 15)
"""Outputs of SCRFD with landmarks: scores, boxes and landmarks at three or five strides."""

_YUNET_OUTPUTS: Final = 12
"""Outputs of YuNet: class, object, box and landmarks at three strides."""

_SFACE_NAME: Final = "face_recognition_sface"


@dataclass(frozen=True, slots=True)
class Pack:
    """A folder with a detection and mostly a recognition model.

    Attributes:
        folder: Where it lies.
        name: As shown to the user.
        model_id: "<recogniser's file stem>-<first 8 of its sha256>", empty without a recogniser;
            embeddings of another model id are never compared.
        detector_path: The detection model.
        recogniser_path: The recognition model, or None.
        embedding_dim: Length D of an embedding; 0 without a recogniser.
        thresholds: Similarities that fit the recogniser.
        licence: Under which terms the models may be used; empty when unknown.
        size_bytes: Size of the files together.
        pack_id: Short name: what `pack.toml` says, or that of the folder.
        is_yunet: Whether the detector is OpenCV's YuNet rather than one of InsightFace.
        is_sface: Whether the recogniser is OpenCV's SFace rather than one of InsightFace.
        speed: "fast", "medium" or "slow", or empty when nobody said.
        accuracy: What was measured or published about recognition; empty for nothing.
        source: Where it comes from; empty when unknown.
        at_1_percent: Similarity that 1 % of strangers reach with one person enrolled, or None when
            it was not measured.
        at_0_1_percent: The same for 0.1 %.
        problem: A sentence when a file is not the one that `pack.toml` describes; else empty.
        refiner_path: A second look at the detector's faces (`second_look.SecondLook`), or None.
    """

    folder: Path
    name: str
    model_id: str
    detector_path: Path
    recogniser_path: Path | None
    embedding_dim: int
    thresholds: PackThresholds
    licence: str = ""
    size_bytes: int = 0
    pack_id: str = ""
    is_yunet: bool = False
    is_sface: bool = False
    speed: str = ""
    accuracy: str = ""
    source: str = ""
    at_1_percent: float | None = None
    at_0_1_percent: float | None = None
    problem: str = ""
    refiner_path: Path | None = None


@dataclass(frozen=True, slots=True)
class FoundPacks:
    """Result of a search.

    Attributes:
        packs: Usable packs, in the order found.
        problems: One sentence for each folder that has models but cannot be used.
    """

    packs: tuple[Pack, ...]
    problems: tuple[str, ...]


def open_pack(folder: Path) -> Pack:
    """Look through a pack's folder.

    Files are told apart by their inputs and outputs, as InsightFace does; of several detectors or
    recognisers the first by name is taken. OpenCV's YuNet and SFace count as well. An optional
    `pack.toml` names the pack, its files and its thresholds (`[thresholds]`, and `[impostors]` with
    the fields of `ImpostorTail`); models known by their SHA-256 bring their own.

    Raises:
        ModelError: The folder is missing, holds no models or no detection model, a model in it is
            damaged, or `pack.toml` cannot be read.
    """
    paths = _model_files(folder)
    headers, damaged = _read_headers(paths)
    detector = next((path for path, header in headers.items() if _is_detector(header)), None)
    recogniser = next((path for path, header in headers.items() if _is_recogniser(header)), None)
    if damaged and (detector is None or recogniser is None):
        raise damaged[0]
    if detector is None:
        raise ModelError(
            f"The pack {folder.name} has no detection model (such as det_10g.onnx or "
            "det_500m.onnx). Choose the folder of a whole InsightFace pack."
        )
    for error in damaged:
        _logger.warning("not needed, but damaged: %s", error)
    dimension = headers[recogniser].outputs[0][-1] if recogniser else 0
    is_yunet = len(headers[detector].outputs) == _YUNET_OUTPUTS
    return _describe(folder, detector, recogniser, dimension or 0, is_yunet=is_yunet)


def find_packs(roots: Iterable[Path]) -> list[Pack]:
    """Usable packs in some folders; see `scan_packs`."""
    return list(scan_packs(roots).packs)


def scan_packs(roots: Iterable[Path]) -> FoundPacks:
    """Look for packs: each root itself and the folders right inside it.

    Args:
        roots: Folders; those that are missing are passed over.
    """
    packs: dict[Path, Pack] = {}
    problems: list[str] = []
    for folder in _candidates(roots):
        try:
            packs.setdefault(folder.resolve(), open_pack(folder))
        except ModelError as error:
            problems.append(str(error))
    return FoundPacks(tuple(packs.values()), tuple(problems))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        ModelError: The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror or error}.") from error


def _candidates(roots: Iterable[Path]) -> list[Path]:
    folders: list[Path] = []
    for root in roots:
        if root.is_dir():
            inside = sorted(path for path in root.iterdir() if path.is_dir())
            folders += [path for path in (root, *inside) if not path.name.startswith(".")]
    return [folder for folder in folders if any(folder.glob("*.onnx"))]


def _model_files(folder: Path) -> list[Path]:
    if folder.is_file():
        raise ModelError(f"{folder.name} is a file, not a pack's folder. Import it instead.")
    if not folder.is_dir():
        raise ModelError(
            f"There is no model pack at {folder}. Choose a folder in InsightFace's layout, such as "
            "buffalo_s or buffalo_l."
        )
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".onnx")
    except OSError as error:
        raise ModelError(f"The pack {folder} cannot be read: {error.strerror}.") from error
    if not paths:
        raise ModelError(
            f"The folder {folder.name or folder} holds no models (.onnx files). Choose the folder "
            "of an InsightFace pack, such as buffalo_s or buffalo_l."
        )
    return paths


def _read_headers(paths: list[Path]) -> tuple[dict[Path, OnnxHeader], list[ModelError]]:
    headers: dict[Path, OnnxHeader] = {}
    damaged: list[ModelError] = []
    for path in paths:
        try:
            headers[path] = read_header(path)
        except ModelError as error:
            damaged.append(error)
    return headers, damaged


def _is_detector(header: OnnxHeader) -> bool:
    shape = header.inputs[0]
    is_known = len(header.outputs) in (*_SCRFD_OUTPUTS, _YUNET_OUTPUTS)
    return is_known and len(shape) == 4 and shape[1] == 3


def _is_recogniser(header: OnnxHeader) -> bool:
    shape = header.inputs[0]
    if len(header.outputs) != 1 or len(shape) != 4 or len(header.outputs[0]) != 2:
        return False
    side = shape[2]
    is_square = side is not None and side == shape[3] and side not in _OTHER_TASK_SIZES
    return is_square and side is not None and side >= 112 and side % 16 == 0


def _describe(
    folder: Path, detector: Path, recogniser: Path | None, dimension: int, *, is_yunet: bool
) -> Pack:
    refiner = folder / REFINER_FILE if (folder / REFINER_FILE).is_file() else None
    files = [path for path in (detector, recogniser, refiner) if path is not None]
    hashes = {path: file_sha256(path) for path in files}
    known = [KNOWN_MODELS[digest] for digest in hashes.values() if digest in KNOWN_MODELS]
    written = _read_description(folder / DESCRIPTION_FILE)
    model_id = f"{recogniser.stem}-{hashes[recogniser][:8]}" if recogniser else ""
    is_sface = recogniser is not None and recogniser.stem.lower().startswith(_SFACE_NAME)
    by_default = SFACE_THRESHOLDS if is_sface else PackThresholds()
    thresholds = _thresholds(written, known, folder, by_default)
    return Pack(
        folder=folder,
        name=str(written.get("name", folder.resolve().name)),
        model_id=model_id,
        detector_path=detector,
        recogniser_path=recogniser,
        embedding_dim=dimension,
        thresholds=thresholds,
        licence=str(written.get("licence", "; ".join(dict.fromkeys(m.licence for m in known)))),
        size_bytes=sum(path.stat().st_size for path in files),
        pack_id=str(written.get("id", folder.resolve().name)),
        is_yunet=is_yunet,
        is_sface=is_sface,
        speed=str(written.get("speed", "")),
        accuracy=str(written.get("accuracy", "")),
        source=str(written.get("source", "")),
        at_1_percent=_reached_by(written, thresholds, 0.01, "false_accepts_1_percent"),
        at_0_1_percent=_reached_by(written, thresholds, 0.001, "false_accepts_0_1_percent"),
        problem=_difference(written, hashes),
        refiner_path=refiner,
    )


def _read_description(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(
            f"{path.name} of the pack {path.parent.name} cannot be read ({error}). Mend or remove "
            "this file."
        ) from error


def _reached_by(
    written: dict[str, Any], thresholds: PackThresholds, rate: float, key: str
) -> float | None:
    """The similarity that this share of strangers reaches with one person enrolled."""
    if thresholds.impostors is not None:
        return thresholds.impostors.similarity_at(rate, 1)
    table = written.get("thresholds")
    value = table.get(key) if isinstance(table, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _difference(written: dict[str, Any], hashes: dict[Path, str]) -> str:
    """A sentence about the first file that is not the one described."""
    listed = written.get("files")
    entries = [entry for entry in listed if isinstance(entry, dict)] if listed else []
    described = {entry.get("name"): entry.get("sha256") for entry in entries}
    for path, digest in hashes.items():
        if described.get(path.name, digest) != digest:
            return (
                f"{path.name} of the pack {path.parent.name} is not the file that its "
                f"{DESCRIPTION_FILE} describes: it was changed or damaged. Install the pack again."
            )
    return ""


def _thresholds(
    written: dict[str, Any], known: list[KnownModel], folder: Path, by_default: PackThresholds
) -> PackThresholds:
    table, tail = written.get("thresholds"), written.get("impostors")
    if table is None and tail is None:
        return next((m.thresholds for m in known if m.thresholds is not None), by_default)
    try:
        impostors = ImpostorTail(**tail) if tail is not None else None
        if table is None:
            return PackThresholds(impostors=impostors)
        match = float(table["match"])
        sizes = tuple((int(size), float(value)) for size, value in table.get("by_gallery_size", ()))
        uncertain = float(table.get("uncertain", match - 0.1))
        return PackThresholds(match, uncertain, sizes, impostors)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"The thresholds in {DESCRIPTION_FILE} of the pack {folder.name} are not valid "
            f"({error}). Mend or remove this file."
        ) from error
