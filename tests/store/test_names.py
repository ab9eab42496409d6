import pytest

from facemotion.core.errors import GalleryError
from facemotion.store.names import clean_name, name_key


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "x",
        "名前",
        "../../etc/passwd",
        "a/b\\c",
        "..",
        "CON",
        "O'Neill <b>",
        "👩‍🔬",
        "ع" * 100,
    ],
)
def test_any_text_is_a_name(name):
    assert clean_name(f"  {name} ") == name


def test_names_are_composed():
    assert clean_name("Zoe\u0308") == "Zo\u00eb"
    assert name_key("ZOE\u0308") == name_key("Zo\u00eb")
    assert name_key("Straße") == name_key("STRASSE")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "at least one"),
        (" \u3000\t", "at least one"),
        ("\u200b", "no visible"),
        ("x" * 101, "101 characters"),
        ("a\nb", r"U\+000A"),
        ("a\0b", r"U\+0000"),
        ("a\u2028b", r"U\+2028"),
        ("a\ud800", r"U\+D800"),
    ],
)
def test_what_is_no_name_is_refused(name, reason):
    with pytest.raises(GalleryError, match=reason):
        clean_name(name)
