"""Limits and margins of recognition, as the user may set them."""

from dataclasses import dataclass

from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.thresholds import PackThresholds


@dataclass(frozen=True, slots=True)
class MatchingParams:
    """How sure a name must be.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    is_threshold_from_pack: bool = parameter(
        True,
        "Threshold from the pack",
        "Uses what was measured for the model pack; the threshold grows with the number of people.",
    )
    false_accept_percent: float = parameter(
        1.0,
        "Strangers taken for somebody",
        "Stricter is lower: so many of a hundred strangers may be taken for somebody enrolled. The "
        "threshold follows from it, from the pack and from the number of people.",
        unit="%",
        minimum=0.001,
        maximum=20.0,
    )
    match_threshold: float = parameter(
        0.40,
        "Match threshold",
        "Cosine similarity from which a face is known, when it does not come from the pack.",
        minimum=-1.0,
        maximum=1.0,
    )
    uncertain_margin: float = parameter(
        0.10,
        "Uncertain margin",
        "How far below the threshold a face is still uncertain, when the pack does not say.",
        minimum=0.0,
        maximum=1.0,
    )
    unknown_cutoff_percent: float = parameter(
        30.0,
        "Unknown below",
        "Shown percentage below which a face is unknown.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    hysteresis: float = parameter(
        0.03,
        "Hysteresis",
        "How far the similarity must fall below a limit before the answer steps down.",
        minimum=0.0,
        maximum=0.5,
    )
    runner_up_margin: float = parameter(
        0.03,
        "Lead over the second",
        "Lead over the second-best person that a known face needs.",
        minimum=0.0,
        maximum=1.0,
    )
    switch_margin: float = parameter(
        0.05,
        "Lead to change a name",
        "Lead that another person needs before a track changes its name.",
        minimum=0.0,
        maximum=1.0,
    )
    min_evidence: float = parameter(
        0.15,
        "Least evidence",
        "Sum of embedding qualities that a track needs before it is known.",
        minimum=0.0,
        maximum=10.0,
    )

    def __post_init__(self) -> None:
        check_parameters(self)

    def threshold_for(
        self, thresholds: PackThresholds, people: int, embeddings: int | None = None
    ) -> float:
        """Similarity from which a face is known.

        Args:
            thresholds: Of the model pack.
            people: People enrolled.
            embeddings: Embeddings of all of them together; as many as people, when not given.
        """
        if not self.is_threshold_from_pack:
            return self.match_threshold
        each = 1.0 if embeddings is None else embeddings / max(people, 1)
        return thresholds.threshold_for(people, self.false_accept_percent / 100.0, each)
