"""Whose neutral baseline applies to which track."""

from collections.abc import Iterable, Mapping

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.types import Decision, FloatArray, Identity


class BaselineBook:
    """The baselines of the people enrolled, and of tracks that nobody has a name for.

    A track's own baseline goes before its person's: it was taken later and lives shorter. A
    person's baseline applies from the moment the face is known, and goes on while the same person
    is the best candidate, so that an uncertain moment changes nothing.

    Args:
        model_id: The emotion model in use; baselines of other models are left out.

    Attributes:
        is_used: Whether anything is corrected.
    """

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id
        self._by_person: dict[str, NeutralBaseline] = {}
        self._by_track: dict[int, NeutralBaseline] = {}
        self._person_of: dict[int, str] = {}
        self.is_used = True

    @property
    def people(self) -> Mapping[str, NeutralBaseline]:
        """The baselines of people whose readings are corrected, by person id."""
        return dict(self._by_person)

    def set_people(self, baselines: Mapping[str, NeutralBaseline]) -> None:
        """Use these people's baselines from now on; those of another model are left out."""
        self._by_person = {
            person_id: baseline
            for person_id, baseline in baselines.items()
            if baseline.model_id == self._model_id
        }

    def set_track(self, track_id: int, baseline: NeutralBaseline | None) -> None:
        """Use a baseline for a track for as long as it lives, or none of its own any more."""
        if baseline is not None and baseline.model_id == self._model_id:
            self._by_track[track_id] = baseline
        else:
            self._by_track.pop(track_id, None)

    def find(self, track_id: int, identity: Identity) -> NeutralBaseline | None:
        """The baseline that applies to a face now, or None."""
        person_id = identity.person_id
        if identity.decision is Decision.KNOWN and person_id is not None:
            self._person_of[track_id] = person_id
        elif identity.decision is Decision.UNKNOWN or person_id != self._person_of.get(track_id):
            self._person_of.pop(track_id, None)
        if not self.is_used:
            return None
        own = self._by_track.get(track_id)
        return own if own is not None else self._by_person.get(self._person_of.get(track_id, ""))

    def correct(
        self, track_id: int, identity: Identity, probs: FloatArray | None
    ) -> tuple[FloatArray | None, bool]:
        """A reading as it counts.

        Args:
            track_id: Whose.
            identity: Who the face is.
            probs: float32 (7,) in `EMOTIONS` order, summing to 1, or None when nothing was read.

        Returns:
            The corrected reading, without a baseline the same array; and whether there is one.
        """
        baseline = self.find(track_id, identity)
        if baseline is None or probs is None:
            return probs, baseline is not None
        return baseline.correct(probs), True

    def forget(self, track_ids: Iterable[int]) -> None:
        """These tracks have ended."""
        for track_id in track_ids:
            self._by_track.pop(track_id, None)
            self._person_of.pop(track_id, None)

    def reset(self) -> None:
        """Every track has ended; the people's baselines stay."""
        self._by_track.clear()
        self._person_of.clear()
