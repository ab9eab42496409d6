import base64

import numpy as np

from facemotion.analysis.report.decimation import (
    NO_VALUE,
    bucket_s,
    pack_probs,
    pack_times,
    thin_out,
)


def stretch(count, seed=1):
    times_s = np.arange(count) / 10.0
    values = np.random.default_rng(seed).random((count, 3), np.float32)
    return times_s, values, np.ones(count, np.int64)


def test_few_points_stay_as_they_are():
    times_s, values, stays = stretch(50)
    thin_times, thin_values = thin_out(times_s, values, stays, 50)
    np.testing.assert_array_equal(thin_times, times_s)
    np.testing.assert_array_equal(thin_values, values)
    assert bucket_s(times_s, 50) == 0.0


def test_every_peak_survives():
    times_s, values, stays = stretch(10_000)
    values[5_003, 0], values[7_777, 1] = 3.0, -2.0
    thin_times, thin_values = thin_out(times_s, values, stays, 400)
    assert len(thin_times) <= 400
    assert (np.diff(thin_times) > 0.0).all()
    np.testing.assert_array_equal(thin_values.max(axis=0), values.max(axis=0))
    np.testing.assert_array_equal(thin_values.min(axis=0), values.min(axis=0))
    width_s = bucket_s(times_s, 400)
    place = int(np.argmax(thin_values[:, 0]))
    assert abs(thin_times[place] - 500.3) <= width_s


def test_a_gap_stands_between_two_stays():
    times_s, values, stays = stretch(10)
    stays[6:] = 2
    thin_times, thin_values = thin_out(times_s, values, stays, 100)
    assert len(thin_times) == 11
    assert np.isnan(thin_values[6]).all()
    assert thin_times[5] < thin_times[6] < thin_times[7]


def test_unread_moments_do_not_hide_read_ones():
    times_s, values, stays = stretch(1_000)
    values[:] = np.nan
    values[500] = 0.5
    _, thin_values = thin_out(times_s, values, stays, 20)
    assert np.nanmax(thin_values) == 0.5
    assert np.isnan(thin_values[0]).all()


def test_nothing_stays_nothing():
    times_s, values = thin_out(np.zeros(0), np.zeros((0, 3), np.float32), np.zeros(0, np.int64), 9)
    assert times_s.shape == (0,)
    assert values.shape == (0, 3)


def test_packing_keeps_milliseconds_and_two_fifths_of_a_percent():
    times = np.frombuffer(base64.b64decode(pack_times(np.array([0.0, 3600.123]))), "<u4")
    assert times.tolist() == [0, 3_600_123]
    values = np.array([0.0, 0.5, 1.0, np.nan, 1.2], np.float32)
    packed = base64.b64decode(pack_probs(values))
    assert list(packed) == [0, 125, 250, NO_VALUE, 250]
