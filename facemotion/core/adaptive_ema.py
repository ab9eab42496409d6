"""Second smoothing tier: an exponential mean that follows clear readings faster."""

import numpy as np

from facemotion.core.prediction_buffer import probability_gap
from facemotion.core.types import FloatArray


class AdaptiveEma:
    """Exponential moving average whose weight depends on the gap of the new vector.

    A gap of at least `gap_threshold` raises the weight to `min(1.5 alpha, max_alpha)`, a smaller
    one lowers it to `max(0.5 alpha, min_alpha)`. The weight holds for one `nominal_interval_s`;
    over `dt` it becomes `1 - (1 - weight) ** (dt / nominal_interval_s)`.

    Attributes:
        nominal_interval_s: Interval at which the weights apply as they are (s); 0 applies them
            once an update, whatever the time between.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        gap_threshold: float = 0.20,
        max_alpha: float = 0.9,
        min_alpha: float = 0.1,
        nominal_interval_s: float = 0.10,
    ) -> None:
        self._raised_alpha = min(1.5 * alpha, max_alpha)
        self._lowered_alpha = max(0.5 * alpha, min_alpha)
        self._gap_threshold = gap_threshold
        self.nominal_interval_s = nominal_interval_s
        self._mean: FloatArray | None = None
        self._time_s = 0.0

    def reset(self) -> None:
        """Forget the mean."""
        self._mean = None

    def weight(self, gap: float, dt_s: float) -> float:
        """Weight of a new vector with this gap, `dt_s` after the last one."""
        alpha = self._raised_alpha if gap >= self._gap_threshold else self._lowered_alpha
        if self.nominal_interval_s <= 0.0:
            return alpha
        return 1.0 - (1.0 - alpha) ** (dt_s / self.nominal_interval_s)

    def update(self, probs: FloatArray, time_s: float) -> FloatArray:
        """Take in a vector and give the new mean.

        Args:
            probs: float32 (7,) summing to 1.
            time_s: Time of the update; earlier than the last one starts the mean anew.

        Returns:
            float32 (7,) summing to 1.
        """
        if self._mean is None or time_s < self._time_s:
            mean = probs.astype(np.float32)
        else:
            weight = self.weight(probability_gap(probs), time_s - self._time_s)
            mean = (self._mean + weight * (probs - self._mean)).astype(np.float32)
        self._mean, self._time_s = mean, time_s
        return mean
