"""All pictures that detector and refiner are trained on, and which of them may be used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.detector.pictures import LabelledPictures, joined, prepare
from training.detector.small_profiles import (
    OBLIQUE_EYES_SHARE,
    eyes_share,
    prepare_small_profiles,
)
from training.detector.turned_pictures import prepare_turned
from training.lfw import LfwArchive
from training.shared_files import FER_FILE, LFW_FILE, PACK_FOLDER
from training.teacher import Teacher

_TIMES_OBLIQUE: Final = 8
"""How often LFW's own turned faces stand among the turned ones: they are few, and the truest."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingPictures:
    """LFW, LFW with its heads turned, and FER2013's turned faces.

    Attributes:
        labelled: The pictures and the faces in them.
        is_kept_out: bool (N,), pictures of people whom no training may see.
        is_plain: bool (N,), LFW's own pictures.
    """

    labelled: LabelledPictures
    is_kept_out: NDArray[np.bool_]
    is_plain: NDArray[np.bool_]

    def rows(self, *, kept_out: bool) -> NDArray[np.int64]:
        """LFW's own pictures of the people that may be trained on, or of the others."""
        return np.flatnonzero(self.is_plain & (self.is_kept_out == kept_out))

    def turned_rows(self, *, kept_out: bool) -> NDArray[np.int64]:
        """Pictures with turned faces of these people; the truest of them several times."""
        labelled = self.labelled
        is_oblique = eyes_share(labelled.boxes, labelled.kps) <= OBLIQUE_EYES_SHARE
        oblique = np.intersect1d(self.rows(kept_out=kept_out), labelled.owner[is_oblique])
        made = np.flatnonzero(~self.is_plain & (self.is_kept_out == kept_out))
        return np.concatenate([made, np.repeat(oblique, _TIMES_OBLIQUE)])


def prepare_pictures(data: Path, cache: Path) -> TrainingPictures:
    """Open everything, prepared first where it is not there.

    Args:
        data: Folder with `data/` and `models/`.
        cache: Where prepared pictures are kept.
    """
    turned, source = prepare_turned(data / LFW_FILE, data / PACK_FOLDER, cache)
    kept_out = LfwArchive(data / LFW_FILE).kept_out()
    teacher = Teacher(data / PACK_FOLDER)
    plain = prepare(data / LFW_FILE, data / PACK_FOLDER, cache)
    profiles = prepare_small_profiles(data / FER_FILE, plain, teacher, cache)
    labelled = joined([turned, profiles])
    is_kept_out = np.concatenate([kept_out[source], np.zeros(len(profiles), bool)])
    return TrainingPictures(labelled, is_kept_out, np.arange(len(labelled)) < len(kept_out))
