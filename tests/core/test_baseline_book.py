"""Whose baseline applies to which track, and for how long."""

import numpy as np
import pytest

from facemotion.core.baseline import NeutralBaseline
from facemotion.core.baseline_book import BaselineBook
from facemotion.core.types import Decision, FloatArray, Identity

PROBS: FloatArray = np.array([0.02, 0.02, 0.02, 0.02, 0.40, 0.50, 0.02], np.float32)
ANNA = Identity(Decision.KNOWN, "anna", "Anna", 0.7)
ANNA_PERHAPS = Identity(Decision.UNCERTAIN, "anna", "Anna", 0.4)
BEN = Identity(Decision.KNOWN, "ben", "Ben", 0.7)
BEN_PERHAPS = Identity(Decision.UNCERTAIN, "ben", "Ben", 0.4)


def baseline(model_id: str = "m") -> NeutralBaseline:
    return NeutralBaseline.of(np.repeat(PROBS[None], 30, axis=0), model_id)


@pytest.fixture
def book() -> BaselineBook:
    book = BaselineBook("m")
    book.set_people({"anna": baseline()})
    return book


def test_without_a_baseline_the_very_same_array_comes_back() -> None:
    probs, is_corrected = BaselineBook("m").correct(1, ANNA, PROBS)
    assert probs is PROBS
    assert not is_corrected


def test_a_known_person_is_corrected_and_others_are_not(book: BaselineBook) -> None:
    probs, is_corrected = book.correct(1, ANNA, PROBS)
    assert is_corrected
    assert probs is not None
    assert probs[5] < PROBS[5]
    assert book.correct(2, BEN, PROBS) == (PROBS, False)
    assert book.correct(3, Identity(), PROBS) == (PROBS, False)


def test_an_uncertain_moment_changes_nothing(book: BaselineBook) -> None:
    assert book.find(1, ANNA_PERHAPS) is None  # never known yet
    assert book.find(1, ANNA) is not None
    assert book.find(1, ANNA_PERHAPS) is not None
    assert book.find(1, BEN_PERHAPS) is None
    assert book.find(1, ANNA_PERHAPS) is None


def test_unknown_ends_it(book: BaselineBook) -> None:
    book.find(1, ANNA)
    assert book.find(1, Identity()) is None
    assert book.find(1, ANNA_PERHAPS) is None


def test_a_frame_that_was_not_read_is_marked_all_the_same(book: BaselineBook) -> None:
    assert book.correct(1, ANNA, None) == (None, True)
    assert book.correct(2, BEN, None) == (None, False)


def test_another_models_baseline_is_left_out(book: BaselineBook) -> None:
    book.set_people({"anna": baseline("other")})
    assert book.people == {}
    assert book.find(1, ANNA) is None
    book.set_track(1, baseline("other"))
    assert book.find(1, ANNA) is None


def test_a_track_has_its_own_until_it_ends() -> None:
    book = BaselineBook("m")
    own = baseline()
    book.set_track(4, own)
    assert book.find(4, Identity()) is own
    assert book.find(5, Identity()) is None
    book.forget([4])
    assert book.find(4, Identity()) is None


def test_it_can_be_cleared_and_switched_off(book: BaselineBook) -> None:
    book.set_track(1, baseline())
    book.is_used = False
    assert book.find(1, ANNA) is None
    book.is_used = True
    assert book.find(1, ANNA) is not None
    book.set_track(1, None)
    book.set_people({})
    assert book.find(1, ANNA) is None


def test_a_new_source_keeps_the_people_only(book: BaselineBook) -> None:
    book.set_track(1, baseline())
    book.reset()
    assert book.find(1, Identity()) is None
    assert book.find(1, ANNA) is not None
