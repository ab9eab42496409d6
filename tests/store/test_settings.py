import dataclasses
import tomllib

import pytest

from facemotion.core.errors import OutputError, SettingsError
from facemotion.core.parameters import parameter_info
from facemotion.core.smoothing import PRESETS
from facemotion.store.settings import (
    CUSTOM_PRESET,
    Settings,
    check_settings,
    group_names,
    load_settings,
    save_settings,
)


def every_field():
    defaults = Settings()
    return [
        (group, entry.name)
        for group in group_names()
        for entry in dataclasses.fields(getattr(defaults, group))
    ]


def another_value(group, key):
    """An allowed value that is not the default."""
    record = getattr(Settings(), group)
    value, info = getattr(record, key), parameter_info(record, key)
    if info.choices:
        return next(choice for choice in info.choices if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return 'Ünïcode "quoted" C:\\path\n名前'
    for candidate in (value * 0.9, value * 1.1, value + 0.01, value - 0.01, value + 1, value - 1):
        number = round(candidate) if isinstance(value, int) else candidate
        is_inside = (info.minimum is None or number >= info.minimum) and (
            info.maximum is None or number <= info.maximum
        )
        if is_inside and number != value:
            return number
    raise AssertionError(f"{group}.{key} has no second value")


def changed(group, key, value):
    settings = Settings()
    record = dataclasses.replace(getattr(settings, group), **{key: value})
    return dataclasses.replace(settings, **{group: record})


def test_defaults_are_those_of_the_design():
    settings = Settings()
    check_settings(settings)
    assert group_names() == (
        "source",
        "detection",
        "inference",
        "quality",
        "matching",
        "tracking",
        "smoothing",
        "baseline",
        "display",
        "recording",
        "privacy",
        "enrolment",
        "debug",
    )
    assert settings.detection.det_threshold == 0.5
    assert settings.inference.inference_interval_s == 0.10
    assert settings.inference.intra_op_threads == 1
    assert settings.inference.provider == "CPU"
    assert settings.matching.match_threshold == 0.40
    assert settings.matching.unknown_cutoff_percent == 30
    assert settings.smoothing == PRESETS["Adaptive"]
    assert settings.smoothing_preset == "Adaptive"
    assert settings.display.theme == "system"
    assert settings.display.chart_window_s == 30
    assert settings.display.is_mirrored
    assert not settings.privacy.keep_photos


@pytest.mark.parametrize(("group", "key"), every_field())
def test_every_parameter_is_described(group, key):
    info = parameter_info(getattr(Settings(), group), key)
    assert info.label
    assert info.help.endswith(".")


@pytest.mark.parametrize(("group", "key"), every_field())
def test_every_parameter_comes_back(tmp_path, group, key):
    path = tmp_path / "config" / "settings.toml"
    settings = changed(group, key, another_value(group, key))
    save_settings(path, settings)
    loaded, problems = load_settings(path)
    assert problems == []
    assert loaded == settings
    assert loaded != Settings()


def test_preset_names():
    for name, params in PRESETS.items():
        assert dataclasses.replace(Settings(), smoothing=params).smoothing_preset == name
    custom = changed("smoothing", "buffer_size", 29)
    assert custom.smoothing_preset == CUSTOM_PRESET


def test_no_file_is_no_problem(tmp_path):
    assert load_settings(tmp_path / "settings.toml") == (Settings(), [])


@pytest.mark.parametrize("content", [b"[detection", b"\xff\xfe\x00", b"a = 1\na = 2", b"[" * 5000])
def test_a_damaged_file_is_set_aside_and_reported(tmp_path, content):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    settings, problems = load_settings(path)
    assert settings == Settings()
    assert len(problems) == 1
    assert "is damaged" in problems[0]
    kept = list(tmp_path.iterdir())
    assert [entry.read_bytes() for entry in kept] == [content]
    assert kept[0].name in problems[0]


def test_an_unreadable_file_is_reported(tmp_path):
    (tmp_path / "settings.toml").mkdir()
    settings, problems = load_settings(tmp_path / "settings.toml")
    assert settings == Settings()
    assert "cannot be read" in problems[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("det_size = 500", ["detection.det_size", "500", "320, 480, 640, 1024", "640 is used"]),
        ("det_size = 'big'", ["detection.det_size", "'big'", "a number"]),
        ("det_threshold = 2.0", ["detection.det_threshold", "at most 0.99", "2.0"]),
        ("det_threshold = nan", ["detection.det_threshold", "nan"]),
        ("max_faces = 0", ["detection.max_faces", "at least 1", "0"]),
        ("max_faces = 1.5", ["detection.max_faces", "whole number", "1.5"]),
        ("max_faces = true", ["detection.max_faces", "True"]),
        ("pack = 3", ["detection.pack", "3"]),
        ("pack = ['a']", ["detection.pack", "['a']"]),
        ("det_sise = 320", ["no detection.det_sise"]),
    ],
)
def test_a_bad_value_is_named_and_the_rest_is_kept(tmp_path, text, expected):
    path = tmp_path / "settings.toml"
    path.write_text(f"[display]\ntheme = 'dark'\n[detection]\n{text}\n")
    settings, problems = load_settings(path)
    assert settings == changed("display", "theme", "dark")
    assert len(problems) == 1
    for part in expected:
        assert part in problems[0]
    assert path.exists()


def test_whole_numbers_stand_for_decimal_ones(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[inference]\ninference_interval_s = 1\n")
    settings, problems = load_settings(path)
    assert problems == []
    assert isinstance(settings.inference.inference_interval_s, float)


def test_unknown_groups_and_odd_shapes_are_reported(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("format = 1\ndetection = 7\n[colour]\nred = 1\n")
    settings, problems = load_settings(path)
    assert settings == Settings()
    assert any("detection must be a group" in problem for problem in problems)
    assert any("no group of settings called colour" in problem for problem in problems)


def test_values_that_need_each_other_are_taken_beside_a_bad_one(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[smoothing]\nema_min_alpha = 0.95\nema_max_alpha = 0.99\nbuffer_size = 0\n")
    settings, problems = load_settings(path)
    assert settings.smoothing.ema_min_alpha == 0.95
    assert settings.smoothing.ema_max_alpha == 0.99
    assert settings.smoothing.buffer_size == Settings().smoothing.buffer_size
    assert len(problems) == 1
    assert "buffer_size" in problems[0]


def test_the_file_is_readable_toml_with_a_format(tmp_path):
    path = tmp_path / "settings.toml"
    save_settings(path, Settings())
    values = tomllib.loads(path.read_text("utf-8"))
    assert values.pop("format") == 1
    assert tuple(values) == group_names()


def test_a_bad_record_is_never_saved(tmp_path):
    settings = Settings()
    object.__setattr__(settings.detection, "det_size", 7)
    with pytest.raises(SettingsError, match=r"detection\.det_size.*320"):
        save_settings(tmp_path / "settings.toml", settings)
    assert not (tmp_path / "settings.toml").exists()


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "config").write_text("a file")
    with pytest.raises(OutputError, match="config"):
        save_settings(tmp_path / "config" / "settings.toml", Settings())
