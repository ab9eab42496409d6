import pytest

from facemotion.store.layout import LayoutStore, WindowLayout


def test_layout_comes_back(tmp_path):
    store = LayoutStore(tmp_path / "data")
    assert store.load_layout() is None
    store.save_layout(WindowLayout(b"\x00\xff geometry", b"state"))
    assert LayoutStore(tmp_path / "data").load_layout() == WindowLayout(
        b"\x00\xff geometry", b"state"
    )


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"geometry": "*"}', b'{"geometry": 3, "state": 4}']
)
def test_damaged_layout_is_set_aside(tmp_path, content):
    (tmp_path / "window.json").write_bytes(content)
    assert LayoutStore(tmp_path).load_layout() is None
    kept = [path for path in tmp_path.iterdir() if path.name.startswith("window.json.damaged-")]
    assert [path.read_bytes() for path in kept] == [content]


def test_consent_is_remembered_for_its_version(tmp_path):
    store = LayoutStore(tmp_path)
    assert not store.is_consent_given()
    store.give_consent()
    assert LayoutStore(tmp_path).is_consent_given()
    (tmp_path / "consent.json").write_text('{"version": 0}')
    assert not store.is_consent_given()
    (tmp_path / "consent.json").write_text('{"version": "yes"}')
    assert not store.is_consent_given()
