"""Everything about the pipeline that can be changed while it runs."""

from dataclasses import dataclass, field

from facemotion.core.matching import MatchingParams
from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.quality import QualityGates
from facemotion.core.smoothing import SmoothingParams
from facemotion.core.tracking import TrackingParams


@dataclass(frozen=True, slots=True)
class PipelineParams:
    """Everything about the pipeline that can be changed while it runs.

    Attributes:
        gates: What a face must fulfil before its emotion is read.
        smoothing: How steady the emotion is.
        matching: How sure a name must be.
        tracking: How faces are followed.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    gates: QualityGates = field(default_factory=QualityGates)
    smoothing: SmoothingParams = field(default_factory=SmoothingParams)
    matching: MatchingParams = field(default_factory=MatchingParams)
    tracking: TrackingParams = field(default_factory=TrackingParams)
    is_baseline_used: bool = parameter(
        True,
        "Use neutral faces",
        "Readings of people whose neutral face is known are corrected by it.",
    )
    max_faces: int = parameter(
        10, "Most faces", "Only so many faces are followed, the largest.", minimum=1, maximum=100
    )
    detection_interval_s: float = parameter(
        0.3,
        "Time between detections",
        "In between, faces are carried along by their motion, which is quicker; 0 finds them anew "
        "in every picture.",
        unit="s",
        minimum=0.0,
        maximum=2.0,
    )
    thorough_interval_s: float = parameter(
        1.0,
        "Time between thorough looks",
        "While all faces are large, frames in between are looked through coarsely, which is quick.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    reembed_interval_s: float = parameter(
        1.0,
        "Time between recognitions",
        "After this time a face is recognised anew.",
        unit="s",
        minimum=0.05,
        maximum=60.0,
    )
    min_embedding_quality: float = parameter(
        0.12,
        "Least quality for recognition",
        "Faces that are smaller, more turned or more blurred than this are not recognised.",
        minimum=0.0,
        maximum=1.0,
    )
    min_quality_gain: float = parameter(
        1.25,
        "Gain for an early recognition",
        "How many times better than ever a face must be seen to be recognised anew at once.",
        minimum=1.0,
        maximum=10.0,
    )
    early_embeddings: int = parameter(
        3,
        "Recognitions at the start",
        "So many times a new face is recognised at short intervals, until its name is sure.",
        minimum=1,
        maximum=30,
    )
    early_interval_s: float = parameter(
        0.2,
        "Time between recognitions at the start",
        "Shortest time between two recognitions of a face whose track is already named.",
        unit="s",
        minimum=0.0,
        maximum=10.0,
    )
    max_refreshed_faces: int = parameter(
        3,
        "Most recognitions renewed at once",
        "In one frame only so many known faces are recognised anew; new faces always are.",
        minimum=1,
        maximum=100,
    )

    def __post_init__(self) -> None:
        check_parameters(self)
