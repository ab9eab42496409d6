"""The part of the doctor's report that is about models and people."""

import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from facemotion.commands.doctor_system import Findings
from facemotion.commands.setup import (
    Setup,
    choose_pack,
    emotion_model_path,
    no_pack_sentence,
    open_emotion,
    open_faces,
)
from facemotion.core.errors import FacemotionError
from facemotion.store.pack_choice import PACK_VARIABLE, named_pack, pack_roots

_RUNS: Final = 5


def providers(setup: Setup, findings: Findings) -> dict[str, Any]:
    """The providers of the installed onnxruntime and the one that is wished for."""
    from facemotion.vision.providers import available_providers

    available = list(available_providers())
    wanted = setup.settings.inference.provider
    if wanted not in available:
        findings.problems.append(
            f"The settings ask for {wanted}, which the installed onnxruntime lacks; the CPU is "
            "used. The README says how to install a GPU build."
        )
    return {"available": available, "in the settings": wanted}


def packs(setup: Setup, findings: Findings) -> dict[str, Any]:
    """The packs found, and the one in use."""
    from facemotion.vision.packs import scan_packs

    found = scan_packs(pack_roots(setup.paths))
    findings.problems.extend(found.problems)
    findings.problems.extend(pack.problem for pack in found.packs if pack.problem)
    named = named_pack(setup.paths, setup.pack_choice, setup.settings.detection.pack)
    report: dict[str, Any] = {
        "named": str(named) if named is not None else f"none (--pack, {PACK_VARIABLE}, settings)",
        "installed": [
            {"name": pack.name, "recogniser": pack.model_id or "none"} for pack in found.packs
        ],
    }
    try:
        pack = choose_pack(setup)
    except FacemotionError as error:
        report["in use"] = "none"
        is_none = named is None and not found.problems
        findings.problems.append(no_pack_sentence(setup.paths) if is_none else str(error))
        return report
    report["in use"] = {
        "name": pack.name,
        "folder": str(pack.folder),
        "detector": pack.detector_path.name,
        "recogniser": pack.model_id or "none",
        "licence": pack.licence or "unknown",
    }
    return report


def emotion_model(findings: Findings) -> str:
    """The emotion model's file."""
    path = emotion_model_path()
    if path is None:
        findings.problems.append(
            "The emotion model is missing from this installation: emotions cannot be read. Install "
            "facemotion again."
        )
        return "missing"
    return f"{path} ({path.stat().st_size / 1e6:.1f} MB)"


def people(setup: Setup, findings: Findings) -> str:
    """How many people are enrolled."""
    try:
        contents = setup.gallery.load()
    except FacemotionError as error:
        findings.problems.append(str(error))
        return "unreadable"
    findings.problems.extend(contents.problems)
    damaged = len(setup.gallery.damaged_entries())
    return f"{len(contents.people)} enrolled, {damaged} damaged entries set aside"


def timed_inference(setup: Setup, findings: Findings) -> dict[str, Any]:
    """How long the models take on the demo picture; the median of a few runs."""
    try:
        return _timed_inference(setup, findings)
    except FacemotionError as error:
        if str(error) not in findings.problems:
            findings.problems.append(str(error))
        return {"result": "not possible"}


def _timed_inference(setup: Setup, findings: Findings) -> dict[str, Any]:
    from facemotion.vision.emotion import cut_crops
    from facemotion.vision.sources.demo import DemoSource

    faces = open_faces(setup, choose_pack(setup), findings.problems.append)
    emotion = open_emotion(setup, findings.problems.append)
    with DemoSource() as source:
        frame = source.read()
    assert frame is not None, "the demo source has no end"
    picture = frame.frame_bgr
    found = faces.detect(picture)
    report: dict[str, Any] = {
        "picture": f"{picture.shape[1]}×{picture.shape[0]}, {len(found)} faces",
        "det_size": setup.settings.detection.det_size,
        "detection": _median_ms(lambda: faces.detect(picture)),
    }
    if faces.pack.recogniser_path is not None and found:
        report["recognition, one face"] = _median_ms(lambda: faces.embed(picture, [found[0].kps]))
    if emotion is not None and found:
        report["emotion, all faces"] = _median_ms(
            lambda: emotion.probs(cut_crops(picture, found, emotion.crop_rule))
        )
    report["runs on"] = {name: got.actual for name, got in faces.providers.items()}
    return report


def _median_ms(work: Callable[[], object]) -> str:
    work()
    times: list[float] = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000.0)
    return f"{statistics.median(times):.1f} ms"
