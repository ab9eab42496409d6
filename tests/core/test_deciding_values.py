"""What decided about a face, with its numbers: each gate and each step of recognition."""

import dataclasses
import math

import numpy as np
import pytest

from facemotion.core.matching import IdentityResolver as Resolver
from facemotion.core.matching import MatchingParams, PackThresholds
from facemotion.core.quality import QualityGates, find_gate, gate, measure_quality
from facemotion.core.types import Decision, GateReason, IdentityReason
from tests.core.faces import face, turned_face, turned_kps, unit
from tests.core.test_matching import A, B, C, gallery, like, resolver, track

FRAME = (640, 480)
TILTED = dataclasses.replace(face(), kps=turned_kps(roll_deg=61.0))


@pytest.mark.parametrize(
    ("detection", "blur", "reason", "name", "value"),
    [
        (face(det_score=0.6), 500.0, GateReason.LOW_DET_SCORE, "min_det_score", 0.6),
        (face(size=31.0), 500.0, GateReason.TOO_SMALL, "min_face_px", 31.0),
        (face(x=-40.0), 500.0, GateReason.CUT_OFF, "max_cut_off", 0.5),
        (turned_face(yaw_deg=57.0), 500.0, GateReason.TURNED_AWAY, "max_yaw_deg", 57.0),
        (turned_face(yaw_deg=-57.0), 500.0, GateReason.TURNED_AWAY, "max_yaw_deg", 57.0),
        (turned_face(pitch_deg=-44.0), 500.0, GateReason.TURNED_AWAY, "max_pitch_deg", 44.0),
        (TILTED, 500.0, GateReason.TURNED_AWAY, "max_roll_deg", 61.0),
        (face(), 9.0, GateReason.TOO_BLURRED, "min_sharpness", 9.0),
    ],
)
def test_each_gate_tells_what_it_measured_and_allowed(detection, blur, reason, name, value):
    gates = QualityGates()
    finding = find_gate(measure_quality(detection, blur, FRAME), gates)
    assert finding is not None
    assert finding.reason is reason
    assert finding.reason is gate(detection, blur, FRAME, gates)
    assert finding.parameter == name
    assert finding.value == pytest.approx(value, abs=0.6)
    assert finding.limit == getattr(gates, name)


def test_a_good_face_has_no_finding_but_every_number():
    quality = measure_quality(face(size=120.0), 321.0, FRAME)
    assert find_gate(quality, QualityGates()) is None
    assert quality.face_px == 120.0
    assert quality.det_score == pytest.approx(0.9)
    assert quality.sharpness == 321.0
    assert quality.cut_off == 0.0
    assert abs(quality.yaw_deg) < 10.0


def test_sharpness_that_was_not_measured_holds_nobody_back():
    quality = measure_quality(face(), None, FRAME)
    assert math.isnan(quality.sharpness)
    assert find_gate(quality, QualityGates()) is None


def evidence_of(identity):
    assert identity.evidence is not None
    return identity.evidence


def test_nobody_is_enrolled():
    empty = gallery().empty("m")
    identity = resolver().resolve([track(A)], empty)[1]
    assert evidence_of(identity).reason is IdentityReason.NOBODY_ENROLLED
    assert evidence_of(identity).people == 0


def test_a_face_without_an_embedding_was_not_compared():
    evidence = evidence_of(resolver().resolve([track()], gallery())[1])
    assert evidence.reason is IdentityReason.NOT_COMPARED
    assert evidence.people == 3
    assert math.isnan(evidence.cosine_similarity)


@pytest.mark.parametrize(
    ("similarity", "decision", "reason"),
    [
        (0.55, Decision.KNOWN, IdentityReason.LIKE_ENOUGH),
        (0.37, Decision.UNCERTAIN, IdentityReason.BELOW_THRESHOLD),
        (0.31, Decision.UNKNOWN, IdentityReason.UNLIKE_EVERYBODY),
    ],
)
def test_the_similarity_decides_and_names_the_best_match(similarity, decision, reason):
    identity = resolver().resolve([track(like(A, similarity))], gallery())[1]
    evidence = evidence_of(identity)
    assert identity.decision is decision
    assert evidence.reason is reason
    assert evidence.candidate == "Ana"
    assert evidence.cosine_similarity == pytest.approx(similarity, abs=1e-3)
    assert evidence.known_at == pytest.approx(0.40)
    assert evidence.uncertain_at < evidence.known_at
    assert evidence.false_accept_percent is None


def test_the_rate_asked_for_comes_with_the_packs_threshold():
    thresholds = PackThresholds(match=0.4, uncertain=0.3)
    asking = Resolver(MatchingParams(false_accept_percent=2.0), thresholds)
    evidence = evidence_of(asking.resolve([track(like(A, 0.31))], gallery())[1])
    assert evidence.false_accept_percent == 2.0
    assert evidence.known_at == pytest.approx(0.4)


def test_a_close_second_is_named_with_the_lead():
    both = unit(1.0, 0.99, 0, 0)
    evidence = evidence_of(resolver().resolve([track(both)], gallery())[1])
    assert evidence.reason is IdentityReason.CLOSE_SECOND
    assert (evidence.candidate, evidence.rival) == ("Ana", "Ben")
    assert evidence.value == pytest.approx(0.007, abs=0.002)
    assert evidence.needed == pytest.approx(0.03)


def test_little_evidence_is_told_with_its_weight():
    evidence = evidence_of(resolver().resolve([track(A, quality=0.1)], gallery())[1])
    assert evidence.reason is IdentityReason.LITTLE_EVIDENCE
    assert evidence.value == pytest.approx(0.1)
    assert evidence.needed == pytest.approx(0.15)


def test_a_name_that_another_face_has_is_taken():
    tracks = [track(like(A, 0.9), track_id=1), track(like(A, 0.5), track_id=2)]
    found = resolver().resolve(tracks, gallery(a=A))
    assert evidence_of(found[1]).reason is IdentityReason.LIKE_ENOUGH
    assert found[2].decision is Decision.UNKNOWN
    assert evidence_of(found[2]).reason is IdentityReason.TAKEN
    assert evidence_of(found[2]).candidate == "Ana"


def test_a_known_face_stays_known_within_the_hysteresis_and_then_says_the_threshold():
    steady = resolver(hysteresis=0.05)
    one = track(like(A, 0.45))
    assert evidence_of(steady.resolve([one], gallery())[1]).reason is IdentityReason.LIKE_ENOUGH
    one.add_embedding(like(A, 0.30), 3.0, 1.0)
    later = steady.resolve([one], gallery())[1]
    assert evidence_of(later).cosine_similarity == pytest.approx(0.34, abs=0.02)
    assert evidence_of(later).reason is IdentityReason.BELOW_THRESHOLD


def test_evidence_does_not_make_identities_differ():
    one = resolver().resolve([track(like(A, 0.55))], gallery())[1]
    assert one == dataclasses.replace(one, evidence=None)


def test_somebody_like_nobody_has_the_least_unlike_person_as_candidate():
    evidence = evidence_of(resolver().resolve([track(like(C, 0.1))], gallery(b=B, c=C))[1])
    assert evidence.candidate == "Cem"
    assert evidence.reason is IdentityReason.UNLIKE_EVERYBODY
    assert np.isfinite(evidence.cosine_similarity)
