import numpy as np
import pytest

from facemotion.core.track import MAX_EVIDENCE, Track
from facemotion.core.tracking import FaceTracker, TrackingParams, TrackState
from tests.core.faces import face, near, unit

A = unit(1, 0, 0, 0)
B = unit(0, 1, 0, 0)
C = unit(0, 0, 1, 0)
ASIDE = unit(0, 0, 0, 1)


def ids(tracks):
    return [track.track_id for track in tracks]


def follow(tracker, frames, interval_s=0.1, start_s=0.0, scene_id=0):
    """Feed frames of face places; give the track ids of each frame."""
    return [
        ids(tracker.update([face(*place) for place in places], start_s + i * interval_s, scene_id))
        for i, places in enumerate(frames)
    ]


def embed(tracker, tracks, embeddings, time_s, quality=0.8):
    for track, embedding in zip(tracks, embeddings, strict=True):
        track.add_embedding(embedding, quality, time_s)
    return tracker.reidentify_all(tracks, time_s)


def test_numbers_start_at_one_in_the_order_of_the_detections():
    tracker = FaceTracker()
    assert follow(tracker, [[(300, 100), (100, 100)]]) == [[1, 2]]
    assert tracker.active_ids == {1, 2}
    assert tracker.lost_ids == tracker.dropped_ids == frozenset()


def test_no_face_at_all():
    tracker = FaceTracker()
    assert follow(tracker, [[], [], []]) == [[], [], []]
    assert tracker.reidentify_all([], 0.3) == []


def test_tracks_follow_the_faces_whatever_the_order_of_the_detections():
    tracker = FaceTracker()
    frames = [[(100 + 8 * i, 100), (400 - 8 * i, 100)] for i in range(10)]
    for i in range(1, 10, 2):
        frames[i].reverse()
    assert follow(tracker, frames) == [[1, 2] if i % 2 == 0 else [2, 1] for i in range(10)]


def test_two_faces_that_pass_each_other_keep_their_numbers_by_motion():
    tracker = FaceTracker()
    frames = [[(100 + 30 * i, 100), (460 - 30 * i, 160)] for i in range(13)]
    assert follow(tracker, frames) == [[1, 2]] * 13


def test_two_faces_that_compete_for_one_place_are_assigned_at_least_total_cost():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100), (150, 100)]])
    assert follow(tracker, [[(140, 100), (180, 100)]], start_s=0.1) == [[1, 2]]


@pytest.mark.parametrize("rate_hz", [1, 2, 5, 10, 30])
def test_a_still_face_keeps_its_number_at_every_rate(rate_hz):
    tracker = FaceTracker()
    frames = [[(100, 100)]] * (4 * rate_hz)
    assert follow(tracker, frames, 1.0 / rate_hz) == [[1]] * len(frames)


def test_life_cycle_of_a_face_that_stays():
    tracker = FaceTracker()
    states = [tracker.update([face()], i * 0.1)[0].state for i in range(4)]
    assert states == ["tentative", "tentative", "confirmed", "confirmed"]


def test_a_face_seen_once_is_dropped_soon():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)], [], []])
    assert tracker.active_ids == {1}
    tracker.update([], 0.3)
    assert (tracker.active_ids, tracker.lost_ids, tracker.dropped_ids) == (set(), set(), {1})
    tracker.update([], 0.4)
    assert tracker.dropped_ids == frozenset()


def test_a_confirmed_face_is_lost_then_forgotten():
    tracker = FaceTracker()
    track = tracker.update([face()], 0.0)[0]
    follow(tracker, [[(100, 100)]] * 5)
    follow(tracker, [[]], start_s=0.6)
    assert track.state is TrackState.CONFIRMED
    follow(tracker, [[]], start_s=0.8)
    assert (track.state, tracker.lost_ids) == (TrackState.LOST, {1})
    follow(tracker, [[]], start_s=5.3)
    assert tracker.lost_ids == {1}
    follow(tracker, [[]], start_s=5.5)
    assert (track.state, tracker.dropped_ids) == (TrackState.DROPPED, {1})


def test_a_missed_detection_and_a_short_occlusion_change_nothing():
    tracker = FaceTracker()
    frames = [[(100, 100)]] * 5 + [[]] * 8 + [[(110, 100)]] * 3
    assert follow(tracker, frames)[-3:] == [[1]] * 3


def test_a_face_hidden_for_seconds_keeps_its_number_at_its_place():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 5)
    follow(tracker, [[]] * 30, start_s=0.5)
    assert follow(tracker, [[(120, 110)]], start_s=3.5) == [[1]]


def test_it_gets_another_number_elsewhere_or_later():
    for place, start_s in (((500, 100), 3.5), ((100, 100), 6.0)):
        tracker = FaceTracker()
        follow(tracker, [[(100, 100)]] * 5)
        assert follow(tracker, [[], [place]], 0.1, start_s - 0.1)[-1] == [2]


def test_a_face_of_which_only_the_place_is_known_may_wander_while_it_is_unseen():
    for known, number in ((None, 1), (A, 2)):
        tracker = FaceTracker()
        tracks = tracker.update([face(100)], 0.0)
        if known is not None:
            embed(tracker, tracks, [known], 0.0)
        follow(tracker, [[(100, 100)]] * 4 + [[]] * 15, start_s=0.1)
        assert follow(tracker, [[(200, 100)]], start_s=2.0) == [[number]]


def test_a_face_in_sight_is_preferred_over_a_lost_one():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 5)
    follow(tracker, [[]] * 5, start_s=0.5)
    follow(tracker, [[(215, 100)]] * 5, start_s=1.0)
    assert follow(tracker, [[(160, 100)]], start_s=1.5) == [[2]]


@pytest.mark.parametrize(
    ("place", "is_same"),
    [
        ((100, 100, 80), True),
        ((150, 100, 80), True),
        ((163, 100, 80), True),
        ((166, 100, 80), False),
        ((100, 100, 140), True),
        ((70, 70, 150), False),
        ((100, 100, 40), False),
    ],
)
def test_limits_of_a_step(place, is_same):
    tracker = FaceTracker()
    follow(tracker, [[(100, 100, 80)]] * 4)
    assert follow(tracker, [[place]], start_s=0.4) == [[1 if is_same else 2]]


def test_the_velocity_is_smoothed_and_in_pixels_a_second():
    tracker = FaceTracker()
    rng = np.random.default_rng(0)
    velocities = []
    for i in range(40):
        x, y = np.array([100 + 12 * i, 200 - 5 * i]) + rng.normal(0, 1.0, 2)
        velocities.append(tracker.update([face(x, y)], i * 0.1)[0].velocity_xyxy)
    assert np.mean(velocities[10:], axis=0) == pytest.approx([120, -50, 120, -50], abs=3)
    assert np.std(velocities[10:], axis=0).max() < np.sqrt(2) * 10 * 0.7
    assert velocities[-1].dtype == np.float32


def test_a_predicted_box_moves_on_and_comes_to_rest():
    tracker = FaceTracker()
    for i in range(30):
        track = tracker.update([face(100 + 10 * i)], i * 0.1)[0]
    x = track.bbox_xyxy[0]
    ahead = [track.predicted_box(2.9 + dt)[0] - x for dt in (0.0, 0.05, 0.1, 5.0, 50.0)]
    assert ahead[0] == 0.0
    assert ahead[1] == pytest.approx(4.6, abs=0.3)
    assert ahead[2] == pytest.approx(8.5, abs=0.3)
    assert ahead[3] == pytest.approx(ahead[4]) == pytest.approx(30.0, abs=0.5)
    assert track.predicted_box(0.0)[0] == x


def test_a_growing_face_has_edges_that_move_apart():
    tracker = FaceTracker()
    for i in range(20):
        track = tracker.update([face(200 - i, 200 - i, 80 + 2 * i)], i * 0.1)[0]
    assert track.velocity_xyxy == pytest.approx([-10, -10, 10, 10], abs=0.5)


def test_the_same_frame_twice_leaves_the_velocity_alone():
    tracker = FaceTracker()
    follow(tracker, [[(100 + 10 * i, 100)] for i in range(10)])
    track = tracker.update([face(200)], 1.0)[0]
    before = track.velocity_xyxy
    assert tracker.update([face(200)], 1.0)[0].velocity_xyxy is before


def test_after_a_cut_nothing_is_kept_by_place():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 5)
    assert follow(tracker, [[(100, 100)]], start_s=0.5, scene_id=1) == [[2]]
    assert tracker.dropped_ids == {1}


def test_after_a_cut_the_embedding_brings_the_number_back():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 4)
    (old,) = embed(tracker, tracker.update([face()], 0.4), [A], 0.4)
    fresh = tracker.update([face(400, 50, 120)], 0.5, scene_id=1)
    assert (ids(fresh), tracker.lost_ids, old.state) == ([2], {1}, TrackState.LOST)
    (back,) = embed(tracker, fresh, [near(A, 0.7, ASIDE)], 0.5)
    assert back is old
    assert (back.track_id, back.state, back.first_seen_s) == (1, TrackState.CONFIRMED, 0.0)
    assert back.bbox_xyxy[0] == 400
    assert (tracker.active_ids, tracker.lost_ids, tracker.dropped_ids) == ({1}, set(), {2})
    assert follow(tracker, [[(402, 50, 120)]], start_s=0.6, scene_id=1) == [[1]]


def test_a_face_of_an_earlier_scene_that_is_recognised_late_keeps_its_new_number():
    tracker = FaceTracker()
    (old,) = embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    embed(tracker, tracker.update([face()], 0.1, scene_id=1), [near(A, 0.3, ASIDE)], 0.1)
    (seen,) = embed(tracker, tracker.update([face()], 0.2, scene_id=1), [A], 0.2)
    assert seen is old
    assert (seen.track_id, seen.embedding_count, tracker.dropped_ids) == (2, 2, {1})
    assert follow(tracker, [[(100, 100)]], start_s=0.3, scene_id=1) == [[2]]


@pytest.mark.parametrize(("similarity", "number"), [(0.46, 1), (0.45, 1), (0.44, 2)])
def test_the_likeness_that_brings_a_number_back(similarity, number):
    tracker = FaceTracker()
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    fresh = tracker.update([face()], 0.1, scene_id=1)
    assert ids(embed(tracker, fresh, [near(A, similarity, ASIDE)], 0.1)) == [number]


def test_numbers_come_back_one_to_one_at_the_best_total():
    tracker = FaceTracker()
    old = tracker.update([face(100), face(300)], 0.0)
    embed(tracker, old, [A, near(A, 0.6, B)], 0.0)
    fresh = tracker.update([face(100), face(300), face(500)], 0.1, scene_id=1)
    probes = [near(A, 0.8, B), near(A, 0.95, C), C]
    assert ids(embed(tracker, fresh, probes, 0.1)) == [2, 1, 5]


def test_a_number_in_sight_is_never_given_away():
    tracker = FaceTracker()
    both = tracker.update([face(100), face(300)], 0.0)
    assert ids(embed(tracker, both, [A, A], 0.0)) == [1, 2]


def test_reidentify_takes_one_track():
    tracker = FaceTracker()
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    (fresh,) = tracker.update([face()], 0.1, scene_id=1)
    assert tracker.reidentify(fresh, 0.1) is fresh
    fresh.add_embedding(A, 0.8, 0.1)
    assert tracker.reidentify(fresh, 0.1).track_id == 1


def test_a_face_that_comes_back_much_later_elsewhere():
    for later_s, number in ((100.0, 1), (130.0, 2)):
        tracker = FaceTracker()
        follow(tracker, [[(100, 100)]] * 4)
        embed(tracker, tracker.update([face()], 0.4), [A], 0.4)
        fresh = tracker.update([face(500, 300)], later_s)
        assert ids(embed(tracker, fresh, [A], later_s)) == [number]
        tracker.update([], later_s + 0.1)


def test_only_the_first_embeddings_may_bring_a_number_back():
    tracker = FaceTracker(TrackingParams(reid_tries=2))
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    poor = near(A, 0.3, ASIDE)
    for number in range(2):
        fresh = tracker.update([face()], 0.1 + number * 0.1, scene_id=1)
        assert ids(embed(tracker, fresh, [poor], 0.1, quality=0.05)) == [2]
    fresh = tracker.update([face()], 0.3, scene_id=1)
    assert ids(embed(tracker, fresh, [A], 0.3, quality=1.0)) == [2]


def test_embeddings_of_another_dimension_never_match():
    tracker = FaceTracker()
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    fresh = tracker.update([face()], 0.1, scene_id=1)
    assert ids(embed(tracker, fresh, [unit(1, 0)], 0.1)) == [2]
    with pytest.raises(ValueError, match=r"\(2,\).*\(4,\)"):
        fresh[0].add_embedding(A, 0.8, 0.2)


def regained(embeddings, quality=0.8):
    """A face hidden for a second, then one at the same place with these embeddings."""
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 4)
    embed(tracker, tracker.update([face()], 0.4), [A], 0.4)
    follow(tracker, [[]] * 10, start_s=0.5)
    for number, embedding in enumerate(embeddings):
        time_s = 1.5 + number * 0.1
        (track,) = tracker.update([face()], time_s)
        if number == 0:
            assert track.track_id == 1
            assert track.needs_embedding
        (track,) = embed(tracker, [track], [embedding], time_s, quality)
    return tracker, track


def test_a_regained_face_that_is_the_same_is_trusted_again():
    tracker, track = regained([near(A, 0.2, ASIDE)])
    assert (track.track_id, track.needs_embedding, track.embedding_count) == (1, False, 2)
    assert tracker.lost_ids == frozenset()


def test_another_face_at_the_place_gets_a_number_of_its_own():
    _, track = regained([B] * 3)
    assert track.track_id == 1
    tracker, track = regained([B] * 4)
    assert (track.track_id, track.embedding_count) == (2, 4)
    assert track.first_seen_s == pytest.approx(1.5)
    assert track.mean_embedding == pytest.approx(B)
    assert (tracker.active_ids, tracker.lost_ids) == ({2}, {1})
    (back,) = embed(tracker, tracker.update([face(400)], 2.0), [A], 2.0)
    assert back.track_id == 1


def test_one_agreeing_embedding_ends_the_doubt():
    _, track = regained([B, B, near(A, 0.5, B), B, B])
    assert track.track_id == 1


def test_embeddings_that_tell_nothing_do_not_split_and_the_doubt_ends():
    _, track = regained([B] * 10, quality=0.3)
    assert (track.track_id, track.embedding_count, track.needs_embedding) == (1, 1, True)
    _, track = regained([B] * 40, quality=0.3)
    assert (track.track_id, track.needs_embedding) == (1, False)


def steady(similarity, count, interval_s=0.25):
    tracker = FaceTracker()
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    for number in range(1, count + 1):
        time_s = number * interval_s
        tracks = tracker.update([face()], time_s)
        tracks = embed(tracker, tracks, [near(A, similarity, ASIDE)], time_s)
    return tracks[0]


def test_a_steady_track_needs_long_and_strong_contradiction():
    assert steady(0.10, 10).track_id == 1
    assert steady(0.0, 4).track_id == 1
    assert steady(0.0, 5).track_id == 2


def test_contradictions_far_apart_do_not_add_up():
    assert steady(0.0, 5, interval_s=4.0).track_id == 1


def test_a_jump_raises_a_doubt():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 4)
    (track,) = embed(tracker, tracker.update([face()], 0.4), [A], 0.4)
    assert not track.needs_embedding
    (same,) = tracker.update([face(162)], 0.5)
    assert same is track
    assert track.is_doubted
    assert track.needs_embedding


def test_known_embeddings_help_the_assignment():
    tracker = FaceTracker()
    old = tracker.update([face(100), face(140)], 0.0)
    embed(tracker, old, [A, B], 0.0)
    places = [face(120), face(121)]
    assert ids(tracker.update(places, 0.1, 0, [B, None])) == [2, 1]
    assert ids(tracker.update(places, 0.2, 0, [A, B])) == [1, 2]
    assert ids(tracker.update([face(120)], 0.3, 0, [C])) == [3]


def test_embeddings_that_cannot_be_compared_are_left_out():
    tracker = FaceTracker()
    embed(tracker, tracker.update([face()], 0.0), [A], 0.0)
    assert ids(tracker.update([face()], 0.1, 0, [unit(1, 0)])) == [1]
    with pytest.raises(ValueError, match="expected 1 embeddings"):
        tracker.update([face()], 0.2, 0, [A, A])


def test_the_mean_embedding_is_weighted_by_quality_and_unit():
    track = Track(1, face(), 0.0)
    assert track.mean_embedding is None
    track.add_embedding(A, 0.9, 0.0)
    track.add_embedding(near(A, 0.6, B), 0.3, 1.0)
    expected = A * 0.9 + near(A, 0.6, B) * 0.3
    assert track.mean_embedding == pytest.approx(expected / np.linalg.norm(expected))
    assert track.evidence_weight == pytest.approx(1.2)
    assert (track.embedding_count, track.best_quality, track.last_embedded_s) == (2, 0.9, 1.0)


def test_old_evidence_fades():
    track = Track(1, face(), 0.0)
    for number in range(40):
        track.add_embedding(A, 0.8, float(number))
    assert track.evidence_weight == pytest.approx(MAX_EVIDENCE)
    for number in range(40):
        track.add_embedding(near(A, 0.6, B), 0.8, 40.0 + number)
    assert float(track.mean_embedding @ near(A, 0.6, B)) > 0.99


def test_embeddings_without_any_quality_have_no_mean():
    track = Track(1, face(), 0.0)
    track.add_embedding(A, 0.0, 0.0)
    assert track.mean_embedding is None


def test_reset_forgets_everything():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 4)
    tracker.reset()
    assert tracker.active_ids == frozenset()
    assert follow(tracker, [[(100, 100)]], start_s=0.4) == [[1]]


def test_other_limits_apply_from_the_next_frame():
    tracker = FaceTracker()
    follow(tracker, [[(100, 100)]] * 4)
    params = TrackingParams(max_shift=0.1, min_iou=0.9)
    tracker.set_params(params)
    assert tracker.params is params
    assert follow(tracker, [[(130, 100)]], start_s=0.4) == [[2]]


def test_a_split_track_that_has_ended_is_left_alone():
    tracker, track = regained([B] * 3)
    track.add_embedding(B, 0.8, 1.9)
    tracker.reset()
    assert tracker.reidentify(track, 1.9) is track


@pytest.mark.parametrize("seed", range(6))
def test_any_crowd_keeps_the_rules(seed):
    rng = np.random.default_rng(seed)
    people = rng.normal(size=(6, 16)).astype(np.float32)
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    places = rng.uniform(0, 500, (6, 2))
    tracker, seen, ended = FaceTracker(), set(), set()
    for step in range(150):
        time_s, scene_id = step * 0.1, step // 40
        places += rng.normal(0, 12, places.shape)
        visible = [p for p in range(6) if rng.uniform() < 0.7]
        tracks = tracker.update([face(*places[p]) for p in visible], time_s, scene_id)
        assert len(set(ids(tracks))) == len(visible)
        ended |= tracker.dropped_ids
        wanting = [i for i, t in enumerate(tracks) if t.needs_embedding]
        given = [people[visible[i]] for i in wanting]
        renamed = embed(tracker, [tracks[i] for i in wanting], given, time_s)
        for i, track in zip(wanting, renamed, strict=True):
            tracks[i] = track
        ended |= tracker.dropped_ids
        seen |= set(ids(tracks))
        assert len(set(ids(tracks))) == len(visible)
        assert set(ids(tracks)) <= tracker.active_ids
        assert not ended & (tracker.active_ids | tracker.lost_ids)
        for person, track in zip(visible, tracks, strict=True):
            assert np.array_equal(track.bbox_xyxy, face(*places[person]).bbox_xyxy)
    assert ended | tracker.active_ids | tracker.lost_ids >= seen


def test_the_same_input_gives_the_same_numbers():
    rng = np.random.default_rng(5)
    frames = [[tuple(rng.uniform(0, 400, 2)) for _ in range(rng.integers(0, 5))] for _ in range(60)]
    assert follow(FaceTracker(), frames) == follow(FaceTracker(), frames)
