import math

import numpy as np
import pytest

from facemotion.core.errors import GalleryError
from facemotion.core.impostors import ImpostorTail
from facemotion.core.matching import (
    GalleryIndex,
    IdentityResolver,
    MatchingParams,
    PackThresholds,
)
from facemotion.core.track import Track
from facemotion.core.types import Decision
from tests.core.faces import face, near, unit

A = unit(1, 0, 0, 0)
B = unit(0, 1, 0, 0)
C = unit(0, 0, 1, 0)
ASIDE = unit(0, 0, 0, 1)
NAMES = {"a": "Ana", "b": "Ben", "c": "Cem"}


def gallery(**people):
    vectors = people or {"a": A, "b": B, "c": C}
    return GalleryIndex(np.stack(list(vectors.values())), list(vectors), NAMES, "m")


def track(*embeddings, track_id=1, quality=0.8):
    made = Track(track_id, face(), 0.0)
    for number, embedding in enumerate(embeddings):
        made.add_embedding(embedding, quality, number * 1.0)
    return made


def resolver(**params):
    return IdentityResolver(MatchingParams(is_threshold_from_pack=False, **params))


def like(person, similarity):
    return near(person, similarity, ASIDE)


@pytest.mark.parametrize(
    ("similarity", "decision", "person_id"),
    [
        (1.0, Decision.KNOWN, "a"),
        (0.401, Decision.KNOWN, "a"),
        (0.399, Decision.UNCERTAIN, "a"),
        (0.360, Decision.UNCERTAIN, "a"),
        (0.355, Decision.UNKNOWN, None),
        (-0.5, Decision.UNKNOWN, None),
    ],
)
def test_three_answers_by_similarity(similarity, decision, person_id):
    identity = resolver().resolve([track(like(A, similarity))], gallery())[1]
    assert identity.decision is decision
    assert identity.person_id == person_id
    assert identity.name == ("Ana" if person_id else "")
    assert identity.cosine_similarity == pytest.approx(max(similarity, 0.0), abs=1e-3)


def test_the_margin_narrows_the_uncertain_band():
    identity = resolver(uncertain_margin=0.01).resolve([track(like(A, 0.38))], gallery())[1]
    assert identity.decision is Decision.UNKNOWN


def test_without_a_cutoff_only_the_margin_counts():
    params = {"unknown_cutoff_percent": 0.0, "uncertain_margin": 0.2}
    identity = resolver(**params).resolve([track(like(A, 0.25))], gallery())[1]
    assert identity.decision is Decision.UNCERTAIN


def test_nothing_to_compare():
    embedded, fresh = track(A), track(track_id=2)
    for tracks, index in (([embedded], GalleryIndex.empty()), ([fresh], gallery())):
        identities = resolver().resolve(tracks, index)
        (identity,) = identities.values()
        assert identity.decision is Decision.UNKNOWN
        assert math.isnan(identity.cosine_similarity)
    assert resolver().resolve([], gallery()) == {}


def test_a_track_of_another_model_is_an_error():
    with pytest.raises(GalleryError, match="enrol them again"):
        resolver().resolve([track(unit(1, 0))], gallery())


def test_a_gallery_of_one_person():
    identities = resolver().resolve([track(A), track(B, track_id=2)], gallery(a=A))
    assert identities[1].name == "Ana"
    assert identities[2].decision is Decision.UNKNOWN
    names = resolver()
    for _ in range(2):
        assert names.resolve([track(A)], gallery(a=A))[1].decision is Decision.KNOWN


def test_identity_is_decided_over_the_evidence_not_the_last_frame():
    made = track(*[like(A, 0.8)] * 3)
    names = resolver()
    assert names.resolve([made], gallery())[1].decision is Decision.KNOWN
    made.add_embedding(like(B, 0.5), 0.3, 5.0)
    assert names.resolve([made], gallery())[1].name == "Ana"


def test_little_evidence_is_uncertain_at_most():
    weak = track(A, quality=0.10)
    names = resolver()
    assert names.resolve([weak], gallery())[1].decision is Decision.UNCERTAIN
    weak.add_embedding(A, 0.10, 1.0)
    assert names.resolve([weak], gallery())[1].decision is Decision.KNOWN


@pytest.mark.parametrize(
    ("start", "then", "decision"),
    [
        (0.45, 0.38, Decision.KNOWN),
        (0.45, 0.368, Decision.UNCERTAIN),
        (0.39, 0.34, Decision.UNCERTAIN),
        (0.39, 0.32, Decision.UNKNOWN),
        (0.34, 0.34, Decision.UNKNOWN),
        (0.38, 0.38, Decision.UNCERTAIN),
    ],
)
def test_hysteresis_between_the_answers(start, then, decision):
    names = resolver()
    names.resolve([track(like(A, start))], gallery())
    assert names.resolve([track(like(A, then), like(A, then))], gallery())[1].decision is decision


def test_a_face_between_two_people_is_uncertain():
    between = unit(1, 0.98, 0, 0)
    assert resolver().resolve([track(between)], gallery())[1].decision is Decision.UNCERTAIN
    clearer = unit(1, 0.8, 0, 0)
    assert resolver().resolve([track(clearer)], gallery())[1].decision is Decision.KNOWN


def test_the_second_person_does_not_count_when_in_the_picture():
    between = unit(1, 0.98, 0, 0)
    identities = resolver().resolve([track(between), track(B, track_id=2)], gallery())
    assert identities[1].decision is Decision.KNOWN
    assert identities[1].name == "Ana"


def test_two_tracks_are_never_the_same_person():
    tracks = [track(like(A, 0.6)), track(like(A, 0.8), track_id=2), track(A, track_id=3)]
    identities = resolver().resolve(tracks, gallery())
    assert [identities[n].name for n in (1, 2, 3)] == ["", "", "Ana"]
    assert identities[2].decision is Decision.UNKNOWN
    assert identities[2].cosine_similarity == pytest.approx(0.8, abs=1e-3)


def test_a_track_that_loses_falls_back_on_somebody_it_surely_is():
    both = unit(1, 0.9, 0, 0)
    faint = near(A, 0.7, unit(0, 0.38, 0, 1))
    identities = resolver().resolve([track(both), track(A, track_id=2)], gallery())
    assert (identities[1].name, identities[2].name) == ("Ben", "Ana")
    identities = resolver().resolve([track(faint), track(A, track_id=2)], gallery())
    assert (identities[1].decision, identities[2].name) == (Decision.UNKNOWN, "Ana")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_order_of_the_tracks_does_not_matter(order):
    tracks = [
        track(unit(1, 0.9, 0, 0)),
        track(unit(0.9, 1, 0.85, 0), track_id=2),
        track(unit(0, 0.2, 1, 0), track_id=3),
    ]
    identities = resolver().resolve([tracks[n] for n in order], gallery())
    assert {n: i.name for n, i in identities.items()} == {1: "Ana", 2: "Ben", 3: "Cem"}


def test_who_holds_a_name_keeps_it_against_a_slightly_likelier_newcomer():
    names = resolver()
    holder = track(like(A, 0.60))
    assert names.resolve([holder], gallery())[1].name == "Ana"
    newcomer = track(like(A, 0.62), track_id=2)
    identities = names.resolve([holder, newcomer], gallery())
    assert (identities[1].name, identities[2].name) == ("Ana", "")
    better = track(like(A, 0.70), track_id=3)
    assert names.resolve([holder, better], gallery())[3].name == "Ana"


def test_one_contrary_embedding_does_not_change_a_name_but_two_do():
    names = resolver()
    made = track(A, quality=0.3)
    assert names.resolve([made], gallery())[1].name == "Ana"
    made.add_embedding(near(B, 0.95, A), 0.9, 1.0)
    for _ in range(5):
        assert names.resolve([made], gallery())[1].name == "Ana"
    made.add_embedding(B, 0.9, 2.0)
    assert names.resolve([made], gallery())[1].name == "Ben"


def test_a_challenger_must_lead_without_a_break():
    names = resolver()
    made = track(A, quality=0.3)
    names.resolve([made], gallery())
    made.add_embedding(near(B, 0.95, A), 0.9, 1.0)
    names.resolve([made], gallery())
    for number in range(4):
        made.add_embedding(A, 0.9, 2.0 + number)
    names.resolve([made], gallery())
    for number in range(8):
        made.add_embedding(near(B, 0.95, A), 0.9, 6.0 + number)
    assert names.resolve([made], gallery())[1].name == "Ana"
    made.add_embedding(near(B, 0.95, A), 0.9, 14.0)
    assert names.resolve([made], gallery())[1].name == "Ben"


def test_a_name_that_was_only_uncertain_gives_way_at_once():
    names = resolver()
    made = track(like(A, 0.38), quality=0.2)
    assert names.resolve([made], gallery())[1].name == "Ana"
    made.add_embedding(near(B, 0.9, A), 0.9, 1.0)
    identity = names.resolve([made], gallery())[1]
    assert (identity.name, identity.decision) == ("Ben", Decision.KNOWN)


def test_a_person_removed_from_the_gallery_is_forgotten():
    names = resolver()
    made = track(near(A, 0.8, B))
    assert names.resolve([made], gallery())[1].name == "Ana"
    assert names.resolve([made], gallery(b=B, c=C))[1].name == "Ben"
    assert names.resolve([made], GalleryIndex.empty())[1].decision is Decision.UNKNOWN


def test_forget_and_reset_take_the_hysteresis_away():
    for act in (lambda names: names.forget([1, 77]), lambda names: names.reset()):
        names = resolver()
        names.resolve([track(like(A, 0.45))], gallery())
        act(names)
        again = track(like(A, 0.39), like(A, 0.39))
        assert names.resolve([again], gallery())[1].decision is Decision.UNCERTAIN


def test_the_gallery_is_searched_only_for_new_evidence(monkeypatch):
    calls = []
    index = gallery()
    search = index.similarities
    monkeypatch.setattr(index, "similarities", lambda p: calls.append(len(p)) or search(p))
    names, made = resolver(), track(A)
    for _ in range(5):
        names.resolve([made], index)
    assert calls == [1]
    made.add_embedding(A, 0.5, 3.0)
    names.resolve([made], index)
    assert calls == [1, 1]


def test_thresholds_come_from_the_pack_or_from_the_settings():
    pack = PackThresholds(by_gallery_size=((1, 0.25), (100, 0.45)))
    assert IdentityResolver().threshold_for(9) == 0.40
    from_pack = IdentityResolver(MatchingParams(), pack)
    assert from_pack.threshold_for(1) == 0.25
    assert from_pack.threshold_for(10) == pytest.approx(0.35)
    from_pack.set_params(MatchingParams(is_threshold_from_pack=False, match_threshold=0.5))
    assert from_pack.threshold_for(10) == 0.5
    from_pack.set_params(MatchingParams(), PackThresholds(0.3, 0.2))
    assert from_pack.threshold_for(10) == 0.3


def test_the_rate_asked_for_and_the_number_of_photos_move_the_threshold():
    pack = PackThresholds(impostors=ImpostorTail(0.05, 0.08))
    usual, strict = (
        IdentityResolver(MatchingParams(false_accept_percent=percent), pack)
        for percent in (1.0, 0.1)
    )
    assert strict.threshold_for(20) > usual.threshold_for(20) > usual.threshold_for(1)
    assert usual.threshold_for(20, 60) > usual.threshold_for(20, 20) == usual.threshold_for(20)


def test_more_photos_of_everybody_ask_for_more_likeness():
    pack = PackThresholds(impostors=ImpostorTail(0.05, 0.10, photos=1.0))
    names = IdentityResolver(MatchingParams(), pack)
    made = track(like(A, pack.threshold_for(1) + 0.01))
    once = GalleryIndex(np.stack([A]), ["a"], NAMES, "m")
    often = GalleryIndex(np.stack([A] * 9), ["a"] * 9, NAMES, "m")
    assert names.resolve([made], once)[1].decision is Decision.KNOWN
    names.reset()
    assert names.resolve([made], often)[1].decision is not Decision.KNOWN


def test_the_uncertain_band_comes_from_the_pack_too():
    made = track(like(A, 0.28))
    for uncertain, decision in ((0.25, Decision.UNCERTAIN), (0.29, Decision.UNKNOWN)):
        names = IdentityResolver(MatchingParams(), PackThresholds(0.30, uncertain))
        assert names.resolve([made], gallery())[1].decision is decision


def test_a_larger_gallery_asks_for_more():
    pack = PackThresholds(by_gallery_size=((1, 0.30), (3, 0.50)))
    names = IdentityResolver(MatchingParams(), pack)
    made = track(like(A, 0.42))
    assert names.resolve([made], gallery(a=A))[1].decision is Decision.KNOWN
    names.reset()
    assert names.resolve([made], gallery())[1].decision is not Decision.KNOWN


@pytest.mark.parametrize("seed", range(10))
def test_in_any_frame_nobody_is_there_twice_and_every_track_has_an_answer(seed):
    rng = np.random.default_rng(seed)
    people = rng.normal(size=(12, 8)).astype(np.float32)
    owners = [f"p{n % 6}" for n in range(12)]
    index = GalleryIndex(people, owners, {o: o for o in owners}, "m")
    names = resolver(match_threshold=0.3)
    tracks = [track(track_id=n) for n in range(1, 9)]
    for step in range(12):
        for each in tracks:
            vector = rng.normal(size=8).astype(np.float32)
            each.add_embedding(vector / np.linalg.norm(vector), float(rng.uniform()), float(step))
        identities = names.resolve(tracks, index)
        assert set(identities) == set(range(1, 9))
        given = [i.person_id for i in identities.values() if i.person_id]
        assert len(given) == len(set(given))
