"""How far a batch is, and how long it still takes."""

from dataclasses import dataclass
from typing import Final

from facemotion.analysis.jobs import JobNews, JobState

_LEAST_SHARE: Final = 0.002
_LEAST_TIME_S: Final = 2.0


@dataclass(slots=True)
class _Share:
    weight: float
    fraction: float = 0.0
    state: JobState = JobState.WAITING
    is_kept: bool = False


class BatchProgress:
    """Adds up jobs by the size of their files. Time comes in as an argument, in seconds.

    The time left follows from the speed so far; opening the models and pauses do not count, nor do
    jobs whose results were there already.
    """

    def __init__(self) -> None:
        self._shares: dict[int, _Share] = {}
        self._worked_s = 0.0
        self._since_s: float | None = None
        self._is_paused = False

    def add(self, number: int, weight: float) -> None:
        """Add a job.

        Args:
            number: Of the job.
            weight: Its size in any unit, above 0.
        """
        self._shares[number] = _Share(max(weight, 1.0))

    def take(self, news: JobNews, now_s: float) -> None:
        """Take in what became of a job."""
        share = self._shares.get(news.number)
        if share is None:
            return
        share.state = news.state
        share.is_kept = news.is_kept
        share.fraction = 1.0 if news.state.is_over else news.fraction or 0.0
        if news.frame_count > 0 and self._since_s is None and not self._is_paused:
            self._since_s = now_s

    def pause(self, is_on: bool, now_s: float) -> None:
        """Stop the clock, or let it go on."""
        if is_on and self._since_s is not None:
            self._worked_s += now_s - self._since_s
            self._since_s = None
        self._is_paused = is_on

    @property
    def fraction(self) -> float:
        """Share of the work that is done, in [0, 1]."""
        counted = self._counted()
        total = sum(share.weight for share in counted)
        return sum(share.weight * share.fraction for share in counted) / total if total else 1.0

    @property
    def over_count(self) -> int:
        """Jobs of which nothing more comes."""
        return sum(share.state.is_over for share in self._shares.values())

    @property
    def count(self) -> int:
        """All jobs."""
        return len(self._shares)

    def remaining_s(self, now_s: float) -> float | None:
        """Time that is left; None while nobody can tell."""
        worked_s = self._worked_s + (now_s - self._since_s if self._since_s is not None else 0.0)
        done = self.fraction
        if worked_s < _LEAST_TIME_S or done < _LEAST_SHARE:
            return None
        return worked_s * (1.0 - done) / done

    def _counted(self) -> list[_Share]:
        """Jobs that took or take time; those that failed or were stopped took less than all."""
        left_out = (JobState.FAILED, JobState.STOPPED)
        return [
            share
            for share in self._shares.values()
            if share.state not in left_out and not share.is_kept
        ]
