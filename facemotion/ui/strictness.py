"""Stricter or more lenient recognition, with what that means for strangers in words."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSlider, QWidget

from facemotion.core.matching_params import MatchingParams
from facemotion.core.thresholds import PackThresholds
from facemotion.ui.text_labels import hint, paragraph, strong

STOPS_PERCENT: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Shares of strangers that the slider offers, from strict to lenient."""


class StrictnessBar(QFrame):
    """A slider over the share of strangers who may be taken for somebody; GUI thread.

    Signals:
        params_chosen(MatchingParams): The user wants these values.
    """

    params_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._params = MatchingParams()
        self._thresholds: PackThresholds | None = None
        self._people = 0
        self._words = paragraph("")
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, len(STOPS_PERCENT) - 1)
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setAccessibleName(self.tr("Strictness of recognition"))
        self.slider.setMinimumWidth(220)
        self.slider.valueChanged.connect(self._choose)
        lenient = hint(self.tr("more lenient"))
        lenient.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.addWidget(strong(self.tr("How strict")), 0, 0, 1, 2)
        grid.addWidget(self.slider, 1, 0, 1, 2)
        grid.addWidget(hint(self.tr("stricter")), 2, 0)
        grid.addWidget(lenient, 2, 1)
        grid.addWidget(self._words, 3, 0, 1, 2)

    @property
    def words(self) -> str:
        """What the settings mean now."""
        return self._words.text()

    @property
    def words_label(self) -> QLabel:
        """The label that says so."""
        return self._words

    def set_ground(self, thresholds: PackThresholds | None, people: int) -> None:
        """What the words are reckoned from.

        Args:
            thresholds: Of the pack in use, or None when no models are loaded.
            people: People who can be recognised.
        """
        self._thresholds, self._people = thresholds, people
        self._tell()

    def show_params(self, params: MatchingParams) -> None:
        """Show the values in force."""
        self._params = params
        self.slider.blockSignals(True)
        self.slider.setValue(_nearest_stop(params.false_accept_percent))
        self.slider.blockSignals(False)
        self.slider.setEnabled(params.is_threshold_from_pack)
        self._tell()

    def _tell(self) -> None:
        self._words.setText(self._sentence())
        self.slider.setAccessibleDescription(self._words.text())

    def _sentence(self) -> str:
        if not self._params.is_threshold_from_pack:
            return self.tr(
                "The threshold is set by hand: similarity ≥ {similarity:.2f}, whatever the number "
                "of people. How many strangers that lets in is not known."
            ).format(similarity=self._params.match_threshold)
        strangers = self.tr("{share} is taken for somebody").format(
            share=share_words(self._params.false_accept_percent)
        )
        if self._thresholds is None:
            return self.tr(
                "{strangers}; load a model pack to see the similarity that needs."
            ).format(strangers=strangers)
        return self.tr("{strangers}; {people}: similarity ≥ {similarity:.2f}.").format(
            strangers=strangers,
            people=self._people_words(),
            similarity=self._params.threshold_for(self._thresholds, self._people),
        )

    def _people_words(self) -> str:
        if self._people == 0:
            return self.tr("with nobody enrolled yet")
        if self._people == 1:
            return self.tr("with 1 person enrolled")
        return self.tr("with {count:,} people enrolled").format(count=self._people)

    @Slot(int)
    def _choose(self, stop: int) -> None:
        self.params_chosen.emit(replace(self._params, false_accept_percent=STOPS_PERCENT[stop]))


def share_words(percent: float) -> str:
    """A share as people say it, for example "1 in 100 strangers"."""
    return QCoreApplication.translate("StrictnessBar", "1 in {count:,} strangers").format(
        count=round(100.0 / percent)
    )


def _nearest_stop(percent: float) -> int:
    ratios = [max(percent / stop, stop / percent) for stop in STOPS_PERCENT]
    return ratios.index(min(ratios))
