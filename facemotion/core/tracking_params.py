"""How faces are followed, as the user may set it."""

from dataclasses import dataclass

from facemotion.core.parameters import check_parameters, parameter


@dataclass(frozen=True, slots=True)
class TrackingParams:
    """How faces are followed.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    min_iou: float = parameter(
        0.20,
        "Least overlap",
        "Overlap with the predicted box from which a face belongs to a track.",
        minimum=0.0,
        maximum=1.0,
    )
    max_shift: float = parameter(
        0.80,
        "Largest step",
        "How far a face may be from its predicted place, in face sizes.",
        minimum=0.0,
        maximum=5.0,
    )
    max_size_ratio: float = parameter(
        1.80,
        "Largest change of size",
        "How many times larger or smaller a face may have become.",
        minimum=1.0,
        maximum=10.0,
    )
    confirm_s: float = parameter(
        0.15,
        "Time to confirm",
        "How long a new face must be seen before its track is confirmed.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    tentative_memory_s: float = parameter(
        0.25,
        "Memory for new faces",
        "How long an unconfirmed face may be out of sight.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    lost_after_s: float = parameter(
        0.30,
        "Time to lose",
        "How long a face may be out of sight before its track is lost.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    position_memory_s: float = parameter(
        5.0,
        "Memory for places",
        "How long a lost face that comes back at the same place keeps its track.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    reid_memory_s: float = parameter(
        120.0,
        "Memory for faces",
        "How long a lost face that comes back anywhere gets its track back.",
        unit="s",
        minimum=0.0,
        maximum=3600.0,
    )
    reid_threshold: float = parameter(
        0.45,
        "Likeness to get a track back",
        "Cosine similarity with a lost track from which a new face takes it over.",
        minimum=-1.0,
        maximum=1.0,
    )
    split_similarity: float = parameter(
        0.15,
        "Likeness to lose a track",
        "Cosine similarity below which a face no longer fits the track it stands in.",
        minimum=-1.0,
        maximum=1.0,
    )
    doubt_cost: float = parameter(
        0.55,
        "Cost of a doubtful step",
        "From 0 (same place) to 1: above it a track asks for an embedding to be sure.",
        minimum=0.0,
        maximum=1.0,
    )
    reid_tries: int = parameter(
        3,
        "Tries to get a track back",
        "How many of its first embeddings a new face may use to find its lost track.",
        minimum=1,
        maximum=100,
    )

    def __post_init__(self) -> None:
        check_parameters(self)
