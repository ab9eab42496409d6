"""Models that we know by their SHA-256: where they come from and which thresholds fit them."""

from dataclasses import dataclass
from typing import Final

from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import PackThresholds

RESEARCH_ONLY: Final = "InsightFace model: non-commercial research only"


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


KNOWN_MODELS: Final = {
    "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a": KnownModel(
        "SCRFD 500M (buffalo_s)", RESEARCH_ONLY
    ),
    "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91": KnownModel(
        "SCRFD 10G (buffalo_l)", RESEARCH_ONLY
    ),
    "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f": KnownModel(
        "MobileFaceNet WebFace600K (buffalo_s)", RESEARCH_ONLY, PackThresholds(0.40, 0.30)
    ),
    "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43": KnownModel(
        "ResNet-50 WebFace600K (buffalo_l)", RESEARCH_ONLY, PackThresholds(0.40, 0.30)
    ),
    # Measured on LFW's development folds with `python -m tests.benchmarks.recognition`.
    "e72a5710cce378dc46472b6b845cb90647634f2738d8c3e581735cf195b9866f": KnownModel(
        "MobileFaceNet (128-d)",
        "No licence stated: for tests only",
        PackThresholds(
            0.26,
            0.19,
            impostors=ImpostorTail(
                location=-0.0033, scale=0.1117, skew=0.0001, crowding=0.9985, photos=0.4348
            ),
        ),
    ),
}
"""Known models by the SHA-256 of their file."""
