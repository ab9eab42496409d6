import tomllib
from datetime import datetime
from pathlib import Path

from facemotion.store.licences import AcceptedLicences


def test_kept_between_programs(tmp_path: Path) -> None:
    path = tmp_path / "config" / "licences.toml"
    assert AcceptedLicences(path).keys() == frozenset()
    AcceptedLicences(path).accept("a-1", "Licence A")
    AcceptedLicences(path).accept("b-2", "Licence B")
    assert AcceptedLicences(path).keys() == {"a-1", "b-2"}
    entry = tomllib.loads(path.read_text())["accepted"]["a-1"]
    assert entry["title"] == "Licence A"
    assert datetime.fromisoformat(entry["at"]).tzinfo is not None


def test_a_damaged_file_is_set_aside_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "licences.toml"
    path.write_text("[[[")
    licences = AcceptedLicences(path)
    assert licences.keys() == frozenset()
    assert [name.name.startswith("licences.toml.damaged-") for name in tmp_path.iterdir()] == [True]
    licences.accept("a", "A")
    assert licences.keys() == {"a"}


def test_unexpected_content(tmp_path: Path) -> None:
    path = tmp_path / "licences.toml"
    path.write_text("accepted = 5")
    assert AcceptedLicences(path).keys() == frozenset()
    assert AcceptedLicences(tmp_path).keys() == frozenset()
