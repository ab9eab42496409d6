"""How strongly the emotion of a track is steadied: parameters and presets."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facemotion.core.parameters import check_parameters, parameter
from facemotion.core.prediction_buffer import AGG_METHODS


@dataclass(frozen=True, slots=True)
class SmoothingParams:
    """How strongly the emotion of a track is steadied.

    Raises:
        ValueError: A value is of the wrong type or out of range.
    """

    is_adaptive: bool = parameter(
        False,
        "Adaptive",
        "Gathers evidence for another emotion instead of the buffer, mean and steady word below.",
    )
    adaptive_doubt: float = parameter(
        0.15,
        "Adaptive: doubt",
        "Lead, as a logarithm of probabilities, from which another emotion counts at all.",
        minimum=0.0,
        maximum=3.0,
    )
    adaptive_needed_s: float = parameter(
        0.30,
        "Adaptive: evidence",
        "How long a lead of one beyond the doubt must last before the emotion changes.",
        unit="s",
        minimum=0.02,
        maximum=10.0,
    )
    adaptive_memory_s: float = parameter(
        0.25,
        "Adaptive: memory",
        "Time constant of the probabilities shown.",
        unit="s",
        minimum=0.01,
        maximum=10.0,
    )
    is_buffer_enabled: bool = parameter(
        True, "Buffer", "Merges the last few readings before anything else."
    )
    buffer_size: int = parameter(
        3, "Buffer size", "How many readings the buffer holds.", minimum=1, maximum=30
    )
    agg_method: str = parameter(
        "mean",
        "Merging",
        "How the readings in the buffer become one.",
        choices=tuple(AGG_METHODS),
    )
    snap_gap_threshold: float = parameter(
        0.35,
        "Snap gap",
        "With at least this lead of the likeliest emotion only the two newest readings count.",
        minimum=0.0,
        maximum=1.0,
    )
    transition_gap_threshold: float = parameter(
        0.10,
        "Transition gap",
        "With at least this lead the newer half of the buffer counts; below it, all of its span.",
        minimum=0.0,
        maximum=1.0,
    )
    is_ema_enabled: bool = parameter(
        True, "Moving mean", "Follows the readings with an exponential moving mean."
    )
    ema_alpha: float = parameter(
        0.5,
        "Base weight",
        "Weight of a new reading in the moving mean, before it is adapted.",
        minimum=0.01,
        maximum=1.0,
    )
    ema_gap_threshold: float = parameter(
        0.20,
        "Clear reading",
        "Lead of the likeliest emotion from which a reading weighs more instead of less.",
        minimum=0.0,
        maximum=1.0,
    )
    ema_max_alpha: float = parameter(
        0.9, "Highest weight", "Upper limit of the adapted weight.", minimum=0.01, maximum=1.0
    )
    ema_min_alpha: float = parameter(
        0.1, "Lowest weight", "Lower limit of the adapted weight.", minimum=0.01, maximum=1.0
    )
    is_state_machine_enabled: bool = parameter(
        True, "Steady word", "Changes the shown emotion only after several agreeing readings."
    )
    min_streak_to_switch: int = parameter(
        3,
        "Readings to switch",
        "How many readings in a row must agree before the shown emotion changes.",
        minimum=1,
        maximum=30,
    )
    strong_new_gap: float = parameter(
        0.35,
        "Strong lead",
        "Lead of a new emotion from which it is shown at once.",
        minimum=0.0,
        maximum=1.0,
    )
    snap_on_strong_new: bool = parameter(
        True, "Show strong changes at once", "Lets a new emotion with a strong lead skip the wait."
    )
    min_confidence: float = parameter(
        0.30,
        "Least probability",
        "Below this probability the shown emotion stays as it is.",
        minimum=0.0,
        maximum=1.0,
    )
    is_gap_filter_enabled: bool = parameter(
        False, "Ignore ambiguous readings", "Leaves readings with hardly any lead out of account."
    )
    min_gap: float = parameter(
        0.03,
        "Least lead",
        "Lead below which a reading is ambiguous.",
        minimum=0.0,
        maximum=1.0,
    )
    switch_min_gap: float = parameter(
        0.08,
        "Least lead to switch",
        "Lead that a reading needs to replace the shown emotion.",
        minimum=0.0,
        maximum=1.0,
    )
    hold_s: float = parameter(
        3.0,
        "Keep without a reading",
        "How long the last emotion stays while the face cannot be read.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    )
    nominal_interval_s: float = parameter(
        0.10,
        "Nominal interval",
        "Time between readings for which the other values are meant.",
        unit="s",
        minimum=0.01,
        maximum=1.0,
    )
    is_rate_corrected: bool = parameter(
        True, "Correct for the rate", "Makes slow and fast machines react after the same time."
    )

    def __post_init__(self) -> None:
        check_parameters(self)
        if self.ema_min_alpha > self.ema_max_alpha:
            raise ValueError(
                f"ema_min_alpha ({self.ema_min_alpha}) must not be above "
                f"ema_max_alpha ({self.ema_max_alpha})"
            )
        if self.transition_gap_threshold > self.snap_gap_threshold:
            raise ValueError(
                f"transition_gap_threshold ({self.transition_gap_threshold}) must not be above "
                f"snap_gap_threshold ({self.snap_gap_threshold})"
            )

    @property
    def slot_s(self) -> float:
        """Nominal interval (s), or 0 when updates are counted instead of timed."""
        return self.nominal_interval_s if self.is_rate_corrected else 0.0


PRESETS: Final[Mapping[str, SmoothingParams]] = MappingProxyType(
    {
        "Adaptive": SmoothingParams(is_adaptive=True),
        "FER2013": SmoothingParams(),
        "FER+": SmoothingParams(min_streak_to_switch=2, is_gap_filter_enabled=False),
        "Steady": SmoothingParams(
            buffer_size=7,
            ema_alpha=0.3,
            min_streak_to_switch=6,
            strong_new_gap=0.60,
            min_confidence=0.40,
            is_gap_filter_enabled=True,
            switch_min_gap=0.15,
        ),
        "Responsive": SmoothingParams(
            buffer_size=2,
            ema_alpha=0.6,
            min_streak_to_switch=1,
            strong_new_gap=0.25,
            min_confidence=0.25,
            switch_min_gap=0.05,
        ),
    }
)
"""Ready-made parameters by the name that the user sees."""
