from dataclasses import dataclass

import pytest

from facemotion.core.matching import MatchingParams
from facemotion.core.parameters import check_parameters, parameter, parameter_info
from facemotion.core.quality import QualityGates
from facemotion.core.scene import SceneCutParams
from facemotion.core.shots import ShotParams
from facemotion.core.smoothing import SmoothingParams
from facemotion.core.tracking import TrackingParams

RECORDS = [
    MatchingParams,
    QualityGates,
    SceneCutParams,
    ShotParams,
    SmoothingParams,
    TrackingParams,
]


@dataclass(frozen=True, slots=True)
class Sample:
    share: float = parameter(0.5, "Share", "A share.", minimum=0.0, maximum=1.0)
    count: int = parameter(3, "Count", "A count.", unit="faces", minimum=1)
    mode: str = parameter("mean", "Mode", "A mode.", choices=("mean", "max"))
    is_on: bool = parameter(True, "On", "A switch.")
    plain: int = 7


@pytest.mark.parametrize(
    "values",
    [{}, {"share": 0.0}, {"share": 1}, {"count": 1}, {"mode": "max"}, {"is_on": False}],
)
def test_allowed_values_pass(values):
    check_parameters(Sample(**values))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": -0.1}, "share must be at least 0.0"),
        ({"share": 1.1}, "share must be at most 1.0"),
        ({"share": "0.5"}, "share must be a number, got '0.5'"),
        ({"share": True}, "share must be a number, got True"),
        ({"share": float("nan")}, "share must be a number, got nan"),
        ({"share": float("inf")}, "share must be a number, got inf"),
        ({"count": 0}, "count must be at least 1 faces, got 0"),
        ({"count": 2.0}, "count must be a whole number, got 2.0"),
        ({"mode": "min"}, "mode must be one of mean, max, got 'min'"),
        ({"mode": 1}, "mode must be str, got 1"),
        ({"is_on": 1}, "is_on must be bool, got 1"),
    ],
)
def test_other_values_are_refused_with_name_value_and_range(values, message):
    with pytest.raises(ValueError, match=message):
        check_parameters(Sample(**values))


def test_a_field_without_a_description_is_not_checked():
    check_parameters(Sample(plain="anything"))


def test_the_description_is_found_by_name_on_class_and_instance():
    assert parameter_info(Sample, "count").unit == "faces"
    assert parameter_info(Sample(), "share").maximum == 1.0
    for name in ("plain", "missing"):
        with pytest.raises(KeyError, match=name):
            parameter_info(Sample, name)


@pytest.mark.parametrize("record", RECORDS)
def test_every_parameter_of_core_is_described_and_its_default_allowed(record):
    defaults = record()
    labels = set()
    for name in record.__dataclass_fields__:
        info = parameter_info(record, name)
        value = getattr(defaults, name)
        assert info.label
        assert info.help.endswith(".")
        labels.add(info.label)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            assert info.minimum is not None
            assert info.maximum is not None
            assert info.minimum <= value <= info.maximum
        if name.endswith("_s"):
            assert info.unit == "s"
        if name.endswith("_px"):
            assert info.unit == "px"
    assert len(labels) == len(record.__dataclass_fields__)


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_of_core_refuses_a_value_of_the_wrong_type(record):
    name = next(iter(record.__dataclass_fields__))
    with pytest.raises(ValueError, match=name):
        record(**{name: "nonsense"})
